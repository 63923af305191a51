import type { Matrix } from '../../cohort/matrix.ts'
import type { ModelState, Predictor } from '../learner.ts'
import { checkColumns } from '../linear/design.ts'
import { damagedForest, stateArray } from './forestModel.ts'
import { leafPredictor } from './forestPredictor.ts'

/** Makes a predictor of an oblique forest's state; throws `invalidInput` where it is none or a damaged one. */
export const loadOblique = (state: ModelState): Predictor => {
  if (state.header.kind !== 'obliqueForest') throw damagedForest('its header names another kind of model')
  const width = Number(state.header.columns)
  const { sizes, columns, coefficients, thresholds, treeNodes, rights, starts, splits, leaves, roots } = link(state)
  const trees = treeNodes.length
  const leafOf = (x: Matrix, row: number, tree: number): number => {
    let node = roots[tree]
    while (sizes[node] > 0) {
      const from = starts[node]
      let sum = 0
      for (let at = from; at < from + sizes[node]; at++) sum += coefficients[at] * x.data[columns[at] * x.rows + row]
      node = sum <= thresholds[splits[node]] ? node + 1 : rights[node]
    }
    return splits[node]
  }
  const check = (x: Matrix) => checkColumns(x, width)
  return leafPredictor(state, {
    trees,
    leaves,
    check,
    leavesOf(x, row, into) {
      for (let tree = 0; tree < trees; tree++) into[tree] = leafOf(x, row, tree)
    },
    average(x, leafValues, wide) {
      check(x)
      const means = new Float64Array(x.rows * wide)
      for (let row = 0; row < x.rows; row++)
        for (let tree = 0; tree < trees; tree++) {
          const leaf = leafOf(x, row, tree)
          for (let c = 0; c < wide; c++) means[row * wide + c] += leafValues[leaf * wide + c]
        }
      for (let i = 0; i < means.length; i++) means[i] /= trees
      return means
    },
    // A combination has no one column to credit; views explain by sampled Shapley values instead.
    explain: null,
  })
}

/** Right children, where each node's combination starts, and its number among splits or among leaves. */
const link = (state: ModelState) => {
  const sizes = stateArray(state, 'sizes', Uint8Array)
  const columns = stateArray(state, 'columns', Uint16Array)
  const coefficients = stateArray(state, 'coefficients', Float64Array)
  const thresholds = stateArray(state, 'thresholds', Float64Array)
  const treeNodes = stateArray(state, 'treeNodes', Uint32Array)
  const width = Number(state.header.columns)
  const rights = new Int32Array(sizes.length)
  const starts = new Int32Array(sizes.length)
  const splits = new Int32Array(sizes.length)
  const roots = new Int32Array(treeNodes.length)
  let [leaves, split, at, node] = [0, 0, 0, 0]
  const waiting: number[] = []
  for (let tree = 0; tree < treeNodes.length; tree++) {
    roots[tree] = node
    const end = node + treeNodes[tree]
    if (end > sizes.length || end === node) throw damagedForest('a tree is cut short')
    for (let after = false; node < end; node++) {
      if (after) {
        const parent = waiting.pop()
        if (parent === undefined) throw damagedForest('a tree has nodes too many')
        rights[parent] = node
      }
      after = sizes[node] === 0
      starts[node] = at
      splits[node] = after ? leaves++ : split++
      if (!after) waiting.push(node)
      at += sizes[node]
    }
    if (waiting.length > 0) throw damagedForest('a tree is cut short')
  }
  if (
    node !== sizes.length ||
    at !== columns.length ||
    at !== coefficients.length ||
    split !== thresholds.length ||
    columns.some((column) => column >= width)
  )
    throw damagedForest('its arrays do not fit together')
  return { sizes, columns, coefficients, thresholds, treeNodes, rights, starts, splits, leaves, roots }
}
