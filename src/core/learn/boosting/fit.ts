import { threadId } from 'node:worker_threads'
import { cancelled } from '../../../contract/errors.ts'
import { breathe } from '../../async.ts'
import type { Matrix, Outcome } from '../../cohort/matrix.ts'
import { randomOf } from '../../numbers/random.ts'
import type { SharedMemory } from '../kernels/webAssembly.ts'
import type { FitContext } from '../learner.ts'
import { binColumns } from '../trees/bins.ts'
import { drawBag } from '../trees/sample.ts'
import { type Arena, fillCodes, makeMemory, openArena, type Plan, slotsFor } from './arena.ts'
import { type Grower, growerOf, growTree, type TreeLimits } from './grow.ts'
import {
  breslow,
  type CoxRows,
  coxPairs,
  coxRowsOf,
  type LossKind,
  type LossTask,
  lossOf,
  pieceRows,
  poissonStep,
} from './losses.ts'
import { keepAside, levelCodes, levelsOf, lossTaskOf, startOf } from './rows.ts'
import { leafValue, type Rules } from './scan.ts'
import { leadTeam } from './team.ts'
import { type GrownNode, visit } from './tree.ts'
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

export interface BoostRequest {
  x: Matrix
  outcome: Outcome
  settings: BoostSettings
  weights: Float64Array | null
}

/** Grows boosted trees; see docs/methods.md. Data and outcome have been checked. */
export const boost = async (request: BoostRequest, context: FitContext): Promise<Boosted> => {
  const { outcome, settings } = request
  const fit = await prepare(request, context)
  const { training, validation, trees, start } = fit
  const { team, check } = startTeam(fit, context)
  const grower = growerOf({ ...fit, run: team.run, limits: settings })
  const total = weightOf(training, request.weights)
  const totalAside = weightOf(validation, request.weights)

  let best = 0
  let bestLoss = validation.length > 0 ? lossOf(fit.loss, validation, fit.coxAside) : 0
  let grown = 0
  let breathed = performance.now()
  try {
    while (grown < settings.nTrees) {
      growRound(fit, grower, context.seed, grown)
      grown++
      const detail: Record<string, number> = {
        round: grown,
        loss: fit.loss.losses.reduce((sum, one) => sum + one, 0) / total,
      }
      if (validation.length > 0) {
        const aside = lossOf(fit.loss, validation, fit.coxAside)
        detail.validationLoss = aside / totalAside
        if (aside < bestLoss) {
          best = grown
          bestLoss = aside
        } else if (grown - best >= settings.patience) break
      }
      if (grown < settings.nTrees) context.progress(grown / settings.nTrees, detail)
      check()
      if (performance.now() - breathed > breath) {
        await breathe()
        check()
        breathed = performance.now()
      }
    }
  } finally {
    team.end()
  }
  if (validation.length > 0) for (const list of trees) list.length = best
  const baseline = outcome.task === 'survival' ? baselineOf(fit, outcome, best < grown) : null
  context.progress(1)
  return { trees, start, edges: fit.edges, baseline, grown }
}

/** What a fit works on, until it ends. */
interface BoostFit {
  settings: BoostSettings
  weights: Float64Array | null
  plan: Plan
  memory: SharedMemory
  arena: Arena
  /** Upper edges of the bins of each column, and how many there are. */
  edges: readonly Float64Array[]
  bins: Int32Array
  /** Levels of each column; 0: numbers. */
  levels: Int32Array
  directions: Int8Array
  rules: Rules
  loss: LossTask
  start: Float64Array
  training: Int32Array
  /** Rows that say when to stop. */
  validation: Int32Array
  cox: CoxRows | null
  coxAside: CoxRows | null
  /** Room to draw rows in. */
  bag: Float64Array
  trees: TreeNode[][][]
}

const prepare = async ({ x, outcome, settings, weights }: BoostRequest, context: FitContext): Promise<BoostFit> => {
  const { rows, columns } = x
  const binned = await binColumns(
    x,
    { maxBins: settings.maxBins, order: null, weights, threads: context.threads },
    (task, inputs) => context.parallel(task, inputs),
  )
  if (context.signal.aborted) throw cancelled('cancelled')
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
  const rules: Rules = {
    l2: settings.l2,
    minChildWeight: settings.minChildWeight,
    maxStep: settings.loss === 'poisson' ? poissonStep : 0,
    categorySmooth: settings.categorySmooth,
  }
  return {
    settings,
    weights,
    plan,
    memory,
    arena,
    edges: binned.edges,
    bins,
    levels,
    directions: settings.directions,
    rules,
    loss,
    start,
    training,
    validation,
    cox: outcome.task === 'survival' ? coxRowsOf(outcome, training) : null,
    coxAside: outcome.task === 'survival' && validation.length > 0 ? coxRowsOf(outcome, validation) : null,
    bag: new Float64Array(settings.sampleFraction < 1 ? rows : 0),
    trees: Array.from({ length: loss.classes }, () => []),
  }
}

/** The threads of a fit. `check` throws where it was cancelled or a thread was lost. */
const startTeam = (fit: BoostFit, context: FitContext) => {
  const { memory, plan, bins, levels, directions, rules, loss, arena } = fit
  const task: BoostTask = { memory, plan, bins, levels, directions, rules, loss, leader: threadId }
  const helpers = plan.rows * plan.columns >= cellsWorthHelp ? Math.max(0, context.threads - 1) : 0
  const team = leadTeam(arena, workOf(task, arena), helpers === 0)
  let lost: unknown = null
  if (helpers > 0)
    context.parallel('helpBoosting', new Array<BoostTask>(helpers).fill(task)).catch((error: unknown) => {
      lost = error
    })
  const check = () => {
    if (context.signal.aborted) throw cancelled('cancelled')
    if (lost !== null) throw lost
  }
  return { team, check }
}

/** Grows the next tree of each class, and moves the scores by it. */
const growRound = (fit: BoostFit, grower: Grower, seed: number, round: number) => {
  const { settings, arena, training, loss, cox, bag } = fit
  for (let of = 0; of < loss.classes; of++) {
    if (cox) loss.losses[0] = coxPairs(loss, cox, arena.pairs)
    else grower.run(phase.gradients, Math.ceil(training.length / pieceRows), of)
    const random = randomOf(seed, round * loss.classes + of)
    if (settings.sampleFraction < 1)
      drawBag(bag, training, { fraction: settings.sampleFraction, replace: false }, random)
    const inside = orderRows(arena.order, training, settings.sampleFraction < 1 ? bag : null)
    const root = growTree(grower, inside, random)
    const nodes: TreeNode[] = []
    visit(root, (node) => {
      nodes.push(node.split ? { split: node.split, value: 0, weight: 0 } : score(fit, node, of))
    })
    fit.trees[of].push(nodes)
  }
}

/** Adds a leaf's value to the scores of its rows. */
const score = ({ settings, weights, arena, rules, loss, plan }: BoostFit, node: GrownNode, of: number): TreeNode => {
  const value = settings.learningRate * leafValue(node.gradient, node.hessian, rules, node.lower, node.upper)
  const from = of * plan.rows
  let weight = 0
  for (let i = node.start; i < node.end; i++) {
    const row = arena.order[i]
    loss.scores[from + row] += value
    weight += weights ? weights[row] : 1
  }
  for (let i = node.outsideStart; i < node.outsideEnd; i++) loss.scores[from + arena.order[i]] += value
  return { split: null, value, weight }
}

/** The baseline hazard of the trees that are kept. */
const baselineOf = (fit: BoostFit, outcome: Extract<Outcome, { task: 'survival' }>, shortened: boolean) => {
  const { training, validation, loss, start, trees, arena, levels } = fit
  const all = Int32Array.from([...training, ...validation]).sort()
  if (shortened && validation.length > 0) {
    loss.scores.fill(start[0])
    rescore(trees[0], arena, levels, loss.scores)
  }
  return breslow(loss, coxRowsOf(outcome, all))
}

const weightOf = (rows: Int32Array, weights: Float64Array | null): number =>
  weights ? rows.reduce((sum, row) => sum + weights[row], 0) : rows.length

/** As many as a whole level of a tree, or all waiting leaves, can use. */
const wantedSlots = ({ maxDepth, maxLeaves }: TreeLimits, rows: number): number => {
  const level = maxDepth > 0 ? 2 ** Math.min(20, maxDepth) : 2 ** 20
  return Math.min(level, maxLeaves > 0 ? maxLeaves + 2 : level, 2 * rows)
}

/**
 * Puts the rows a tree grows on first, those of `training` that are in the bag, ascending, and all others after;
 * returns how many the first are.
 */
const orderRows = (order: Int32Array, training: Int32Array, bag: Float64Array | null): number => {
  const rows = order.length
  let inside = 0
  let outside = rows
  let next = 0
  for (let row = 0; row < rows; row++) {
    const learns = next < training.length && training[next] === row
    if (learns) next++
    if (learns && (!bag || bag[row] > 0)) order[inside++] = row
    else order[--outside] = row
  }
  return inside
}

/** Adds what trees say of every row, by the codes they grew on. */
const rescore = (trees: TreeNode[][], { codes, rows }: Arena, levels: Int32Array, scores: Float64Array) => {
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
