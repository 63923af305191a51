import type { Matrix } from '../../cohort/matrix.ts'
import type { ModelState } from '../learner.ts'
import { growing } from '../trees/criterion.ts'
import {
  checkColumns,
  childFor,
  columnAt,
  damagedForest,
  type Forest,
  linkForest,
  packNodes,
  stateArray,
} from '../trees/forestModel.ts'
import { leafMark } from '../trees/grow.ts'
import type { Boosted } from './fit.ts'

/** Boosted trees ready to be walked, one forest a class over the same nodes. */
export interface BoostedTrees {
  forests: Forest[]
  /** Levels of each column; 0: numbers. */
  levels: Int32Array
  /** Where a node parts levels, its number in the forest is the place of its first word here. */
  sets: Uint32Array
  values: Float64Array
  weights: Float32Array
  start: Float64Array
}

const wordsOf = (levels: number) => (levels + 31) >> 5

/**
 * Trees as the forest keeps them; a split of levels has no edge (NaN) but its levels in `sets`, in the order of nodes.
 */
export const packTrees = (boosted: Boosted, levels: Int32Array): ModelState['arrays'] => {
  const feature = growing((length) => new Uint16Array(length))
  const bin = growing((length) => new Uint8Array(length))
  const missingLeft = growing((length) => new Uint8Array(length))
  const sets = growing((length) => new Uint32Array(length))
  const values = growing((length) => new Float64Array(length))
  const weights = growing((length) => new Float32Array(length))
  const treeNodes: number[] = []
  for (const trees of boosted.trees)
    for (const nodes of trees) {
      treeNodes.push(nodes.length)
      for (const { split, value, weight } of nodes) {
        feature.push(split ? split.column : leafMark)
        bin.push(split && !split.levels ? split.bin : 0)
        missingLeft.push(split?.missingLeft ? 1 : 0)
        if (!split) {
          values.push(value)
          weights.push(weight)
        } else if (split.levels)
          for (let word = 0; word < wordsOf(levels[split.column]); word++) sets.push(split.levels[word] >>> 0)
      }
    }
  const nodes = {
    feature: feature.take(),
    split: bin.take(),
    missingLeft: missingLeft.take(),
    treeNodes: Uint32Array.from(treeNodes),
  }
  const edges = boosted.edges.map((own, column) => (levels[column] > 0 ? Float64Array.of(Number.NaN) : own))
  return {
    ...packNodes(nodes, { rows: 0, columns: levels.length, codes: new Uint8Array(0), edges }),
    levels: Uint32Array.from(levels),
    sets: sets.take(),
    values: values.take(),
    weights: weights.take(),
    start: boosted.start,
  }
}

/** Links the trees of a state; throws `invalidInput` where they are damaged. */
export const linkTrees = (state: ModelState): BoostedTrees => {
  const forest = linkForest(state)
  const levels = Int32Array.from(stateArray(state, 'levels', Uint32Array))
  const sets = stateArray(state, 'sets', Uint32Array)
  const values = stateArray(state, 'values', Float64Array)
  const weights = stateArray(state, 'weights', Float32Array)
  const start = stateArray(state, 'start', Float64Array)
  const classes = start.length
  if (values.length !== forest.leaves || weights.length !== forest.leaves || levels.length !== forest.columns)
    throw damagedForest('its leaves do not fit its trees')
  if (classes === 0 || forest.trees % classes !== 0) throw damagedForest('its trees do not fit its classes')
  let at = 0
  for (let node = 0; node < forest.nodes; node++) {
    const column = columnAt(forest, node)
    if (column < 0 || levels[column] === 0) continue
    forest.numbers[2 * node] = at
    at += wordsOf(levels[column])
  }
  if (at !== sets.length) throw damagedForest('its levels do not fit its splits')
  const rounds = forest.trees / classes
  const forests = Array.from({ length: classes }, (_, c) => ({
    ...forest,
    trees: rounds,
    roots: forest.roots.subarray(c * rounds, (c + 1) * rounds + 1),
  }))
  return { forests, levels, sets, values, weights, start }
}

/** The child of a node that a value goes to; a level that was never seen goes with the missing values. */
export const childOf = ({ levels, sets }: BoostedTrees) => {
  const numbersOnly = levels.every((count) => count === 0)
  if (numbersOnly) return childFor
  return (forest: Forest, node: number, value: number): number => {
    const count = levels[columnAt(forest, node)]
    if (count === 0) return childFor(forest, node, value)
    const right = forest.links[4 * node + 3]
    const known = value >= 0 && value < count
    const left = known ? (sets[forest.numbers[2 * node] + (value >> 5)] >>> (value & 31)) & 1 : right < 0 ? 1 : 0
    return left === 1 ? node + 1 : Math.abs(right)
  }
}

/** Scores of each row, class by class: `scores[class * rows + row]`. */
export const scoresOf = (trees: BoostedTrees, x: Matrix): Float64Array => {
  const { forests, values, start } = trees
  checkColumns(forests[0], x)
  const { rows, data } = x
  const child = childOf(trees)
  const scores = new Float64Array(rows * start.length)
  forests.forEach((forest, c) => {
    const own = scores.subarray(c * rows, (c + 1) * rows).fill(start[c])
    const { links, roots } = forest
    for (let tree = 0; tree < forest.trees; tree++)
      for (let row = 0; row < rows; row++) {
        let node = roots[tree]
        let column = links[4 * node + 2]
        while (column >= 0) {
          node = child(forest, node, data[column * rows + row])
          column = links[4 * node + 2]
        }
        own[row] += values[-1 - column]
      }
  })
  return scores
}
