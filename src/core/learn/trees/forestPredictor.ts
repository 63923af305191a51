import type { Matrix } from '../../cohort/matrix.ts'
import type { ContributionTarget, ModelState, Predictor } from '../learner.ts'
import {
  averageLeaves,
  checkColumns,
  damagedForest,
  type Forest,
  leavesOf,
  linkForest,
  stateArray,
} from './forestModel.ts'
import { nodeCovers, treeShap } from './treeShap.ts'

/** Makes a predictor of a forest's state; throws `invalidInput` where it is no forest or a damaged one. */
export const loadForest = (state: ModelState): Predictor => {
  if (state.header.kind !== 'forest') throw damagedForest('its header names another kind of model')
  const forest = linkForest(state)
  return leafPredictor(state, {
    trees: forest.trees,
    leaves: forest.leaves,
    check: (x) => checkColumns(forest, x),
    leavesOf: (x, row, leaves) => leavesOf(forest, x, row, leaves),
    average: (x, leafValues, width) => averageLeaves(forest, x, leafValues, width),
    explain: {
      cost: treeShapCost(forest),
      shares: (leafWeights) => {
        const covers = once(() => nodeCovers(forest, leafWeights))
        return (leafValues, x) => treeShap(forest, covers(), leafValues, x)
      },
    },
  })
}

/** How rows reach the leaves of a forest, whatever its splits look like. */
export interface Walk {
  trees: number
  leaves: number
  /** Throws where a matrix has not the forest's columns. */
  check(x: Matrix): void
  /** The leaf that one row reaches in each tree. */
  leavesOf(x: Matrix, row: number, leaves: Int32Array): void
  /** Means over trees of what each row's leaves hold (leaves x width), row-major. */
  average(x: Matrix, leafValues: Float64Array, width: number): Float64Array
  /** Exact shares of the columns, where the splits allow it. */
  explain: {
    cost: number
    shares(
      leafWeights: ArrayLike<number>,
    ): (leafValues: Float64Array, x: Matrix) => { baseline: number; values: Float64Array }
  } | null
}

/** Predicts from what leaves hold: weights of classes, means, or steps of cumulative hazards or incidences. */
export const leafPredictor = (state: ModelState, walk: Walk): Predictor => {
  const { task } = state.header
  if (task === 'diagnosis') return diagnosisPredictor(state, walk)
  if (task === 'regression') return regressionPredictor(state, walk)
  if (task === 'survival') return survivalPredictor(state, walk)
  throw damagedForest('its header names no task')
}

/** Computes once, when first asked. */
const once = <T>(compute: () => T) => {
  let held: { value: T } | null = null
  return (): T => {
    held ??= { value: compute() }
    return held.value
  }
}

/** TreeSHAP walks every leaf with all features on its path: leaves x depth squared, by the depth of balanced trees. */
const treeShapCost = ({ leaves, trees }: Forest): number => leaves * Math.log2(2 + leaves / Math.max(1, trees)) ** 2

const diagnosisPredictor = (state: ModelState, walk: Walk): Predictor => {
  const counts = stateArray(state, 'counts', Float32Array)
  const classes = Array.isArray(state.header.classes) ? state.header.classes.length : 0
  if (classes < 2 || counts.length !== walk.leaves * classes) throw damagedForest('its leaves do not fit its classes')
  const weights = new Float64Array(walk.leaves)
  const shares = new Float64Array(counts.length)
  for (let leaf = 0; leaf < walk.leaves; leaf++) {
    for (let c = 0; c < classes; c++) weights[leaf] += counts[leaf * classes + c]
    for (let c = 0; c < classes; c++) shares[leaf * classes + c] = counts[leaf * classes + c] / weights[leaf]
  }
  const explain = walk.explain?.shares(weights)
  return {
    task: 'diagnosis',
    probabilities: (x) => walk.average(x, shares, classes),
    ...(explain && {
      contributionCost: walk.explain?.cost,
      contributions(x: Matrix, output: ContributionTarget) {
        const c = 'class' in output ? output.class : -1
        if (!(c >= 0 && c < classes)) throw new RangeError(`a forest of ${classes} classes has no class ${c}`)
        const values = new Float64Array(walk.leaves)
        for (let leaf = 0; leaf < walk.leaves; leaf++) values[leaf] = shares[leaf * classes + c]
        return { ...explain(values, x), scale: 'probability' as const }
      },
    }),
  }
}

const regressionPredictor = (state: ModelState, walk: Walk): Predictor => {
  const leafValues = stateArray(state, 'values', Float64Array)
  const weights = stateArray(state, 'weights', Float32Array)
  if (leafValues.length !== walk.leaves || weights.length !== walk.leaves)
    throw damagedForest('its leaves do not fit its trees')
  const explain = walk.explain?.shares(weights)
  return {
    task: 'regression',
    values: (x) => walk.average(x, leafValues, 1),
    ...(explain && {
      contributionCost: walk.explain?.cost,
      contributions: (x: Matrix) => ({ ...explain(leafValues, x), scale: 'value' as const }),
    }),
  }
}

const survivalPredictor = (state: ModelState, walk: Walk): Predictor => {
  const weights = stateArray(state, 'weights', Float32Array)
  const lengths = stateArray(state, 'lengths', Uint32Array)
  const slots = stateArray(state, 'slots', Uint16Array)
  const hazards = stateArray(state, 'hazards', Float32Array)
  const times = stateArray(state, 'times', Float64Array)
  const atRisk = stateArray(state, 'atRisk', Float64Array)
  if (weights.length !== walk.leaves || lengths.length !== walk.leaves || atRisk.length !== times.length)
    throw damagedForest('its leaves do not fit its trees')
  const starts = new Uint32Array(walk.leaves + 1)
  const mortality = new Float64Array(walk.leaves)
  for (let leaf = 0; leaf < walk.leaves; leaf++) {
    starts[leaf + 1] = starts[leaf] + lengths[leaf]
    for (let i = starts[leaf]; i < Math.min(starts[leaf + 1], slots.length); i++)
      mortality[leaf] += hazards[i] * atRisk[slots[i]]
  }
  if (starts[walk.leaves] !== slots.length || hazards.length !== slots.length || slots.some((at) => at >= times.length))
    throw damagedForest('its hazards do not fit its leaves')
  const explainRows = walk.explain?.shares(weights)
  /** Leaves hold increments of cumulative incidences instead of cumulative hazards. */
  const incidences = state.header.competing === true
  const survivalOf = (mean: number) => (incidences ? Math.max(0, 1 - mean) : Math.exp(-mean))

  /** Cumulative hazard (or incidence) of every leaf at a time. */
  const hazardAt = (time: number): Float64Array => {
    const values = new Float64Array(walk.leaves)
    for (let leaf = 0; leaf < walk.leaves; leaf++)
      for (let i = starts[leaf]; i < starts[leaf + 1] && times[slots[i]] <= time; i++) values[leaf] += hazards[i]
    return values
  }

  const survival = (x: Matrix, asked: ArrayLike<number>): Float64Array => {
    walk.check(x)
    const count = asked.length
    // Each step time's first asked time at or after it; beyond the last asked time a step does not show.
    const showsAt = new Int32Array(times.length)
    for (let step = 0, at = 0; step < times.length; step++) {
      while (at < count && asked[at] < times[step]) at++
      showsAt[step] = at
    }
    const result = new Float64Array(x.rows * count)
    const sums = new Float64Array(count + 1)
    const leaves = new Int32Array(walk.trees)
    for (let row = 0; row < x.rows; row++) {
      sums.fill(0)
      walk.leavesOf(x, row, leaves)
      for (let tree = 0; tree < walk.trees; tree++) {
        const leaf = leaves[tree]
        const end = starts[leaf + 1]
        for (let i = starts[leaf]; i < end; i++) sums[showsAt[slots[i]]] += hazards[i]
      }
      let hazard = 0
      for (let at = 0; at < count; at++) {
        hazard += sums[at]
        result[row * count + at] = survivalOf(hazard / walk.trees)
      }
    }
    return result
  }

  /**
   * With a horizon, of the risk 1 - S(horizon): shares of the cumulative hazard H(horizon), which is the additive scale
   * (a mean over trees), each multiplied by the secant (risk - baseline risk) / (H - baseline H), so that they add up
   * to the risk shown. Order and sign are those of the hazard's shares. Cumulative incidences are the risk itself.
   * Without a horizon, of the risk score.
   */
  const contributions = (explain: NonNullable<typeof explainRows>) => (x: Matrix, output: ContributionTarget) => {
    if (!('horizon' in output)) return { ...explain(mortality, x), scale: 'value' as const }
    const { baseline, values } = explain(hazardAt(output.horizon), x)
    if (incidences) return { baseline, values, scale: 'risk' as const }
    const riskOf = (hazard: number) => -Math.expm1(-hazard)
    for (let row = 0; row < x.rows; row++) {
      const shares = values.subarray(row * x.columns, (row + 1) * x.columns)
      const gap = shares.reduce((sum, share) => sum + share, 0)
      // riskOf(baseline + gap) - riskOf(baseline) = exp(-baseline) riskOf(gap), without cancellation.
      const secant = Math.exp(-baseline) * (gap === 0 ? 1 : riskOf(gap) / gap)
      for (let column = 0; column < shares.length; column++) shares[column] *= secant
    }
    return { baseline: riskOf(baseline), values, scale: 'risk' as const }
  }

  return {
    task: 'survival',
    times,
    survival,
    risk: (x) => walk.average(x, mortality, 1),
    ...(explainRows && { contributionCost: walk.explain?.cost, contributions: contributions(explainRows) }),
  }
}
