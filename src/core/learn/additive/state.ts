import { invalidInput } from '../../../contract/errors.ts'
import type { Matrix } from '../../cohort/matrix.ts'
import type { ModelState } from '../learner.ts'
import type { AdditiveModel } from './fit.ts'
import { cellsOf, type Term } from './terms.ts'

/** A fitted additive model as kept: as `AdditiveModel`, with what its header says. */
export interface LoadedAdditive extends AdditiveModel {
  header: Record<string, unknown>
}

const damaged = (what: string) => invalidInput('badArtifact', { what })

export const packTerms = (model: AdditiveModel, header: Record<string, unknown>): ModelState => {
  const { terms, intercept, edges, levels, lines, baseline } = model
  return {
    header: { ...header, kind: 'additive', terms: terms.map(({ columns, shape }) => ({ columns, shape })) },
    arrays: {
      scores: joined(terms.map(({ scores }) => scores)),
      deviations: Float32Array.from(joined(terms.map(({ deviations }) => deviations))),
      weights: joined(terms.map(({ weights }) => weights)),
      edges: joined(edges),
      columnEdges: Uint32Array.from(edges, ({ length }) => length),
      levels: Uint32Array.from(levels),
      lines: Uint8Array.from(lines.flatMap((own) => [...own])),
      intercept,
      ...(baseline ?? {}),
    },
  }
}

const joined = (parts: readonly Float64Array[]): Float64Array => {
  const all = new Float64Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}

/** Reads the terms of a state; throws `invalidInput` where they do not fit together. */
export const unpackTerms = ({ header, arrays }: ModelState): LoadedAdditive => {
  if (header.kind !== 'additive') throw damaged('its header names another kind of model')
  const floats = (name: string) => {
    const found = arrays[name]
    if (!(found instanceof Float64Array)) throw damaged(`array ${name} is missing`)
    return found
  }
  const { columnEdges, levels, deviations, lines } = arrays
  if (!(columnEdges && levels && deviations && lines instanceof Uint8Array)) throw damaged('an array is missing')
  const intercept = floats('intercept')
  const classes = intercept.length
  const described = header.terms
  if (!Array.isArray(described) || classes === 0) throw damaged('its terms are missing')
  const taker = (values: ModelState['arrays'][string]) => {
    let at = 0
    return {
      take: (count: number) => {
        if (at + count > values.length) throw damaged('its terms are cut short')
        at += count
        return values.slice(at - count, at)
      },
      done: () => at === values.length,
    }
  }
  const [scores, spread, weights, edges] = [floats('scores'), deviations, floats('weights'), floats('edges')].map(taker)
  const terms = (described as Pick<Term, 'columns' | 'shape'>[]).map(({ columns, shape }): Term => {
    const cells = cellsOf({ shape })
    return {
      columns: [...columns],
      shape: [...shape],
      scores: scores.take(cells * classes) as Float64Array,
      deviations: Float64Array.from(spread.take(cells * classes)),
      weights: weights.take(cells) as Float64Array,
    }
  })
  const columnsEdges = Array.from(columnEdges, (count) => edges.take(count) as Float64Array)
  if (![scores, spread, weights, edges].every(({ done }) => done())) throw damaged('its terms do not fit its scores')
  const allLines = taker(lines)
  const grids = terms.some(({ columns }) => columns.length === 2)
  const times = arrays.times && arrays.hazard ? { times: floats('times'), hazard: floats('hazard') } : null
  return {
    header,
    terms,
    intercept,
    edges: columnsEdges,
    levels: Int32Array.from(levels),
    lines: columnsEdges.map((own, column) =>
      lines.length > 0 || grids
        ? (allLines.take((levels[column] > 0 ? levels[column] : own.length) + 1) as Uint8Array)
        : new Uint8Array(0),
    ),
    baseline: times,
  }
}

/**
 * The cell of a value in a column: the first whose upper edge is not below it, the level itself, or the last where it
 * is missing.
 */
export const cellOf = (
  { edges, levels }: Pick<AdditiveModel, 'edges' | 'levels'>,
  column: number,
  value: number,
): number => {
  const count = levels[column]
  if (count > 0) return value >= 0 && value < count ? value : count
  const own = edges[column]
  if (Number.isNaN(value)) return own.length
  let [low, high] = [0, own.length - 1]
  while (low < high) {
    const middle = (low + high) >> 1
    if (value <= own[middle]) high = middle
    else low = middle + 1
  }
  return low
}

/** What each term adds to each row's scores: `see(row, term, cell)`. */
export const walk = (model: AdditiveModel, x: Matrix, see: (row: number, term: number, cell: number) => void): void => {
  const { terms, lines, edges } = model
  if (x.columns !== edges.length) throw invalidInput('columnCount', { expected: edges.length, given: x.columns })
  const cells = new Int32Array(x.columns)
  for (let row = 0; row < x.rows; row++) {
    for (let column = 0; column < x.columns; column++)
      cells[column] = cellOf(model, column, x.data[column * x.rows + row])
    terms.forEach(({ columns: [first, second], shape }, t) => {
      see(
        row,
        t,
        second === undefined ? cells[first] : lines[first][cells[first]] * shape[1] + lines[second][cells[second]],
      )
    })
  }
}
