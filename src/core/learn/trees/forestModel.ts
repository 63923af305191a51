import { invalidInput } from '../../../contract/errors.ts'
import type { Matrix } from '../../cohort/matrix.ts'
import type { ModelState } from '../learner.ts'
import type { BinnedColumns } from './bins.ts'
import { leafMark, type Nodes } from './grow.ts'

/**
 * Trees ready to be walked: thresholds instead of bins, links instead of order. A node is 16 bytes in one piece, seen
 * as numbers and as links, so that a step down a tree touches one line of cache, and often the same as the step before.
 */
export interface Forest {
  columns: number
  trees: number
  nodes: number
  leaves: number
  /** First node of each tree, and one more: the number of nodes. */
  roots: Int32Array
  /** At 2 * node: the threshold; values at most this go left. */
  numbers: Float64Array
  /**
   * At 4 * node + 2: column of the split, or -1 - leaf, leaves being numbered through the forest. At 4 * node + 3: the
   * right child, negative where missing values go left. The left child is the next node.
   */
  links: Int32Array
}

/** Column a node splits on; -1 - leaf for leaves. */
export const columnAt = ({ links }: Forest, node: number): number => links[4 * node + 2]
export const rightOf = ({ links }: Forest, node: number): number => Math.abs(links[4 * node + 3])
/** The child that a value goes to. */
export const childFor = ({ numbers, links }: Forest, node: number, value: number): number => {
  const right = links[4 * node + 3]
  if (value <= numbers[2 * node] || (right < 0 && Number.isNaN(value))) return node + 1
  return right < 0 ? -right : right
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

const damaged = (what: string) => invalidInput('badArtifact', { what })

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
  const bytes = new ArrayBuffer(16 * nodes)
  const numbers = new Float64Array(bytes)
  const links = new Int32Array(bytes)
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
        links[4 * parent + 3] = missingLeft[parent] === 1 ? -node : node
      }
      const column = feature[node]
      after = column === leafMark
      if (after) links[4 * node + 2] = -1 - leaves++
      else {
        if (column >= columns || split[node] >= columnEdges[column]) throw damaged('a split names no column or edge')
        links[4 * node + 2] = column
        numbers[2 * node] = edges[edgeStart[column] + split[node]]
        waiting.push(node)
      }
    }
    if (waiting.length > 0) throw damaged('a tree is cut short')
    roots[tree + 1] = node
  }
  if (node !== nodes) throw damaged('nodes belong to no tree')
  return { columns, trees: treeNodes.length, nodes, leaves, roots, numbers, links }
}

/** Throws `invalidInput` where a matrix has not the forest's columns. */
export const checkColumns = (forest: Forest, x: Matrix): void => {
  if (x.columns !== forest.columns) throw invalidInput('columnCount', { expected: forest.columns, given: x.columns })
}

/** Trees walked side by side, so that the memory of one is fetched while another is looked at. */
const abreast = 16

/** The leaf that one row reaches in each tree, into `leaves`. */
export const leavesOf = (forest: Forest, x: Matrix, row: number, leaves: Int32Array): void => {
  const { data, rows } = x
  const { trees, roots, links } = forest
  for (let first = 0; first < trees; first += abreast) {
    const end = Math.min(trees, first + abreast)
    for (let tree = first; tree < end; tree++) leaves[tree] = roots[tree]
    // Nodes on the way down; leaves, once reached, as their negative mark.
    for (let walking = true; walking; ) {
      walking = false
      for (let tree = first; tree < end; tree++) {
        const node = leaves[tree]
        if (node < 0) continue
        const column = links[4 * node + 2]
        leaves[tree] = column < 0 ? column : childFor(forest, node, data[column * rows + row])
        walking = true
      }
    }
  }
  for (let tree = 0; tree < trees; tree++) leaves[tree] = -1 - leaves[tree]
}

/** From this many rows on, a tree is brought into cache once for a stretch of rows. */
const manyRows = 64

/** Means over trees of what each row's leaves hold (`leafValues`: leaves x width), row-major rows x width. */
export const averageLeaves = (forest: Forest, x: Matrix, leafValues: Float64Array, width: number): Float64Array => {
  checkColumns(forest, x)
  const { trees, roots, links } = forest
  const { data, rows } = x
  const sums = new Float64Array(rows * width)
  if (rows < manyRows) {
    const leaves = new Int32Array(trees)
    for (let row = 0; row < rows; row++) {
      leavesOf(forest, x, row, leaves)
      for (let tree = 0; tree < trees; tree++)
        for (let c = 0; c < width; c++) sums[row * width + c] += leafValues[leaves[tree] * width + c]
    }
  } else
    for (let start = 0; start < rows; start += 1024) {
      const end = Math.min(rows, start + 1024)
      for (let tree = 0; tree < trees; tree++)
        for (let row = start; row < end; row++) {
          let node = roots[tree]
          let column = links[4 * node + 2]
          while (column >= 0) {
            node = childFor(forest, node, data[column * rows + row])
            column = links[4 * node + 2]
          }
          for (let c = 0; c < width; c++) sums[row * width + c] += leafValues[(-1 - column) * width + c]
        }
    }
  for (let i = 0; i < sums.length; i++) sums[i] /= trees
  return sums
}
