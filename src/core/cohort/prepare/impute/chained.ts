import { type Random, randomOf } from '../../../numbers/random.ts'
import type { Cells, ImputedFeature } from './cells.ts'
import {
  drawLine,
  drawLogistic,
  fitLine,
  fitLogistic,
  fitMultinomial,
  levelShares,
  type Predictors,
  predictLine,
} from './regression.ts'

/** How one feature is predicted from the others: of a number one set of coefficients, of a category one per level. */
interface Equation {
  /** Columns used, by index. */
  predictors: number[]
  /** Intercept first, then one per predictor. */
  betas: number[][]
}

/**
 * Regressions of every feature on the others, as they stood when the chains had run. Fills what a patient lacks by the
 * conditional mean (numbers) or the most probable level, so that the same patient always gets the same answer.
 */
export interface ChainedImputer {
  kind: 'chained'
  features: ImputedFeature[]
  /** Where chains start: the mean of numbers, the shares of levels. */
  start: number[][]
  /** Range of each number among training rows; a fill stays within. */
  low: number[]
  high: number[]
  /** Of the columns the equations read (numbers as they are, categories as 0/1 by level but the first). */
  means: number[]
  scales: number[]
  equations: Equation[]
}

/** Columns one equation reads at most; beyond it those that correlate most. */
const mostPredictors = 60
/** A category of more levels is drawn by how frequent they are: a regression of so many says little and takes long. */
const mostModelled = 15
const donorsToDrawFrom = 5
const chainStream = 0xc4a1

/** Columns of a feature: itself, or 0/1 by level but the first. */
const widthOf = ({ levels }: ImputedFeature): number => (levels > 0 ? levels - 1 : 1)

interface Layout {
  /** First column of each feature. */
  first: number[]
  columns: number
  owner: Int32Array
}

const layoutOf = (features: readonly ImputedFeature[]): Layout => {
  const first: number[] = []
  const owner: number[] = []
  features.forEach((feature, at) => {
    first.push(owner.length)
    for (let k = 0; k < widthOf(feature); k++) owner.push(at)
  })
  return { first, columns: owner.length, owner: Int32Array.from(owner) }
}

/**
 * Multiple imputation by chained equations (van Buuren 2018, as R's mice): starting from values drawn at random, each
 * feature with missing cells is in turn regressed on all others and its missing cells drawn: numbers by predictive mean
 * matching (5 donors, type 1), yes/no by logistic regression with coefficients drawn from their posterior, other
 * categories by multinomial regression. The outcome is not among the predictors, as it is not known of a patient either
 * (Sisk et al. 2023). One chain a completed data set; each has random numbers of its own. `cells` are left as they are.
 */
export const fitChained = (
  features: readonly ImputedFeature[],
  cells: Cells,
  { imputations, iterations, seed }: { imputations: number; iterations: number; seed: number },
): { imputer: ChainedImputer; completions: Cells[] } => {
  const layout = layoutOf(features)
  const rows = cells[0].length
  const observed = cells.map((values) => Int32Array.from(values.keys()).filter((row) => !Number.isNaN(values[row])))
  const missing = cells.map((values) => Int32Array.from(values.keys()).filter((row) => Number.isNaN(values[row])))
  const completions: Cells[] = []
  const chains: Equation[][] = []
  let scaling: { means: number[]; scales: number[] } | null = null
  let chosen: number[][] = []
  for (let chain = 0; chain < imputations; chain++) {
    const random = randomOf(seed, chainStream + chain)
    const complete = cells.map((values) => values.slice())
    missing.forEach((gaps, at) => {
      for (const row of gaps) complete[at][row] = cells[at][observed[at][random.below(observed[at].length)]]
    })
    const columns = Array.from({ length: layout.columns }, () => new Float64Array(rows))
    // The same columns, centre and scale for every chain, so that their equations can be averaged.
    scaling ??= scalingOf(features, cells)
    const write = (at: number) => writeColumns(features, layout, scaling!, complete, at, columns)
    for (let at = 0; at < features.length; at++) write(at)
    if (chain === 0)
      chosen = features.map(({ levels }, at) => (levels > mostModelled ? [] : choosePredictors(layout, columns, at)))
    // Where the multinomial regressions of the next round start.
    const last = new Map<number, Float64Array[]>()
    for (let round = 0; round < iterations; round++)
      for (let at = 0; at < features.length; at++) {
        if (missing[at].length === 0) continue
        drawCells(features[at], complete[at], pick(columns, chosen[at]), observed[at], missing[at], random, last, at)
        write(at)
      }
    completions.push(complete)
    chains.push(
      features.map((feature, at) => ({
        predictors: chosen[at],
        betas: equationOf(feature, complete[at], pick(columns, chosen[at]), observed[at], last.get(at) ?? null),
      })),
    )
  }
  return {
    imputer: {
      kind: 'chained',
      features: [...features],
      start: features.map((feature, at) => startOf(feature, cells[at], observed[at])),
      low: cells.map((values, at) =>
        observed[at].reduce((low, row) => Math.min(low, values[row]), values[observed[at][0]]),
      ),
      high: cells.map((values, at) =>
        observed[at].reduce((high, row) => Math.max(high, values[row]), values[observed[at][0]]),
      ),
      ...(scaling as { means: number[]; scales: number[] }),
      equations: averaged(chains),
    },
    completions,
  }
}

const mostRounds = 50

/**
 * Fills the missing cells of rows, in place: from the training means and shares, each missing feature in turn is set to
 * what its equation expects given the others, until nothing moves. A category counts by its levels' probabilities
 * meanwhile, and ends as the most probable level.
 */
export const fillFromEquations = (imputer: ChainedImputer, cells: Cells, rows: ArrayLike<number>): void => {
  const { features, start, low, high, means, scales, equations } = imputer
  const layout = layoutOf(features)
  const columns = Array.from({ length: layout.columns }, () => new Float64Array(1))
  const put = (at: number, shares: ArrayLike<number>) => {
    for (let k = 0; k < widthOf(features[at]); k++) {
      const column = layout.first[at] + k
      const value = features[at].levels > 0 ? shares[k + 1] : shares[0]
      columns[column][0] = (value - means[column]) / scales[column]
    }
  }
  const inputs = equations.map(({ predictors }) => pick(columns, predictors))
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]
    const gaps: number[] = []
    const values = features.map(({ levels }, at): Float64Array => {
      const own = cells[at][row]
      if (Number.isNaN(own)) {
        gaps.push(at)
        return Float64Array.from(start[at])
      }
      if (levels === 0) return Float64Array.of(own)
      const shares = new Float64Array(levels)
      shares[own] = 1
      return shares
    })
    for (let at = 0; at < features.length; at++) put(at, values[at])
    for (let round = 0; round < mostRounds; round++) {
      let most = 0
      for (const at of gaps) {
        const { levels } = features[at]
        const { betas } = equations[at]
        let next: Float64Array
        if (levels === 0)
          next = Float64Array.of(Math.min(high[at], Math.max(low[at], predictLine(betas[0], inputs[at], 0))))
        else if (levels === 2) {
          const p = 1 / (1 + Math.exp(-predictLine(betas[0], inputs[at], 0)))
          next = Float64Array.of(1 - p, p)
        } else next = levelShares(betas, inputs[at], 0)
        const range = levels === 0 ? high[at] - low[at] || 1 : 1
        for (let k = 0; k < next.length; k++) most = Math.max(most, Math.abs(next[k] - values[at][k]) / range)
        values[at] = next
        put(at, next)
      }
      if (most < 1e-9) break
    }
    for (const at of gaps) {
      const { levels, whole } = features[at]
      if (levels === 0) cells[at][row] = whole ? Math.round(values[at][0]) : values[at][0]
      else cells[at][row] = values[at].reduce((best, share, level, all) => (share > all[best] ? level : best), 0)
    }
  }
}

const pick = (columns: readonly Float64Array[], wanted: readonly number[]): Predictors =>
  wanted.map((at) => columns[at])

const startOf = ({ levels }: ImputedFeature, values: Float64Array, observed: Int32Array): number[] => {
  if (levels === 0) return [observed.reduce((sum, row) => sum + values[row], 0) / observed.length]
  const shares = new Array<number>(levels).fill(0)
  for (const row of observed) shares[values[row]] += 1 / observed.length
  return shares
}

const scalingOf = (features: readonly ImputedFeature[], cells: Cells) => {
  const means: number[] = []
  const scales: number[] = []
  features.forEach((feature, at) => {
    const known = cells[at].filter((value) => !Number.isNaN(value))
    for (let k = 0; k < widthOf(feature); k++) {
      const values = feature.levels > 0 ? known.map((value) => (value === k + 1 ? 1 : 0)) : known
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length
      const sd = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, values.length - 1))
      means.push(mean)
      scales.push(sd > 0 ? sd : 1)
    }
  })
  return { means, scales }
}

const writeColumns = (
  features: readonly ImputedFeature[],
  { first }: Layout,
  { means, scales }: { means: number[]; scales: number[] },
  complete: Cells,
  at: number,
  columns: Float64Array[],
): void => {
  for (let k = 0; k < widthOf(features[at]); k++) {
    const column = first[at] + k
    const values = complete[at]
    const into = columns[column]
    for (let row = 0; row < values.length; row++) {
      const value = features[at].levels > 0 ? (values[row] === k + 1 ? 1 : 0) : values[row]
      into[row] = (value - means[column]) / scales[column]
    }
  }
}

/** All columns of the other features, or those that correlate most with this one's. */
const choosePredictors = ({ columns, owner }: Layout, values: Float64Array[], at: number): number[] => {
  const others = Array.from({ length: columns }, (_, column) => column).filter((column) => owner[column] !== at)
  if (others.length <= mostPredictors) return others
  const own = values.filter((_, column) => owner[column] === at)
  const strength = others.map((column) => Math.max(...own.map((one) => Math.abs(correlation(one, values[column])))))
  const order = others.map((_, index) => index).sort((a, b) => strength[b] - strength[a] || a - b)
  return order
    .slice(0, mostPredictors)
    .map((index) => others[index])
    .sort((a, b) => a - b)
}

const correlation = (a: Float64Array, b: Float64Array): number => {
  const n = a.length
  let [sa, sb, saa, sbb, sab] = [0, 0, 0, 0, 0]
  for (let i = 0; i < n; i++) {
    sa += a[i]
    sb += b[i]
    saa += a[i] * a[i]
    sbb += b[i] * b[i]
    sab += a[i] * b[i]
  }
  const spread = (saa - (sa * sa) / n) * (sbb - (sb * sb) / n)
  return spread > 0 ? (sab - (sa * sb) / n) / Math.sqrt(spread) : 0
}

/** Draws the missing cells of one feature, given the current columns of the others. */
const drawCells = (
  { levels }: ImputedFeature,
  values: Float64Array,
  x: Predictors,
  observed: Int32Array,
  missing: Int32Array,
  random: Random,
  last: Map<number, Float64Array[]>,
  at: number,
): void => {
  const y = Float64Array.from(observed, (row) => values[row])
  if (levels === 0) {
    const line = fitLine(x, observed, y)
    const drawn = drawLine(line, observed.length, random)
    const order = Uint32Array.from(observed.keys())
    const expected = Float64Array.from(observed, (row) => predictLine(line.beta, x, row))
    order.sort((a, b) => expected[a] - expected[b] || a - b)
    const ascending = Float64Array.from(order, (at) => expected[at])
    for (const row of missing) {
      const near = nearestAmong(ascending, predictLine(drawn, x, row), donorsToDrawFrom)
      values[row] = y[order[near.from + random.below(near.to - near.from)]]
    }
  } else if (levels === 2) {
    const beta = drawLogistic(fitLogistic(x, observed, y), random)
    for (const row of missing) values[row] = random.uniform() < 1 / (1 + Math.exp(-predictLine(beta, x, row))) ? 1 : 0
  } else {
    // Draws do not need the maximum to the last digit.
    const betas =
      levels > mostModelled
        ? frequencies(y, levels)
        : fitMultinomial(x, observed, y, levels, { start: last.get(at) ?? null, tolerance: 1e-3 })
    last.set(at, betas)
    for (const row of missing) {
      const shares = levelShares(betas, x, row)
      let left = random.uniform()
      let level = 0
      while (level < levels - 1 && left >= shares[level]) left -= shares[level++]
      values[row] = level
    }
  }
}

/** The run of `count` ascending values nearest to one. */
const nearestAmong = (ascending: Float64Array, value: number, count: number): { from: number; to: number } => {
  let low = 0
  let high = ascending.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (ascending[middle] < value) low = middle + 1
    else high = middle
  }
  let from = low
  let to = low
  while (to - from < count && (from > 0 || to < ascending.length)) {
    const below = from > 0 ? value - ascending[from - 1] : Number.POSITIVE_INFINITY
    const above = to < ascending.length ? ascending[to] - value : Number.POSITIVE_INFINITY
    if (below <= above) from--
    else to++
  }
  return { from, to }
}

/** The regression of a feature's recorded cells on the others as completed. */
const equationOf = (
  { levels }: ImputedFeature,
  values: Float64Array,
  x: Predictors,
  observed: Int32Array,
  start: Float64Array[] | null,
): number[][] => {
  const y = Float64Array.from(observed, (row) => values[row])
  if (levels === 0) return [Array.from(fitLine(x, observed, y).beta)]
  if (levels === 2) return [Array.from(fitLogistic(x, observed, y).beta)]
  if (levels > mostModelled) return frequencies(y, levels).map((beta) => Array.from(beta))
  return fitMultinomial(x, observed, y, levels, { start, tolerance: 1e-4 }).map((beta) => Array.from(beta))
}

/** Levels' frequencies as coefficients without predictors. */
const frequencies = (y: Float64Array, levels: number): Float64Array[] => {
  const counts = new Float64Array(levels)
  for (const level of y) counts[level]++
  return Array.from(counts, (count) => Float64Array.of(Math.log(Math.max(count, 1e-9) / y.length)))
}

const averaged = (chains: readonly Equation[][]): Equation[] =>
  chains[0].map(({ predictors, betas }, at) => ({
    predictors,
    betas: betas.map((beta, level) =>
      beta.map((_, a) => chains.reduce((sum, chain) => sum + chain[at].betas[level][a], 0) / chains.length),
    ),
  }))
