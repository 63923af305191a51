import { cancelled } from '../../../contract/errors.ts'
import type { Matrix, Outcome } from '../../cohort/matrix.ts'
import { thinned } from '../boosting/baseline.ts'
import { breslow, coxRowsOf, type LossKind, type LossTask, poissonStep } from '../boosting/losses.ts'
import { keepAside, levelCodes, levelsOf, lossTaskOf, startOf } from '../boosting/rows.ts'
import type { FitContext } from '../learner.ts'
import { binColumns, missingBin } from '../trees/bins.ts'
import { addUp, type BagResult, type BagTask, cellsOfRows, gradientsOf, type Shape, size } from './bag.ts'
import { cellSums, type StepRules, stepOfPair } from './cells.ts'
import { centre, purify, type Term } from './terms.ts'

export interface AdditiveSettings {
  loss: LossKind
  rounds: number
  learningRate: number
  bags: number
  pairs: number
  maxLeaves: number
  cutsTried: number
  minLeaf: number
  l2: number
  categorySmooth: number
  maxBins: number
  validationShare: number
  patience: number
}

export interface AdditiveModel {
  terms: Term[]
  /** By class. */
  intercept: Float64Array
  /** Upper edges of each column's cells; of a category none. */
  edges: Float64Array[]
  levels: Int32Array
  /** Of each column, the line of a pair's grid that each cell belongs to. */
  lines: Uint8Array[]
  baseline: { times: Float64Array; hazard: Float64Array } | null
}

/** Lines of a pair's grid along one column at most, besides the one of missing values. */
const mostLines = 16
/** Columns whose pairs are looked at: those of largest single effect. */
const mostColumns = 100

/** Fits an additive model; see docs/methods.md. Data and outcome have been checked. */
export const fitTerms = async (
  x: Matrix,
  outcome: Outcome,
  settings: AdditiveSettings,
  context: FitContext,
  weights: Float64Array | null,
): Promise<AdditiveModel> => {
  const { rows, columns } = x
  const check = () => {
    if (context.signal.aborted) throw cancelled('cancelled')
  }
  const binned = await binColumns(
    x,
    { maxBins: settings.maxBins, order: null, weights, threads: context.threads },
    (task, inputs) => context.parallel(task, inputs),
  )
  check()
  const { codes } = binned
  const levels = levelsOf(x)
  levelCodes(x, levels, codes)
  const edges = binned.edges.map((own, column) => (levels[column] > 0 ? new Float64Array(0) : own))
  const cells = Int32Array.from(edges, (own, column) => (levels[column] > 0 ? levels[column] : own.length) + 1)
  for (let column = 0; column < columns; column++)
    for (let i = column * rows; i < (column + 1) * rows; i++) if (codes[i] === missingBin) codes[i] = cells[column] - 1

  const every = keepAside(outcome, weights, 0, context.seed).training
  const whole = lossTaskOf(outcome, settings.loss, weights, every)
  const { classes } = whole
  const start = startOf(whole, outcome)
  const rules: StepRules = {
    maxLeaves: settings.maxLeaves,
    minLeaf: settings.minLeaf,
    l2: settings.l2,
    maxStep: settings.loss === 'poisson' ? poissonStep : 0,
    learningRate: settings.learningRate,
    cutsTried: settings.cutsTried,
  }
  const { kind, y, offset } = whole
  const shared = {
    rows,
    codes,
    levels,
    loss: { kind, rows, classes, y, weights: whole.weights, offset },
    outcome: outcome.task === 'survival' ? outcome : null,
    rules,
    categorySmooth: settings.categorySmooth,
    rounds: settings.rounds,
    patience: settings.patience,
    seed: context.seed,
  }
  const bags = Array.from({ length: settings.bags }, (_, bag) => ({
    ...keepAside(outcome, weights, settings.validationShare, context.seed, 0x0add + bag),
    bag,
  }))
  const stages = settings.pairs > 0 && columns > 1 ? 2 : 1
  let done = 0
  const runBags = (tasks: BagTask[]) =>
    Promise.all(
      tasks.map(async (task) => {
        const [result] = await context.parallel('fitAdditiveBag', [task])
        check()
        done++
        if (done < stages * bags.length) context.progress(done / (stages * bags.length), { bags: done })
        return result
      }),
    )

  const singles: Shape[] = Array.from({ length: columns }, (_, column) => ({
    columns: [column],
    shape: [cells[column]],
  }))
  const noLines: Uint8Array[] = []
  const first = await runBags(
    bags.map((bag) => ({ ...shared, ...bag, lines: noLines, terms: singles, scores: startScores(start, rows) })),
  )
  const weightsOf = (term: Shape, lines: Uint8Array[]) =>
    weigh(cellsOfRows(term, { rows, codes, lines }, every), every, weights, size(term))
  const density = singles.map((term) => weightsOf(term, noLines))

  let pairs: Shape[] = []
  let lines = noLines
  let second: BagResult[] = []
  if (stages === 2) {
    const mean = singles.map((_, t) => meanShape(first.map(({ shapes }) => shapes[t])))
    lines = singles.map((_, column) => linesOf(density[column], levels[column] > 0 ? mean[column] : null))
    const scores = scoresFrom(start, rows, singles, mean, (term) =>
      cellsOfRows(term, { rows, codes, lines }, allRows(rows)),
    )
    pairs = rankPairs(
      { ...whole, scores },
      outcome,
      every,
      { rows, codes, lines },
      mean,
      density,
      rules,
      settings.pairs,
    )
    check()
    second = await runBags(
      bags.map((bag, b) => ({
        ...shared,
        ...bag,
        lines,
        terms: pairs,
        scores: scoresFrom(start, rows, singles, first[b].shapes, (term) =>
          cellsOfRows(term, { rows, codes, lines }, allRows(rows)),
        ),
      })),
    )
  }

  const pairDensity = pairs.map((term) => weightsOf(term, lines))
  const intercepts = bags.map((_, b) =>
    clean(singles, first[b].shapes, density, pairs, second[b]?.shapes ?? [], pairDensity, lines, start),
  )
  const terms = [
    ...singles.map((term, t) =>
      overBags(
        term,
        first.map(({ shapes }) => shapes[t]),
        density[t],
      ),
    ),
    ...pairs.map((term, t) =>
      overBags(
        term,
        second.map(({ shapes }) => shapes[t]),
        pairDensity[t],
      ),
    ),
  ]
  const intercept = meanShape(intercepts)
  let baseline: AdditiveModel['baseline'] = null
  if (outcome.task === 'survival') {
    const scores = scoresFrom(
      intercept,
      rows,
      terms,
      terms.map((term) => term.scores),
      (term) => cellsOfRows(term, { rows, codes, lines }, allRows(rows)),
    )
    baseline = thinned(breslow({ ...whole, scores }, coxRowsOf(outcome, every)))
  }
  context.progress(1)
  return {
    terms,
    intercept,
    edges,
    levels,
    lines: lines.length > 0 ? lines : singles.map(() => new Uint8Array(0)),
    baseline,
  }
}

const allRows = (rows: number) => Int32Array.from({ length: rows }, (_, row) => row)

const startScores = (start: Float64Array, rows: number): Float64Array => {
  const scores = new Float64Array(new SharedArrayBuffer(start.length * rows * 8))
  start.forEach((score, c) => {
    scores.fill(score, c * rows, (c + 1) * rows)
  })
  return scores
}

const scoresFrom = (
  start: Float64Array,
  rows: number,
  terms: readonly Shape[],
  shapes: readonly Float64Array[],
  cellsOf: (term: Shape) => ArrayLike<number>,
): Float64Array => {
  const scores = startScores(start, rows)
  terms.forEach((term, t) => {
    const cells = cellsOf(term)
    const count = size(term)
    for (let c = 0; c < start.length; c++)
      for (let row = 0; row < rows; row++) scores[c * rows + row] += shapes[t][c * count + cells[row]]
  })
  return scores
}

const weigh = (
  cells: ArrayLike<number>,
  list: Int32Array,
  weights: Float64Array | null,
  count: number,
): Float64Array => {
  const sums = new Float64Array(count)
  for (let i = 0; i < list.length; i++) sums[cells[i]] += weights ? weights[list[i]] : 1
  return sums
}

const meanShape = (shapes: readonly Float64Array[]): Float64Array =>
  shapes[0].map((_, i) => shapes.reduce((sum, shape) => sum + shape[i], 0) / shapes.length)

/**
 * Cells of a column as at most `mostLines` lines of about equal weight, levels in the order of their single effect;
 * missing last.
 */
const linesOf = (density: Float64Array, effect: Float64Array | null): Uint8Array => {
  const count = density.length - 1
  const order = Array.from({ length: count }, (_, cell) => cell)
  if (effect) order.sort((a, b) => effect[a] - effect[b] || a - b)
  const lines = new Uint8Array(count + 1)
  const total = order.reduce((sum, cell) => sum + density[cell], 0)
  let line = 0
  let held = 0
  let left = total
  order.forEach((cell, i) => {
    const share = left / (mostLines - line)
    const few = count <= mostLines
    if (i > 0 && line < mostLines - 1 && (few || (held > 0 && held + density[cell] / 2 > share))) {
      line++
      left -= held
      held = 0
    }
    lines[cell] = line
    held += density[cell]
  })
  lines[count] = line + 1
  return lines
}

/** The pairs whose best single step on what the columns alone left takes most off the loss (FAST, Lou et al. 2013). */
const rankPairs = (
  loss: LossTask,
  outcome: Outcome,
  every: Int32Array,
  data: Pick<BagTask, 'rows' | 'codes' | 'lines'>,
  shapes: readonly Float64Array[],
  density: readonly Float64Array[],
  rules: StepRules,
  wanted: number,
): Shape[] => {
  const cox = outcome.task === 'survival' ? coxRowsOf(outcome, every) : null
  const gradientPairs = new Float64Array(loss.rows * 2)
  const follow = gradientsOf(loss, cox, gradientPairs)
  const spread = (t: number) => density[t].reduce((sum, weight, cell) => sum + weight * Math.abs(shapes[t][cell]), 0)
  const tried = shapes
    .map((_, column) => ({ column, size: spread(column), varies: density[column].filter((w) => w > 0).length > 1 }))
    .filter(({ varies }) => varies)
    .sort((a, b) => b.size - a.size || a.column - b.column)
    .slice(0, mostColumns)
    .map(({ column }) => column)
    .sort((a, b) => a - b)
  const candidates = tried.flatMap((one, i) =>
    tried.slice(i + 1).map((other) => ({
      term: {
        columns: [one, other],
        shape: [one, other].map((column) => Math.max(...data.lines[column]) + 1),
      },
      gain: 0,
    })),
  )
  for (let of = 0; of < loss.classes; of++) {
    follow(of)
    for (const candidate of candidates) {
      const [rows, columns] = candidate.term.shape
      const sums = cellSums(rows * columns)
      addUp(sums, cellsOfRows(candidate.term, data, every), every, gradientPairs, loss.weights)
      candidate.gain += stepOfPair(sums, { rows, columns }, rules, null)
    }
  }
  return candidates
    .filter(({ gain }) => gain > 0)
    .sort((a, b) => b.gain - a.gain || a.term.columns[0] - b.term.columns[0] || a.term.columns[1] - b.term.columns[1])
    .slice(0, wanted)
    .map(({ term }) => term)
}

/** Purifies a bag's pairs into its single terms and centres these, in place; returns the intercept. */
const clean = (
  singles: readonly Shape[],
  shapes: readonly Float64Array[],
  density: readonly Float64Array[],
  pairs: readonly Shape[],
  pairShapes: readonly Float64Array[],
  pairDensity: readonly Float64Array[],
  lines: readonly Uint8Array[],
  start: Float64Array,
): Float64Array =>
  start.map((score, c) => {
    const of = (list: readonly Float64Array[], t: number, count: number) => list[t].subarray(c * count, (c + 1) * count)
    pairs.forEach((pair, t) => {
      purify(of(pairShapes, t, size(pair)), pairDensity[t], pair.shape, (side, line, amount) => {
        const column = pair.columns[side]
        const own = of(shapes, column, singles[column].shape[0])
        for (let cell = 0; cell < own.length; cell++) if (lines[column][cell] === line) own[cell] += amount
      })
    })
    let intercept = score
    singles.forEach((single, t) => {
      intercept += centre(of(shapes, t, single.shape[0]), density[t])
    })
    return intercept
  })

const overBags = ({ columns, shape }: Shape, shapes: readonly Float64Array[], weights: Float64Array): Term => {
  const scores = meanShape(shapes)
  const deviations = scores.map((mean, i) =>
    shapes.length > 1 ? Math.sqrt(shapes.reduce((sum, own) => sum + (own[i] - mean) ** 2, 0) / (shapes.length - 1)) : 0,
  )
  return { columns, shape, scores, deviations, weights }
}
