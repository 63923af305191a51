import type { TermsDesign } from '../../../contract/design.ts'
import { faultsIn, type Issue, invalidInput, issue } from '../../../contract/errors.ts'
import { type WarningText, warn } from '../../../contract/warnings.ts'
import { quantileOf } from '../../numbers/quantile.ts'
import type { Derived, Matrix } from '../matrix.ts'
import { sharedFloats } from '../table.ts'
import { columnValue } from './feature.ts'
import type { Prepared, PreparedFeature, PreparedTerms } from './preparation.ts'

const leftOut = (term: string, text: WarningText, column: string): PreparedTerms['left'][number] => {
  const { message, said } = warn(text, { column })
  return said ? { term, message, said } : { term, message }
}

/**
 * Learns knots (from recorded values) and means from the prepared training matrix. A spline whose feature has fewer
 * than five distinct values, and a term of a feature that did not become a column, are left out and said. Throws
 * `invalidInput` where the design names what is no feature, a spline of a category, or knots that are not three or more
 * ascending numbers.
 */
export const fitTerms = (
  { splines, interactions }: TermsDesign,
  asked: readonly string[],
  features: readonly PreparedFeature[],
  { matrix, filled }: Pick<Prepared, 'matrix' | 'filled'>,
): PreparedTerms => {
  checkTerms(splines, interactions, asked, features)
  const terms: PreparedTerms = { splines: [], interactions: [], left: [] }
  const columns = columnsByFeature(features)
  for (const { column: name, knots } of splines) {
    const at = columns.get(name)?.find(({ role }) => role === 'value')
    const feature = features.find((one) => one.name === name)
    const term = `spline of ${name}`
    if (!at || !feature) {
      terms.left.push(leftOut(term, 'splineWithoutColumn', name))
      continue
    }
    const gaps = new Set(filled.find((feature) => feature.name === name)?.positions)
    const values = matrix.data
      .slice(at.column * matrix.rows, (at.column + 1) * matrix.rows)
      .filter((_, row) => !gaps.has(row))
      .sort()
    const prepare = columnValue(feature, at)
    const found =
      typeof knots === 'number'
        ? usualKnots(values, knots)
        : [...new Set(knots.map((knot) => (prepare(knot, false) - at.mean) / at.scale))]
    if (found.length < 3) terms.left.push(leftOut(term, 'splineTooFew', name))
    else terms.splines.push({ feature: name, knots: found })
  }
  const expanded = withSplines(terms, features, matrix)
  for (const [left, right] of interactions) {
    if (!columns.has(left) || !columns.has(right)) {
      const gone = columns.has(left) ? right : left
      terms.left.push(leftOut(`${left} × ${right}`, 'productWithoutColumn', gone))
      continue
    }
    const meansOf = (name: string) => expanded.byFeature(name).map((column) => meanOf(expanded.matrix, column))
    terms.interactions.push({ features: [left, right], means: [meansOf(left), meansOf(right)] })
  }
  return terms
}

/**
 * Adds the terms to a prepared matrix: spline terms (`age'`, `age''`) after their column, products (`age × sexm`) at
 * the end. A product's `source` is the feature named first; `Matrix.derived` says what it is made of.
 */
export const addTerms = (terms: PreparedTerms, features: readonly PreparedFeature[], matrix: Matrix): Matrix => {
  const { matrix: base, byFeature } = withSplines(terms, features, matrix)
  const products = terms.interactions.flatMap(({ features: [left, right], means }) => {
    const [lefts, rights] = [byFeature(left), byFeature(right)]
    return rights.flatMap((b, j) =>
      lefts.map((a, i) => ({
        name: `${left} × ${right}`,
        left: a,
        right: b,
        leftMean: means[0][i],
        rightMean: means[1][j],
      })),
    )
  })
  if (products.length === 0) return base
  const { rows, columns } = base
  const data = floats(rows * (columns + products.length), rows)
  data.set(base.data)
  products.forEach(({ left, right }, index) => {
    const to = (columns + index) * rows
    for (let i = 0; i < rows; i++) data[to + i] = base.data[left * rows + i] * base.data[right * rows + i]
  })
  return {
    ...base,
    columns: columns + products.length,
    data,
    terms: [...base.terms, ...products.map(({ left, right }) => `${base.terms[left]} × ${base.terms[right]}`)],
    source: Int32Array.from([...base.source, ...products.map(({ left }) => base.source[left])]),
    derived: [
      ...(base.derived ?? []),
      ...products.map((product, index): Derived => ({ kind: 'product', column: columns + index, ...product })),
    ],
  }
}

/**
 * Knots at the quantiles Harrell recommends (Regression Modeling Strategies, 2nd ed., table 2.3), as `rms::rcs` places
 * them: outer ones at 0.10 (3 knots), 0.05 (4 to 6) or 0.025 (7), the others evenly between; with fewer than 100 values
 * the fifth smallest and largest outermost; an end at which 5% or more of the values are one and the same has its knot
 * at the next value. Fewer than three: the values do not carry a spline. `sorted` ascending.
 */
export const usualKnots = (sorted: Float64Array, count: number): number[] => {
  const distinct = sorted.filter((value, i) => i === 0 || value !== sorted[i - 1])
  if (sorted.length < 6) return []
  if (distinct.length - 2 <= count) return [...distinct.subarray(1, distinct.length - 1)]
  const outer = count > 6 ? 0.025 : count > 3 ? 0.05 : 0.1
  let inner = sorted
  const [first, last]: [number[], number[]] = [[], []]
  const shareOf = (value: number) => sorted.reduce((sum, other) => sum + (other === value ? 1 : 0), 0) / sorted.length
  const heavy = 0.05
  if (heaviestInside(sorted) / sorted.length < heavy) {
    if (shareOf(sorted[0]) >= heavy) {
      first.push(distinct[1])
      inner = inner.filter((value) => value > distinct[1])
    }
    if (shareOf(sorted[sorted.length - 1]) >= heavy) {
      last.push(distinct[distinct.length - 2])
      inner = inner.filter((value) => value < distinct[distinct.length - 2])
    }
  }
  const wanted = count - first.length - last.length
  let knots: number[]
  if (wanted === 1) knots = [quantileOf(inner, 0.5)]
  else {
    const from = wanted === 2 ? 0.5 : outer
    const at = (parts: number) =>
      Array.from({ length: parts }, (_, i) => quantileOf(inner, from + ((1 - outer - from) * i) / (parts - 1)))
    knots = at(wanted)
    if (new Set(knots).size < Math.min(wanted, 3)) knots = at(2 * wanted)
    if (inner.length < 100 && inner.length >= 5) {
      if (first.length === 0) knots[0] = inner[4]
      if (last.length === 0) knots[wanted - 1] = inner[inner.length - 5]
    }
  }
  return [...new Set([...first, ...knots, ...last])].sort((a, b) => a - b)
}

/**
 * The terms of a restricted cubic spline beyond the straight line (Stone & Koo 1985; Devlin & Weeks 1986), one array a
 * term, in truncated powers divided by the squared distance of the outer knots, as `Hmisc::rcspline.eval`: cubic
 * between the knots, straight beyond them.
 */
export const splineTerms = (values: ArrayLike<number>, knots: readonly number[]): Float64Array[] => {
  const last = knots.length - 1
  const unit = (knots[last] - knots[0]) ** (2 / 3)
  const cube = (value: number, knot: number) => Math.max((value - knot) / unit, 0) ** 3
  const gap = knots[last] - knots[last - 1]
  return knots.slice(0, last - 1).map((knot) =>
    Float64Array.from(values, (value) => {
      if (Number.isNaN(value)) return value
      return (
        cube(value, knot) +
        ((knots[last - 1] - knot) * cube(value, knots[last]) - (knots[last] - knot) * cube(value, knots[last - 1])) /
          gap
      )
    }),
  )
}

const heaviestInside = (sorted: Float64Array): number => {
  let most = 0
  let run = 0
  for (let i = 0; i < sorted.length; i++) {
    run = i > 0 && sorted[i] === sorted[i - 1] ? run + 1 : 1
    if (sorted[i] !== sorted[0] && sorted[i] !== sorted[sorted.length - 1]) most = Math.max(most, run)
  }
  return most
}

/** The matrix with spline terms, and the columns of each feature in it (those that say "not recorded" apart). */
const withSplines = (terms: PreparedTerms, features: readonly PreparedFeature[], matrix: Matrix) => {
  const { rows } = matrix
  const knotsOf = new Map(terms.splines.map(({ feature, knots }) => [feature, knots]))
  const columns: { term: string; source: number; values: Float64Array }[] = []
  const derived: Derived[] = []
  const own = new Map<string, number[]>()
  let at = 0
  features.forEach((feature, source) => {
    const found: number[] = []
    for (const { term, role } of feature.columns) {
      const values = matrix.data.subarray(at * rows, (at + 1) * rows)
      at++
      const from = columns.length
      columns.push({ term, source, values })
      if (role === 'missing') continue
      found.push(from)
      const knots = role === 'value' ? knotsOf.get(feature.name) : undefined
      if (!knots) continue
      splineTerms(values, knots).forEach((spline, i) => {
        const column = columns.length
        columns.push({ term: `${term}${"'".repeat(i + 1)}`, source, values: spline })
        derived.push({ kind: 'spline', name: feature.name, column, from })
        found.push(column)
      })
    }
    own.set(feature.name, found)
  })
  const byFeature = (name: string) => own.get(name) as number[]
  if (derived.length === 0) return { matrix, byFeature }
  const data = floats(rows * columns.length, rows)
  columns.forEach(({ values }, column) => {
    data.set(values, column * rows)
  })
  const expanded: Matrix = {
    ...matrix,
    columns: columns.length,
    data,
    terms: columns.map(({ term }) => term),
    source: Int32Array.from(columns, ({ source }) => source),
    derived,
  }
  return { matrix: expanded, byFeature }
}

const columnsByFeature = (features: readonly PreparedFeature[]) => {
  let at = 0
  return new Map(
    features.map((feature) => [feature.name, feature.columns.map((column) => ({ ...column, column: at++ }))]),
  )
}

const checkTerms = (
  splines: TermsDesign['splines'],
  interactions: TermsDesign['interactions'],
  asked: readonly string[],
  features: readonly PreparedFeature[],
) => {
  const issues: Issue[] = []
  const known = (name: string, path: string) => {
    if (!asked.includes(name)) issues.push(issue(path, 'notAFeature', { name }))
  }
  splines.forEach(({ column, knots }, i) => {
    const path = `terms.splines.${i}`
    known(column, path)
    const feature = features.find(({ name }) => name === column)
    if (feature && (feature.levels || feature.kind === 'boolean'))
      issues.push(issue(path, 'splineOfCategory', { column }))
    if (splines.findIndex((other) => other.column === column) < i) issues.push(issue(path, 'twoSplines', { column }))
    if (typeof knots !== 'number' && knots.some((knot, j) => j > 0 && !(knot > knots[j - 1])))
      issues.push(issue(`${path}.knots`, 'knotsNotRising', { column }))
  })
  interactions.forEach(([left, right], i) => {
    const path = `terms.interactions.${i}`
    known(left, path)
    known(right, path)
    if (left === right) issues.push(issue(path, 'selfInteraction', { left }))
    const same = ([a, b]: readonly string[]) => (a === left && b === right) || (a === right && b === left)
    if (interactions.findIndex(same) < i) issues.push(issue(path, 'namedTwice', { left, right }))
  })
  if (issues.length > 0) throw invalidInput('badTerms', { faults: faultsIn(issues) }, issues)
}

const meanOf = ({ data, rows }: Matrix, column: number): number => {
  let sum = 0
  for (let i = column * rows; i < (column + 1) * rows; i++) sum += data[i]
  return sum / rows
}

const floats = (length: number, rows: number) => (rows > 1 ? sharedFloats(length) : new Float64Array(length))
