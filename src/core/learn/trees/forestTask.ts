import { randomOf } from '../../numbers/random.ts'
import type { BinnedColumns } from './bins.ts'
import { createGrower, type Growth, type Nodes } from './grow.ts'
import { type Bag, giniOfMany, giniOfTwo, variance } from './impurity.ts'
import { logRank, type SurvivalTarget } from './logRank.ts'
import { randomCuts, twoSides } from './randomCuts.ts'
import { drawBag, type Sampling } from './sample.ts'

export type ForestTarget =
  | { task: 'diagnosis'; classes: number; y: Uint8Array }
  | { task: 'regression'; y: Float64Array }
  | ({ task: 'survival' } & SurvivalTarget)

/**
 * A run of trees to grow. Arrays as long as the rows lie on shared memory; rows stand in the order of the bin codes.
 */
export interface GrowTask {
  binned: BinnedColumns
  target: ForestTarget
  varying: Int32Array
  growth: Growth
  sampling: Sampling
  minLeaf: number
  /** One random cut of each column tried, instead of the best. */
  randomCuts: boolean
  /** Case weights and the rows where they are positive; null: all 1. */
  weights: Float64Array | null
  eligible: Int32Array | null
  seed: number
  /** Trees `first` to `first + count - 1`; each has its own random stream. */
  first: number
  count: number
}

export interface GrownTrees {
  nodes: Nodes
  leaves: Record<string, Float32Array | Float64Array | Uint32Array | Uint16Array>
  /** Sums over the trees whose bag missed the row, and how many those were. */
  outOfBag: { sums: Float64Array; seen: Uint16Array }
}

export const criterionOf = (binned: BinnedColumns, target: ForestTarget, bag: Bag, weighted: boolean) => {
  if (target.task === 'regression') return variance(binned, target.y, bag)
  if (target.task === 'survival') return logRank(binned, target, bag)
  if (target.classes === 2 && !weighted) return giniOfTwo(binned, target.y, bag)
  return giniOfMany(binned, target.y, target.classes, bag)
}

/** Worker task: grows some of a forest's trees. A function of its input alone, so threads do not matter. */
export const growForestTrees = (task: GrowTask): GrownTrees => {
  const { binned, target, varying, growth, sampling, minLeaf, weights, eligible } = task
  const { rows } = binned
  const weight = new Float64Array(rows)
  const sides = task.randomCuts ? twoSides(rows) : null
  const { criterion: judge, outputs } = criterionOf(sides ?? binned, target, { weight, minLeaf }, weights !== null)
  const cuts = sides ? randomCuts(binned, sides, judge) : null
  const criterion = cuts?.criterion ?? judge
  const grower = createGrower(binned, criterion, varying, growth)
  const sums = new Float64Array(new SharedArrayBuffer(rows * criterion.width * 8))
  const seen = new Uint16Array(new SharedArrayBuffer(rows * 2))
  const credit = (order: Int32Array, start: number, end: number) => {
    criterion.credit(order, start, end, sums)
    for (let i = start; i < end; i++) seen[order[i]]++
  }
  for (let tree = task.first; tree < task.first + task.count; tree++) {
    const random = randomOf(task.seed, tree)
    drawBag(weight, eligible, sampling, random)
    cuts?.drawFrom(random)
    if (weights) for (let row = 0; row < rows; row++) weight[row] *= weights[row]
    grower.grow(weight, random, credit)
  }
  return { nodes: grower.take(), leaves: outputs(), outOfBag: { sums, seen } }
}
