import type { Estimate } from '../../../contract/values.ts'
import { frequencyCoverage, survivalCoverage } from '../../assess/local.ts'
import { type ObservedCurve, observedCurve } from '../../assess/observedCurve.ts'
import { type Matrix, type Outcome, takeOutcomeRows } from '../../cohort/matrix.ts'
import { applyPreparation } from '../../cohort/prepare/prepare.ts'
import type { Table } from '../../cohort/table.ts'
import { describedBy, domainOf, type Yardstick, yardstickOf } from '../../explain/similar.ts'
import { survivalPredictor } from '../../learn/predictor.ts'
import { defineCases } from '../design/cases.ts'
import { alignTable, type OpenModel, openModel } from '../model.ts'
import { mainHorizon, nearestTime } from '../tasks/assessment.ts'
import { backgroundOf } from './explanation.ts'
import { decodeReference, type Reference } from './reference.ts'

/**
 * A model ready to be asked about patients: opened, with the cases it learned from and how its predictions turned out.
 */
export interface ModelAtHand extends OpenModel {
  reference: Reference
  snapshot: Table
  /** Snapshot row of each training case, in matrix order. */
  rows: Int32Array
  training: Matrix
  outcome: Outcome
  /** The training cases as distances see them: with what their courses and pictures come to. */
  likeness: Matrix
  yardstick: Yardstick
  domain: Float64Array
  background: () => Matrix
  /** Observed curve of the training cases, for survival. */
  cohort: ObservedCurve | null
  setCoverage: Estimate | null
  /**
   * Measured coverage of the intervals taken from cases predicted alike (assess/local.ts); null where too few are
   * known.
   */
  intervalCoverage: () => Estimate | null
}

const once = <T>(make: () => T): (() => T) => {
  let made: { value: T } | null = null
  return () => {
    made ??= { value: make() }
    return made.value
  }
}

/** Opens a model with its snapshot and reference. Costs about as much as preparing its training rows once. */
export const takeInHand = async (
  artifact: Uint8Array,
  reference: Uint8Array,
  snapshot: Table,
  setCoverage: Estimate | null,
): Promise<ModelAtHand> => {
  const open = await openModel(artifact)
  const { header } = open
  const decoded = decodeReference(reference)
  const { rows } = decoded
  const { matrix: training } = applyPreparation(header.preparation, alignTable(header, snapshot), rows)
  const names = header.features.map(({ name }) => name)
  const cases = defineCases(snapshot, { ...header.design, filters: [], weights: null }, names, header.classes)
  const at = new Map<number, number>()
  cases.rows.forEach((row, position) => {
    at.set(row, position)
  })
  const outcome = takeOutcomeRows(
    cases.outcome,
    rows.map((row) => at.get(row) as number),
  )
  const likeness = describedBy(training)
  const yardstick = yardstickOf(likeness, header.design.seed)
  return {
    ...open,
    reference: decoded,
    snapshot,
    rows,
    training,
    outcome,
    yardstick,
    likeness,
    domain: domainOf(likeness, yardstick, header.design.seed),
    background: once(() => backgroundOf(training, header.design.seed)),
    cohort: outcome.task === 'survival' ? observedCurve(outcome, { interval: 'logLog' }) : null,
    setCoverage,
    intervalCoverage: once(() => coverageOf(open, decoded)),
  }
}

const coverageOf = ({ header, predictor }: OpenModel, { predictions, outcome, source }: Reference): Estimate | null => {
  if (source === 'apparent') return null
  if (predictions.task === 'diagnosis' && outcome.task === 'diagnosis') {
    const { classes, probabilities } = predictions
    const positive = header.positive as number
    const own = Float64Array.from(outcome.y, (_, row) => probabilities[row * classes + positive])
    return frequencyCoverage(
      own,
      Uint8Array.from(outcome.y, (y) => (y === positive ? 1 : 0)),
    )
  }
  // An analytic band (Cox) is not made from neighbours, so their agreement says nothing about it.
  if (predictions.task !== 'survival' || outcome.task !== 'survival') return null
  if (survivalPredictor(predictor).band) return null
  const { times, survival } = predictions
  const horizon = mainHorizon(header.horizons as number[])
  const at = nearestTime(times, horizon)
  const risks = Float64Array.from(outcome.time, (_, row) => 1 - survival[row * times.length + at])
  return survivalCoverage(risks, outcome.time, outcome.event, horizon, undefined, undefined, outcome)
}
