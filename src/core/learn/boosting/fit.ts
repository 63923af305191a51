import { threadId } from 'node:worker_threads'
import { cancelled } from '../../../contract/errors.ts'
import type { Matrix, Outcome } from '../../cohort/matrix.ts'
import { randomOf } from '../../numbers/random.ts'
import type { FitContext } from '../learner.ts'
import { binColumns } from '../trees/bins.ts'
import { drawBag } from '../trees/sample.ts'
import { fillCodes, makeMemory, openArena, type Plan, slotsFor } from './arena.ts'
import { createGrower, type GrownNode, type TreeLimits, visit } from './grow.ts'
import { breslow, coxPairs, coxRowsOf, type LossKind, lossOf, pieceRows, poissonStep } from './losses.ts'
import { keepAside, levelCodes, levelsOf, lossTaskOf, startOf } from './rows.ts'
import { leafValue, type Rules } from './scan.ts'
import { leadTeam } from './team.ts'
import { type BoostTask, phase, workOf } from './work.ts'

export interface BoostSettings extends TreeLimits {
  loss: LossKind
  nTrees: number
  learningRate: number
  l2: number
  minChildWeight: number
  categorySmooth: number
  /** Share of the rows drawn for each tree, without replacement. */
  sampleFraction: number
  maxBins: number
  directions: Int8Array
  /** Share of the rows kept aside to say when to stop; 0: all trees are grown. */
  validationShare: number
  /** Trees without a better loss on these rows after which growing stops. */
  patience: number
}

/** A node of a finished tree; leaves have a value and the weight of the training rows in it. */
export interface TreeNode {
  split: GrownNode['split']
  value: number
  weight: number
}

export interface Boosted {
  /** Of each class, of each round: the nodes of a tree in pre-order. */
  trees: TreeNode[][][]
  /** Score every row starts from, by class. */
  start: Float64Array
  /** Upper edges of the bins of each column. */
  edges: readonly Float64Array[]
  baseline: { times: Float64Array; hazard: Float64Array } | null
  /** Rounds grown, of which those up to the best are kept. */
  grown: number
}

/** Below it, threads cost more than they bring. */
const cellsWorthHelp = 200_000
/** Milliseconds between looks at whether the fit was cancelled. */
const breath = 50

/** Grows boosted trees; see docs/methods.md. Data and outcome have been checked. */
export const boost = async (
  x: Matrix,
  outcome: Outcome,
  settings: BoostSettings,
  context: FitContext,
  weights: Float64Array | null,
): Promise<Boosted> => {
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
  const levels = levelsOf(x)
  levelCodes(x, levels, binned.codes)
  const bins = Int32Array.from(binned.edges, ({ length }) => length)

  const { training, validation } = keepAside(outcome, weights, settings.validationShare, context.seed)
  const loss = lossTaskOf(outcome, settings.loss, weights, training)
  const start = startOf(loss, outcome)
  for (let c = 0; c < loss.classes; c++) loss.scores.fill(start[c], c * rows, (c + 1) * rows)

  const plan: Plan = { rows, columns, slots: slotsFor(columns, wantedSlots(settings, training.length)) }
  const memory = makeMemory(plan)
  const arena = openArena(memory, plan)
  fillCodes(arena, binned)
  binned.codes = new Uint8Array(0)
  const rules: Rules = {
    l2: settings.l2,
    minChildWeight: settings.minChildWeight,
    maxStep: settings.loss === 'poisson' ? poissonStep : 0,
    categorySmooth: settings.categorySmooth,
  }
  const { directions } = settings
  const task: BoostTask = { memory, plan, bins, levels, directions, rules, loss, leader: threadId }
  const work = workOf(task, arena)
  const helpers = rows * columns >= cellsWorthHelp ? Math.max(0, context.threads - 1) : 0
  const team = leadTeam(arena, work, helpers === 0)
  let lost: unknown = null
  if (helpers > 0)
    context.parallel('helpBoosting', new Array<BoostTask>(helpers).fill(task)).catch((error: unknown) => {
      lost = error
    })

  const grower = createGrower(arena, team.run, { bins, levels, directions }, rules, settings)
  const cox = outcome.task === 'survival' ? coxRowsOf(outcome, training) : null
  const coxAside = outcome.task === 'survival' && validation.length > 0 ? coxRowsOf(outcome, validation) : null
  const total = weightOf(training, weights)
  const totalAside = weightOf(validation, weights)
  const bag = new Float64Array(settings.sampleFraction < 1 ? rows : 0)
  const trees: TreeNode[][][] = Array.from({ length: loss.classes }, () => [])

  const score = (node: GrownNode, of: number): TreeNode => {
    const value = settings.learningRate * leafValue(node.gradient, node.hessian, rules, node.lower, node.upper)
    const from = of * rows
    let weight = 0
    for (let i = node.start; i < node.end; i++) {
      const row = arena.order[i]
      loss.scores[from + row] += value
      weight += weights ? weights[row] : 1
    }
    for (let i = node.outsideStart; i < node.outsideEnd; i++) loss.scores[from + arena.order[i]] += value
    return { split: null, value, weight }
  }

  let best = 0
  let bestLoss = validation.length > 0 ? lossOf(loss, validation, coxAside) : 0
  let grown = 0
  let breathed = performance.now()
  try {
    while (grown < settings.nTrees) {
      for (let of = 0; of < loss.classes; of++) {
        if (cox) loss.losses[0] = coxPairs(loss, cox, arena.pairs)
        else team.run(phase.gradients, Math.ceil(training.length / pieceRows), of)
        const random = randomOf(context.seed, grown * loss.classes + of)
        const inside = orderRows(arena.order, training, bag, settings.sampleFraction, random)
        const root = grower.grow(inside, random)
        const nodes: TreeNode[] = []
        visit(root, (node) => {
          nodes.push(node.split ? { split: node.split, value: 0, weight: 0 } : score(node, of))
        })
        trees[of].push(nodes)
      }
      grown++
      const detail: Record<string, number> = {
        round: grown,
        loss: loss.losses.reduce((sum, one) => sum + one, 0) / total,
      }
      if (validation.length > 0) {
        const aside = lossOf(loss, validation, coxAside)
        detail.validationLoss = aside / totalAside
        if (aside < bestLoss) {
          best = grown
          bestLoss = aside
        } else if (grown - best >= settings.patience) break
      }
      if (grown < settings.nTrees) context.progress(grown / settings.nTrees, detail)
      check()
      if (lost !== null) throw lost
      if (performance.now() - breathed > breath) {
        await new Promise((resolve) => setImmediate(resolve))
        check()
        breathed = performance.now()
      }
    }
  } finally {
    team.end()
  }
  if (validation.length > 0) for (const list of trees) list.length = best
  // The baseline belongs to the trees that are kept.
  let baseline: Boosted['baseline'] = null
  if (outcome.task === 'survival') {
    const all = Int32Array.from([...training, ...validation]).sort()
    if (best < grown && validation.length > 0) {
      loss.scores.fill(start[0])
      rescore(trees[0], arena.codes, levels, rows, loss.scores)
    }
    baseline = breslow(loss, coxRowsOf(outcome, all))
  }
  context.progress(1)
  return { trees, start, edges: binned.edges, baseline, grown }
}

const weightOf = (rows: Int32Array, weights: Float64Array | null): number =>
  weights ? rows.reduce((sum, row) => sum + weights[row], 0) : rows.length

/** As many as a whole level of a tree, or all waiting leaves, can use. */
const wantedSlots = ({ maxDepth, maxLeaves }: TreeLimits, rows: number): number => {
  const level = maxDepth > 0 ? 2 ** Math.min(20, maxDepth) : 2 ** 20
  return Math.min(level, maxLeaves > 0 ? maxLeaves + 2 : level, 2 * rows)
}

/** Puts the rows a tree grows on first, ascending, and all others after; returns how many the first are. */
const orderRows = (
  order: Int32Array,
  training: Int32Array,
  bag: Float64Array,
  fraction: number,
  random: ReturnType<typeof randomOf>,
): number => {
  const rows = order.length
  if (fraction < 1) drawBag(bag, training, { fraction, replace: false }, random)
  let inside = 0
  let outside = rows
  let next = 0
  for (let row = 0; row < rows; row++) {
    const learns = next < training.length && training[next] === row
    if (learns) next++
    if (learns && (fraction >= 1 || bag[row] > 0)) order[inside++] = row
    else order[--outside] = row
  }
  return inside
}

/** Adds what trees say of every row, by the codes they grew on. */
const rescore = (trees: TreeNode[][], codes: Uint8Array, levels: Int32Array, rows: number, scores: Float64Array) => {
  for (const nodes of trees) {
    const right = rightChildren(nodes)
    for (let row = 0; row < rows; row++) {
      let node = 0
      for (let split = nodes[0].split; split; split = nodes[node].split) {
        const { column, bin, missingLeft } = split
        const code = codes[(column >> 3) * rows * 8 + row * 8 + (column & 7)]
        const left =
          code === 255
            ? missingLeft
            : split.levels && levels[column] > 0
              ? ((split.levels[code >> 5] >>> (code & 31)) & 1) === 1
              : code <= bin
        node = left ? node + 1 : right[node]
      }
      scores[row] += nodes[node].value
    }
  }
}

const rightChildren = (nodes: readonly TreeNode[]): Int32Array => {
  const right = new Int32Array(nodes.length)
  const waiting: number[] = []
  let after = false
  nodes.forEach(({ split }, at) => {
    if (after) right[waiting.pop() as number] = at
    after = split === null
    if (split) waiting.push(at)
  })
  return right
}
