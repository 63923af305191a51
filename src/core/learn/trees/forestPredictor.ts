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
  const { kind, task } = state.header
  if (kind !== 'forest') throw damagedForest('its header names another kind of model')
  if (task === 'diagnosis') return diagnosisPredictor(state)
  if (task === 'regression') return regressionPredictor(state)
  if (task === 'survival') return survivalPredictor(state)
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

const diagnosisPredictor = (state: ModelState): Predictor => {
  const forest = linkForest(state)
  const counts = stateArray(state, 'counts', Float32Array)
  const classes = Array.isArray(state.header.classes) ? state.header.classes.length : 0
  if (classes < 2 || counts.length !== forest.leaves * classes) throw damagedForest('its leaves do not fit its classes')
  const weights = new Float64Array(forest.leaves)
  const shares = new Float64Array(counts.length)
  for (let leaf = 0; leaf < forest.leaves; leaf++) {
    for (let c = 0; c < classes; c++) weights[leaf] += counts[leaf * classes + c]
    for (let c = 0; c < classes; c++) shares[leaf * classes + c] = counts[leaf * classes + c] / weights[leaf]
  }
  const covers = once(() => nodeCovers(forest, weights))
  return {
    task: 'diagnosis',
    probabilities: (x) => averageLeaves(forest, x, shares, classes),
    contributionCost: treeShapCost(forest),
    contributions(x, output) {
      const c = 'class' in output ? output.class : -1
      if (!(c >= 0 && c < classes)) throw new RangeError(`a forest of ${classes} classes has no class ${c}`)
      const values = new Float64Array(forest.leaves)
      for (let leaf = 0; leaf < forest.leaves; leaf++) values[leaf] = shares[leaf * classes + c]
      return { ...treeShap(forest, covers(), values, x), scale: 'probability' }
    },
  }
}

const regressionPredictor = (state: ModelState): Predictor => {
  const forest = linkForest(state)
  const leafValues = stateArray(state, 'values', Float64Array)
  const weights = stateArray(state, 'weights', Float32Array)
  if (leafValues.length !== forest.leaves || weights.length !== forest.leaves)
    throw damagedForest('its leaves do not fit its trees')
  const covers = once(() => nodeCovers(forest, weights))
  return {
    task: 'regression',
    values: (x) => averageLeaves(forest, x, leafValues, 1),
    contributionCost: treeShapCost(forest),
    contributions: (x) => ({ ...treeShap(forest, covers(), leafValues, x), scale: 'value' }),
  }
}

const survivalPredictor = (state: ModelState): Predictor => {
  const forest = linkForest(state)
  const weights = stateArray(state, 'weights', Float32Array)
  const lengths = stateArray(state, 'lengths', Uint32Array)
  const slots = stateArray(state, 'slots', Uint16Array)
  const hazards = stateArray(state, 'hazards', Float32Array)
  const times = stateArray(state, 'times', Float64Array)
  const atRisk = stateArray(state, 'atRisk', Float64Array)
  if (weights.length !== forest.leaves || lengths.length !== forest.leaves || atRisk.length !== times.length)
    throw damagedForest('its leaves do not fit its trees')
  const starts = new Uint32Array(forest.leaves + 1)
  const mortality = new Float64Array(forest.leaves)
  for (let leaf = 0; leaf < forest.leaves; leaf++) {
    starts[leaf + 1] = starts[leaf] + lengths[leaf]
    for (let i = starts[leaf]; i < Math.min(starts[leaf + 1], slots.length); i++)
      mortality[leaf] += hazards[i] * atRisk[slots[i]]
  }
  if (
    starts[forest.leaves] !== slots.length ||
    hazards.length !== slots.length ||
    slots.some((at) => at >= times.length)
  )
    throw damagedForest('its hazards do not fit its leaves')
  const covers = once(() => nodeCovers(forest, weights))
  /** Leaves hold increments of cumulative incidences instead of cumulative hazards. */
  const incidences = state.header.competing === true
  const survivalOf = (mean: number) => (incidences ? Math.max(0, 1 - mean) : Math.exp(-mean))

  /** Cumulative hazard (or incidence) of every leaf at a time. */
  const hazardAt = (time: number): Float64Array => {
    const values = new Float64Array(forest.leaves)
    for (let leaf = 0; leaf < forest.leaves; leaf++)
      for (let i = starts[leaf]; i < starts[leaf + 1] && times[slots[i]] <= time; i++) values[leaf] += hazards[i]
    return values
  }

  const survival = (x: Matrix, asked: ArrayLike<number>): Float64Array => {
    checkColumns(forest, x)
    const count = asked.length
    // Each step time's first asked time at or after it; beyond the last asked time a step does not show.
    const showsAt = new Int32Array(times.length)
    for (let step = 0, at = 0; step < times.length; step++) {
      while (at < count && asked[at] < times[step]) at++
      showsAt[step] = at
    }
    const result = new Float64Array(x.rows * count)
    const sums = new Float64Array(count + 1)
    const leaves = new Int32Array(forest.trees)
    for (let row = 0; row < x.rows; row++) {
      sums.fill(0)
      leavesOf(forest, x, row, leaves)
      for (let tree = 0; tree < forest.trees; tree++) {
        const leaf = leaves[tree]
        const end = starts[leaf + 1]
        for (let i = starts[leaf]; i < end; i++) sums[showsAt[slots[i]]] += hazards[i]
      }
      let hazard = 0
      for (let at = 0; at < count; at++) {
        hazard += sums[at]
        result[row * count + at] = survivalOf(hazard / forest.trees)
      }
    }
    return result
  }

  /**
   * With a horizon, of the risk 1 - S(horizon): shares of the cumulative hazard H(horizon), which is the additive scale (a mean over
   * trees), each multiplied by the secant (risk - baseline risk) / (H - baseline H), so that they add up to the risk shown.
   * Order and sign are those of the hazard's shares. Cumulative incidences are the risk itself. Without a horizon, of the risk score.
   */
  const contributions = (x: Matrix, output: ContributionTarget) => {
    if (!('horizon' in output)) return { ...treeShap(forest, covers(), mortality, x), scale: 'value' as const }
    const { baseline, values } = treeShap(forest, covers(), hazardAt(output.horizon), x)
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
    risk: (x) => averageLeaves(forest, x, mortality, 1),
    contributionCost: treeShapCost(forest),
    contributions,
  }
}
