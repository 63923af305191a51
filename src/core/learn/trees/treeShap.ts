import type { Matrix } from '../../cohort/matrix.ts'
import { checkColumns, childFor, columnAt, type Forest, rightOf } from './forestModel.ts'

/** Training weight that passed each node, from the leaves' weights. */
export const nodeCovers = (forest: Forest, leafWeights: ArrayLike<number>): Float64Array => {
  const cover = new Float64Array(forest.nodes)
  for (let node = forest.nodes - 1; node >= 0; node--) {
    const column = columnAt(forest, node)
    cover[node] = column < 0 ? leafWeights[-1 - column] : cover[node + 1] + cover[rightOf(forest, node)]
  }
  return cover
}

/**
 * Exact path-dependent TreeSHAP (Lundberg, Erion & Lee 2018, arXiv 1802.03888; Lundberg et al. 2020): Shapley values of
 * the game whose worth of a set of columns is the tree's expected output when only these are known, unknown splits
 * being averaged over both children by training weight. `leafValues` holds one number a leaf; the forest's output is
 * the mean over trees. For each row, baseline + sum of its values = that mean at the row.
 *
 * The algorithm is the authors' leaf-path one in a leaner form. Along a path let z be the share of training weight that
 * follows it at a column's splits (product over repeats), and call a column hot where the row itself follows the path
 * at all of them. Worth of a set S at this leaf is value * prod(hot in S: 1; cold in S: 0; not in S: z). Coefficients
 * of prod over hot (z + y) count sets by size, so only hot columns cost work: O(hot^2) a leaf, and all cold columns of
 * a leaf share one number.
 *
 * Values: row-major rows x columns.
 */
export const treeShap = (
  forest: Forest,
  cover: Float64Array,
  leafValues: Float64Array,
  x: Matrix,
  child: typeof childFor = childFor,
): { baseline: number; values: Float64Array } => {
  checkColumns(forest, x)
  const { roots, trees, columns } = forest
  const { data, rows } = x
  const values = new Float64Array(rows * columns)
  const depths = deepest(forest)
  const width = Math.min(depths, columns) + 2
  const weights = coalitionWeights(width)
  // One row of polynomial coefficients for each step down the tree.
  const polynomials = new Float64Array((depths + 2) * width)
  const path = new Int32Array(width)
  let length = 0
  const share = new Float64Array(columns).fill(1)
  // 0: not on the path, 1: hot, 2: cold.
  const state = new Uint8Array(columns)

  let row = 0
  let into = values.subarray(0, columns)

  const leaf = (value: number, at: number, hot: number, cold: number) => {
    const weight = length * width
    const scaled = value * cold
    let all = 0
    if (hot < length) for (let k = 0; k <= hot; k++) all += weights[weight + k] * polynomials[at + k]
    for (let i = 0; i < length; i++) {
      const column = path[i]
      if (state[column] === 2) into[column] -= scaled * all
      else {
        const z = share[column]
        let quotient = 0
        let sum = 0
        for (let k = hot - 1; k >= 0; k--) {
          quotient = polynomials[at + k + 1] - z * quotient
          sum += weights[weight + k] * quotient
        }
        into[column] += scaled * (1 - z) * sum
      }
    }
  }

  /** `at`: where this node's polynomial stands; `hot`: its degree; `cold`: product of the cold columns' shares. */
  const visit = (node: number, at: number, hot: number, cold: number) => {
    const column = columnAt(forest, node)
    if (column < 0) {
      if (length > 0) leaf(leafValues[-1 - column], at, hot, cold)
      return
    }
    const followed = child(forest, node, data[column * rows + row])
    const oldState = state[column]
    const oldShare = share[column]
    if (oldState === 0) path[length++] = column
    const next = at + width
    for (let side = 0; side < 2; side++) {
      const child = side === 0 ? node + 1 : rightOf(forest, node)
      const follows = child === followed
      const z = cover[child] / cover[node]
      share[column] = oldShare * z
      if (oldState === 2) {
        visit(child, at, hot, cold * z)
        continue
      }
      // The polynomial without this column: divided from the top, which is stable for shares below 1.
      let degree = hot
      if (oldState === 1) {
        let quotient = 0
        for (let k = hot - 1; k >= 0; k--) {
          quotient = polynomials[at + k + 1] - oldShare * quotient
          polynomials[next + k] = quotient
        }
        degree--
      } else for (let k = 0; k <= hot; k++) polynomials[next + k] = polynomials[at + k]
      if (follows) {
        const all = share[column]
        polynomials[next + degree + 1] = polynomials[next + degree]
        for (let k = degree; k > 0; k--) polynomials[next + k] = all * polynomials[next + k] + polynomials[next + k - 1]
        polynomials[next] *= all
        state[column] = 1
        visit(child, next, degree + 1, cold)
      } else {
        state[column] = 2
        visit(child, next, degree, cold * share[column])
      }
      state[column] = oldState
    }
    share[column] = oldShare
    if (oldState === 0) length--
  }

  for (row = 0; row < rows; row++) {
    into = values.subarray(row * columns, (row + 1) * columns)
    for (let tree = 0; tree < trees; tree++) {
      polynomials[0] = 1
      visit(roots[tree], 0, 0, 1)
    }
    for (let column = 0; column < columns; column++) into[column] /= trees
  }
  return { baseline: expectedValue(forest, cover, leafValues), values }
}

/** The forest's output over the training weight: the baseline of its attributions. */
const expectedValue = (forest: Forest, cover: Float64Array, leafValues: Float64Array): number => {
  const { roots, trees } = forest
  let sum = 0
  for (let tree = 0; tree < trees; tree++) {
    let inTree = 0
    for (let node = roots[tree]; node < roots[tree + 1]; node++) {
      const column = columnAt(forest, node)
      if (column < 0) inTree += cover[node] * leafValues[-1 - column]
    }
    sum += inTree / cover[roots[tree]]
  }
  return sum / trees
}

/** k! (d - 1 - k)! / d! at [d * width + k]: the chance that a column joins a random order of d after just these k. */
const coalitionWeights = (width: number): Float64Array => {
  const weights = new Float64Array(width * width)
  for (let d = 1; d < width; d++) {
    let weight = 1 / d
    for (let k = 0; k < d; k++) {
      weights[d * width + k] = weight
      weight *= (k + 1) / (d - 1 - k)
    }
  }
  return weights
}

const deepest = (forest: Forest): number => {
  const depth = new Int32Array(forest.nodes)
  let most = 0
  for (let node = 0; node < forest.nodes; node++) {
    if (columnAt(forest, node) < 0) continue
    const below = depth[node] + 1
    depth[node + 1] = below
    depth[rightOf(forest, node)] = below
    if (below > most) most = below
  }
  return most
}
