import { invalidInput } from '../../../contract/errors.ts'
import type { Matrix } from '../../cohort/matrix.ts'
import type { ModelState } from '../learner.ts'
import type { BinnedColumns } from './bins.ts'
import { leafMark, type Nodes } from './grow.ts'

/** Trees ready to be walked: thresholds instead of bins, links instead of order. */
export interface Forest {
  columns: number
  trees: number
  /** First node of each tree, and one more: the number of nodes. */
  roots: Int32Array
  /** Column of the split; -1 - leaf for leaves, which are numbered through the forest. */
  feature: Int32Array
  /** Values at most this go left. */
  threshold: Float64Array
  missingLeft: Uint8Array
  /** Node index of the right child; the left one is the next node. 0 for leaves. */
  right: Int32Array
  leaves: number
}

/** Node arrays for the artifact: bin codes with the table of edges they stand for, only edges in use. */
export const packNodes = (nodes: Nodes, { columns, edges }: BinnedColumns): ModelState['arrays'] => {
  const { feature, split, missingLeft, treeNodes } = nodes
  const used = Array.from({ length: columns }, () => new Uint8Array(256))
  for (let i = 0; i < feature.length; i++) if (feature[i] !== leafMark) used[feature[i]][split[i]] = 1
  const kept: number[] = []
  const keptOf = new Uint32Array(columns)
  const codeOf = used.map((marks, column) => {
    const codes = new Uint8Array(256)
    for (let bin = 0; bin < 256; bin++)
      if (marks[bin] === 1) {
        codes[bin] = keptOf[column]++
        kept.push(edges[column][bin])
      }
    return codes
  })
  const packed = new Uint8Array(split.length)
  for (let i = 0; i < split.length; i++) if (feature[i] !== leafMark) packed[i] = codeOf[feature[i]][split[i]]
  return { edges: Float64Array.from(kept), columnEdges: keptOf, feature, split: packed, missingLeft, treeNodes }
}

const damaged = (what: string) =>
  invalidInput('badArtifact', `This is not a Bedside forest: ${what}. Export the model again.`)

const arrayOf = <T extends ModelState['arrays'][string]>(
  state: ModelState,
  name: string,
  type: new (length: number) => T,
): T => {
  const found = state.arrays[name]
  if (!(found instanceof type)) throw damaged(`array ${name} is missing`)
  return found
}

export { arrayOf as stateArray, damaged as damagedForest }

/** Links the nodes of a state; throws `invalidInput` where they do not make whole trees. */
export const linkForest = (state: ModelState): Forest => {
  const edges = arrayOf(state, 'edges', Float64Array)
  const columnEdges = arrayOf(state, 'columnEdges', Uint32Array)
  const feature = arrayOf(state, 'feature', Uint16Array)
  const split = arrayOf(state, 'split', Uint8Array)
  const missingLeft = arrayOf(state, 'missingLeft', Uint8Array)
  const treeNodes = arrayOf(state, 'treeNodes', Uint32Array)
  const nodes = feature.length
  const columns = columnEdges.length
  const edgeStart = new Uint32Array(columns + 1)
  for (let column = 0; column < columns; column++) edgeStart[column + 1] = edgeStart[column] + columnEdges[column]
  if (edgeStart[columns] !== edges.length || split.length !== nodes || missingLeft.length !== nodes)
    throw damaged('its arrays do not fit together')

  const roots = new Int32Array(treeNodes.length + 1)
  const linked = new Int32Array(nodes)
  const threshold = new Float64Array(nodes)
  const right = new Int32Array(nodes)
  let leaves = 0
  let node = 0
  const waiting: number[] = []
  for (let tree = 0; tree < treeNodes.length; tree++) {
    const end = node + treeNodes[tree]
    if (end > nodes || end === node) throw damaged('a tree is cut short')
    for (let after = false; node < end; node++) {
      if (after) {
        const parent = waiting.pop()
        if (parent === undefined) throw damaged('a tree has nodes too many')
        right[parent] = node
      }
      const column = feature[node]
      after = column === leafMark
      if (after) linked[node] = -1 - leaves++
      else {
        if (column >= columns || split[node] >= columnEdges[column]) throw damaged('a split names no column or edge')
        linked[node] = column
        threshold[node] = edges[edgeStart[column] + split[node]]
        waiting.push(node)
      }
    }
    if (waiting.length > 0) throw damaged('a tree is cut short')
    roots[tree + 1] = node
  }
  if (node !== nodes) throw damaged('nodes belong to no tree')
  return { columns, trees: treeNodes.length, roots, feature: linked, threshold, missingLeft, right, leaves }
}

/** Throws `invalidInput` where a matrix has not the forest's columns. */
export const checkColumns = (forest: Forest, x: Matrix): void => {
  if (x.columns !== forest.columns)
    throw invalidInput(
      'columnCount',
      `The forest was trained on ${forest.columns} columns but was given ${x.columns}; prepare the rows as for training.`,
    )
}

/** The leaf that one row reaches in one tree. */
export const leafOf = (forest: Forest, tree: number, x: Matrix, row: number): number => {
  const { feature, threshold, missingLeft, right } = forest
  const { data, rows } = x
  let node = forest.roots[tree]
  let column = feature[node]
  while (column >= 0) {
    const value = data[column * rows + row]
    const goesLeft = value <= threshold[node] || (Number.isNaN(value) && missingLeft[node] === 1)
    node = goesLeft ? node + 1 : right[node]
    column = feature[node]
  }
  return -1 - column
}

/** Means over trees of what each row's leaves hold (`leafValues`: leaves x width), row-major rows x width. */
export const averageLeaves = (forest: Forest, x: Matrix, leafValues: Float64Array, width: number): Float64Array => {
  checkColumns(forest, x)
  const sums = new Float64Array(x.rows * width)
  // Tree by tree over a stretch of rows, so that both the tree and the rows stay in cache.
  const stretch = 1024
  for (let start = 0; start < x.rows; start += stretch) {
    const end = Math.min(x.rows, start + stretch)
    for (let tree = 0; tree < forest.trees; tree++)
      for (let row = start; row < end; row++) {
        const leaf = leafOf(forest, tree, x, row)
        for (let c = 0; c < width; c++) sums[row * width + c] += leafValues[leaf * width + c]
      }
  }
  for (let i = 0; i < sums.length; i++) sums[i] /= forest.trees
  return sums
}
