import type { z } from 'zod'
import { daysAYear } from '../../../contract/days.ts'
import { outOfDomain } from '../../../contract/errors.ts'
import type {
  BeliefSchema,
  Diagnosis,
  ExplanationSchema,
  SimilarCaseSchema,
  Survival,
} from '../../../contract/predictions.ts'
import { type Cell, daysPer, type Estimate, type Text } from '../../../contract/values.ts'
import { calibrateClasses, calibrateValues, predictionSet, valueInterval } from '../../assess/conformal.ts'
import { type Local, localFrequency, localSurvival } from '../../assess/local.ts'
import { numbersAtRisk, timeAtSurvival } from '../../assess/observedCurve.ts'
import { survivalAt } from '../../cohort/curves/productLimit.ts'
import type { Matrix } from '../../cohort/matrix.ts'
import { applyPreparation, filledAt } from '../../cohort/prepare/prepare.ts'
import { type Column, columnOf, type Table } from '../../cohort/table.ts'
import { describedBy, domainPercentile, domainVerdict, nearestCases } from '../../explain/similar.ts'
import type { ContributionTarget } from '../../learn/learner.ts'
import { classPredictor, survivalPredictor, valuePredictor } from '../../learn/predictor.ts'
import { cellText } from '../cells.ts'
import { setLevel } from '../design/sets.ts'
import { alignTable, type ModelFeature } from '../model.ts'
import { mainHorizon, nearestTime } from '../tasks/assessment.ts'
import { sharesOf } from './explanation.ts'
import type { ModelAtHand } from './hand.ts'

const level = 0.95
const similarCount = 5
const mostCurvePoints = 400

type Explanation = z.infer<typeof ExplanationSchema>
type Belief = z.infer<typeof BeliefSchema>
type SimilarCase = z.infer<typeof SimilarCaseSchema>

/** Answers lack what only the vault knows: the prediction's id, who asked, the model's card. */
export type Answer<T> = Omit<T, 'prediction' | 'at' | 'patient' | 'encounter' | 'model' | 'similar'> & {
  similar: (SimilarCase & { encounter: number })[]
}

interface PatientRow {
  row: Table
  matrix: Matrix
  /** What was filled in, by feature, as a doctor reads it. */
  filled: Map<string, Text>
}

/**
 * Prepares one patient's row as the training rows were; what is missing is filled as in training and said. Throws
 * `outOfDomain` where nothing that the model uses is recorded.
 */
const prepareOne = (model: ModelAtHand, patient: Table): PatientRow => {
  const { header } = model
  const row = alignTable(header, patient)
  const { sequences, grids } = row
  const known = (values: ArrayLike<number>) => Array.from(values).some((value) => !Number.isNaN(value))
  const measured = (sequences && known(sequences.values)) || (grids && known(grids.values))
  if (!measured && row.columns.every(({ name, values }) => name === header.strata?.name || Number.isNaN(values[0])))
    throw outOfDomain('nothingRecorded')
  const prepared = applyPreparation(header.preparation, row, null, 'predict')
  if (header.strata && prepared.matrix.strata?.[0] === -1) throw stratumUnknown(header.strata)
  const filled = new Map(
    filledAt(prepared, 0).map(({ name, with: value }) => {
      const feature = header.features.find((one) => one.name === name)!
      return [name, value === null ? leftMissing : fillText(feature, value)]
    }),
  )
  return { row, matrix: prepared.matrix, filled }
}

const stratumUnknown = ({ name, seen, levels }: ModelFeature) =>
  outOfDomain('stratumUnknown', { column: name, known: seen ?? levels?.map(({ code }) => code) ?? [] })

const decimals = (value: number): string =>
  Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(4)))

const same = (text: string): Text => ({ en: text, zh: text })

const labelOf = (feature: ModelFeature, code: string): Text =>
  feature.levels?.find((known) => known.code === code)?.label ?? same(code)

const yesOrNo = (value: unknown): Text => (value === 1 ? { en: 'yes', zh: '是' } : { en: 'no', zh: '否' })
const notRecorded: Text = { en: 'not recorded', zh: '未记录' }
const leftMissing: Text = { en: 'left missing', zh: '保持缺失' }

const withUnit = ({ unit }: ModelFeature, text: string): Text => same(unit && unit !== '1' ? `${text} ${unit}` : text)

const fillText = (feature: ModelFeature, value: number | string): Text => {
  if (feature.kind === 'boolean') return yesOrNo(value)
  if (feature.levels) return labelOf(feature, String(value))
  return typeof value === 'number' ? withUnit(feature, decimals(value)) : same(value)
}

/** A value as a doctor reads it: `3.2 mg/dL`, `stage 4`, `yes`. */
const valueText = (feature: ModelFeature, column: Column, value: number): Text => {
  if (Number.isNaN(value)) return notRecorded
  const text = cellText(column, value) as string
  if (feature.kind === 'boolean') return yesOrNo(value)
  if (column.levels || feature.levels) return labelOf(feature, text)
  return withUnit(feature, decimals(value))
}

const cellOf = (column: Column, value: number): Cell => {
  if (Number.isNaN(value)) return null
  if (column.levels) return column.levels[value]
  return column.kind === 'boolean' ? value === 1 : value
}

const explain = (model: ModelAtHand, { row, matrix, filled }: PatientRow, target: ContributionTarget): Explanation => {
  const { header, predictor, background } = model
  const used = header.preparation.features.map(({ name }) => name)
  const shares = sharesOf(header.learner, predictor, matrix, target, used.length, background, header.design.seed)
  const contributions = header.features.map((feature): Explanation['contributions'][number] => {
    const column = columnOf(row, feature.name)!
    const value = column.values[0]
    const missing = Number.isNaN(value)
    const filling = filled.get(feature.name)
    return {
      feature: feature.name,
      label: feature.label,
      unit: feature.unit,
      value: cellOf(column, value),
      text: missing && filling !== undefined ? filling : valueText(feature, column, value),
      amount: missing || feature.kind === 'boolean' || column.levels || feature.levels ? null : value,
      missing,
      contribution: shares.values[used.indexOf(feature.name)] ?? 0,
    }
  })
  contributions.push(...partContributions(model, matrix, shares.values.subarray(used.length)))
  contributions.sort((a, b) => Math.abs(b.contribution) - Math.abs(a.contribution))
  const { scale, baseline, prediction, method } = shares
  const explained = 'class' in target ? (header.classes as string[])[target.class] : null
  const horizon = 'horizon' in target ? target.horizon : null
  return { scale, class: explained, horizon, baseline, prediction, contributions, method }
}

/** What was measured over time, and the picture, as entries beside the features. */
const partContributions = (
  { header }: ModelAtHand,
  { sequences, grids }: Matrix,
  shares: Float64Array,
): Explanation['contributions'] => {
  const width = header.channels?.length ?? 0
  const channels = (header.channels ?? []).map(({ name, label, unit }, channel) => {
    const measured = sequences
      ? Array.from({ length: sequences.offsets[1] }, (_, step) => sequences.values[step * width + channel])
      : []
    const known = measured.filter((value) => !Number.isNaN(value))
    const last = known.at(-1)
    const said = last === undefined ? '' : `${decimals(last)}${unit && unit !== '1' ? ` ${unit}` : ''}`
    const several: Text = { en: `${known.length} values, last ${said}`, zh: `${known.length} 次测量，末次 ${said}` }
    return {
      feature: `${name}:course`,
      label: { en: `${label.en} over time`, zh: `${label.zh ?? label.en}（随时间）` },
      unit,
      value: last ?? null,
      text: last === undefined ? notRecorded : known.length === 1 ? same(said) : several,
      amount: known.length === 1 ? (last as number) : null,
      missing: last === undefined,
      contribution: shares[channel] ?? 0,
    }
  })
  if (!grids) return channels
  const picture = {
    feature: 'picture',
    label: { en: 'picture', zh: '图像' },
    unit: null,
    value: null,
    text: same(`${grids.height} x ${grids.width}`),
    missing: false,
    contribution: shares[channels.length] ?? 0,
  }
  return [...channels, picture]
}

const outcomeText = (model: ModelAtHand, at: number): SimilarCase['outcome'] => {
  const { outcome } = model
  if (outcome.task === 'diagnosis') {
    const name = outcome.classes[outcome.y[at]]
    return { text: name, time: null, event: null, class: name }
  }
  if (outcome.task === 'regression') return { text: decimals(outcome.y[at]), time: null, event: null, class: null }
  const [time, event] = [outcome.time[at], outcome.event[at] === 1]
  const competing = outcome.competing?.[at] === 1
  return { text: event ? 'event' : competing ? 'competing' : 'censored', time, event, competing, class: null }
}

const similarTo = (model: ModelAtHand, prepared: PatientRow, patient: number, explanation: Explanation) => {
  const { header, likeness, yardstick, snapshot, rows } = model
  const own = (at: number) => snapshot.patients[rows[at]] === patient
  const aligned = alignTable(header, snapshot)
  const top = explanation.contributions
    .map(({ feature }) => header.features.find(({ name }) => name === feature))
    .filter((feature) => feature !== undefined)
    .slice(0, 5)
  return nearestCases(describedBy(prepared.matrix), likeness, yardstick, similarCount, own).map(
    ({ row: at, distance }) => ({
      patient: snapshot.patients[rows[at]],
      encounter: snapshot.encounters[rows[at]],
      label: '',
      distance,
      outcome: outcomeText(model, at),
      values: top.map((feature) => {
        const column = columnOf(aligned, feature.name)!
        return { feature: feature.name, text: valueText(feature, column, column.values[rows[at]]) }
      }),
    }),
  )
}

const believe = (
  model: ModelAtHand,
  { row, matrix, filled }: PatientRow,
  patient: number,
  local: Local | null,
): Belief => {
  const { header, likeness, yardstick, domain, snapshot, rows } = model
  const own = (at: number) => snapshot.patients[rows[at]] === patient
  const percentile = domainPercentile(describedBy(matrix), likeness, yardstick, domain, own, header.design.seed)
  const outOfRange: Belief['domain']['outOfRange'] = []
  const missing: Belief['missing'] = []
  for (const feature of header.features) {
    const column = columnOf(row, feature.name)!
    const value = column.values[0]
    if (Number.isNaN(value)) {
      missing.push({
        feature: feature.name,
        label: feature.label,
        filledWith: filled.get(feature.name) ?? leftMissing,
      })
      continue
    }
    const { low, high, seen, label } = feature
    if (low !== null && high !== null && (value < low || value > high))
      outOfRange.push({
        feature: feature.name,
        label,
        value: valueText(feature, column, value),
        low: decimals(low),
        high: decimals(high),
      })
    if (seen && !seen.includes(String(cellText(column, value))))
      outOfRange.push({
        feature: feature.name,
        label,
        value: valueText(feature, column, value),
        low: seen.join(', '),
        high: '',
      })
  }
  const verdict = domainVerdict(percentile)
  return {
    domain: { percentile, verdict: outOfRange.length > 0 && verdict === 'inside' ? 'edge' : verdict, outOfRange },
    missing,
    calibration: local
      ? {
          predictedLow: local.predictedLow,
          predictedHigh: local.predictedHigh,
          predicted: local.predicted,
          observed: local.observed,
          n: local.n,
          events: local.events,
        }
      : null,
  }
}

const classLabel = (name: string, labels: Record<string, Text>): Text => labels[name] ?? { en: name, zh: name }

/**
 * The interval around a probability: what was observed among cases predicted alike, widened to hold the prediction
 * itself.
 */
const around = (probability: number, observed: Estimate | undefined): { low: number; high: number } => ({
  low: Math.max(0, Math.min(probability, observed?.low ?? probability)),
  high: Math.min(1, Math.max(probability, observed?.high ?? probability)),
})

/**
 * Ranked diagnosis of one patient, with its reasons and whether to believe it. `labels`: the target's levels by code.
 */
export const answerDiagnosis = (
  model: ModelAtHand,
  patient: number,
  table: Table,
  labels: Record<string, Text>,
  recorded: string | null,
): Answer<Diagnosis> => {
  const { header, predictor, reference } = model
  const prepared = prepareOne(model, table)
  const names = header.classes as string[]
  const probabilities = classPredictor(predictor).probabilities(prepared.matrix)
  const { predictions, outcome } = reference
  if (predictions.task !== 'diagnosis' || outcome.task !== 'diagnosis')
    throw new TypeError('the reference is of another task')
  const seen = predictions.probabilities
  const localOf = (k: number) =>
    localFrequency(
      probabilities[k],
      Float64Array.from(outcome.y, (_, i) => seen[i * names.length + k]),
      Uint8Array.from(outcome.y, (y) => (y === k ? 1 : 0)),
    )
  const locals = names.map((_, k) => localOf(k))
  const ranked = names.map((_, k) => k).sort((a, b) => probabilities[b] - probabilities[a])
  const [top] = ranked
  const explanation = explain(model, prepared, { class: names.length === 2 ? (header.positive as number) : top })
  const conformal = calibrateClasses(seen, outcome.y, names.length, { level: setLevel })
  return {
    task: 'diagnosis',
    classes: ranked.map((k) => ({
      class: names[k],
      label: classLabel(names[k], labels),
      probability: probabilities[k],
      ...around(probabilities[k], locals[k]?.observed),
    })),
    intervalLevel: level,
    intervalCoverage: model.intervalCoverage(),
    predictionSet: {
      level: setLevel,
      classes: predictionSet(conformal, probabilities).map((k) => names[k]),
      coverage: model.setCoverage,
    },
    recorded,
    explanation,
    similar: similarTo(model, prepared, patient, explanation),
    belief: believe(model, prepared, patient, locals[top]),
  }
}

const thinned = (times: Float64Array, most: number): Float64Array => {
  if (times.length <= most) return times
  const step = times.length / most
  return Float64Array.from({ length: most }, (_, i) => times[Math.floor(i * step)])
}

/** Times at which a patient's curve is drawn: the model's steps, the horizons, up to the end of follow-up. */
const curveTimes = (model: ModelAtHand): Float64Array => {
  const { predictor, header } = model
  const followUp = header.followUp as number
  const steps = Array.from(survivalPredictor(predictor).times ?? model.cohort!.times).filter(
    (at) => at > 0 && at <= followUp,
  )
  const all = new Set([
    ...thinned(Float64Array.from(steps), mostCurvePoints),
    ...(header.horizons as number[]),
    followUp,
  ])
  return Float64Array.from([...all].filter((at) => at <= followUp).sort((a, b) => a - b))
}

const ticks = (followUp: number, unit: number): number[] => {
  const year = daysAYear / unit
  const years = followUp / year
  const step = years > 12 ? 2 : years > 2.5 ? 1 : years > 1.2 ? 0.5 : 0.25
  return Array.from({ length: Math.floor(years / step) + 1 }, (_, i) => i * step * year)
}

/** The patient's survival curve with its reasons and whether to believe it. */
export const answerSurvival = (
  model: ModelAtHand,
  patient: number,
  table: Table,
  recorded: Survival['recorded'],
  eventLabel: Text,
  competingLabel: Text | null = null,
): Answer<Survival> => {
  const { header, predictor, reference } = model
  const { outcome: design } = header.design
  if (design.task !== 'survival' || reference.predictions.task !== 'survival' || reference.outcome.task !== 'survival')
    throw new TypeError('the model is of another task')
  const unit = daysPer[design.timeUnit]
  const prepared = prepareOne(model, table)
  const horizons = header.horizons as number[]
  const main = mainHorizon(horizons)
  const times = curveTimes(model)
  const asked = survivalPredictor(predictor)
  const survival = asked.survival(prepared.matrix, times)
  const { predictions, outcome } = reference
  const column = nearestTime(predictions.times, main)
  const risks = Float64Array.from(
    outcome.time,
    (_, i) => 1 - predictions.survival[i * predictions.times.length + column],
  )
  const risk = 1 - asked.survival(prepared.matrix, [main])[0]
  const local = localSurvival(risk, risks, outcome.time, outcome.event, times, main, undefined, undefined, outcome)
  const band = asked.band?.(prepared.matrix, 0, times, level) ?? bandFrom(survival, local)
  const explanation = explain(model, prepared, { horizon: main })
  const cohort = model.cohort!
  const cohortTimes = thinned(cohort.times, mostCurvePoints)
  const atRisk = numbersAtRisk(cohort, ticks(header.followUp as number, unit))
  const median = {
    value: medianOf(model, prepared.matrix, times, survival),
    low: timeAtSurvival(times, band.low, 0.5),
    high: timeAtSurvival(times, band.high, 0.5),
  }
  return {
    task: 'survival',
    timeUnit: design.timeUnit,
    event: eventLabel,
    competing: competingLabel,
    curve: { times: [0, ...times], survival: [1, ...survival], low: [1, ...band.low], high: [1, ...band.high] },
    intervalLevel: level,
    intervalCoverage: model.intervalCoverage(),
    cohort: {
      times: [0, ...cohortTimes],
      survival: [1, ...Array.from(cohortTimes, (at) => survivalAt(cohort, at))],
      low: [1, ...Array.from(cohortTimes, (at) => stepOf(cohort.times, cohort.low, at))],
      high: [1, ...Array.from(cohortTimes, (at) => stepOf(cohort.times, cohort.high, at))],
      atRisk: ticks(header.followUp as number, unit).map((time, i) => ({ time, n: atRisk[i] })),
      n: header.rows,
      events: header.events as number,
    },
    median,
    risks: horizons.map((time) => {
      const at = nearestTime(times, time)
      return {
        time,
        years: (time * unit) / daysAYear,
        risk: { value: 1 - survival[at], low: 1 - band.high[at], high: 1 - band.low[at] },
        cohortRisk: {
          value: 1 - survivalAt(cohort, time),
          low: 1 - stepOf(cohort.times, cohort.high, time),
          high: 1 - stepOf(cohort.times, cohort.low, time),
        },
      }
    }),
    followUp: header.followUp as number,
    recorded,
    explanation,
    similar: similarTo(model, prepared, patient, explanation),
    belief: believe(model, prepared, patient, local),
  }
}

/** Of a smooth curve by its formula, as far as anybody was followed; else the step at which it falls to a half. */
const medianOf = (
  { predictor, header }: ModelAtHand,
  x: Matrix,
  times: Float64Array,
  survival: Float64Array,
): number | null => {
  const { timeOf } = survivalPredictor(predictor)
  if (!timeOf) return timeAtSurvival(times, survival, 0.5)
  const [median] = timeOf(x, 0.5)
  return median <= (header.followUp as number) ? median : null
}

const stepOf = (times: Float64Array, values: Float64Array, at: number): number => {
  let found = 1
  for (let i = 0; i < times.length && times[i] <= at; i++) found = values[i]
  return found
}

/**
 * Where the learner has no analytic band: Greenwood's band of the cases with the nearest honest predictions, widened to
 * hold the patient's own curve.
 */
const bandFrom = (survival: Float64Array, local: { low: Float64Array; high: Float64Array } | null) => {
  if (!local) return { low: survival, high: survival }
  const low = survival.map((value, i) => Math.min(value, local.low[i]))
  const high = survival.map((value, i) => Math.max(value, local.high[i]))
  for (let i = 1; i < low.length; i++) {
    low[i] = Math.min(low[i], low[i - 1])
    high[i] = Math.min(high[i], high[i - 1])
  }
  return { low, high }
}

export interface RegressionAnswer {
  task: 'regression'
  value: Estimate
  unit: string | null
  intervalLevel: number
  intervalCoverage: Estimate | null
  recorded: number | null
  explanation: Explanation
  similar: (SimilarCase & { encounter: number })[]
  belief: Belief
}

/** A predicted value with its conformal interval, its reasons and whether to believe it. */
export const answerRegression = (
  model: ModelAtHand,
  patient: number,
  table: Table,
  recorded: number | null,
  unit: string | null,
): RegressionAnswer => {
  const { predictor, reference } = model
  const prepared = prepareOne(model, table)
  const [value] = valuePredictor(predictor).values(prepared.matrix)
  const { predictions, outcome } = reference
  if (predictions.task !== 'regression' || outcome.task !== 'regression')
    throw new TypeError('the reference is of another task')
  const interval = valueInterval(calibrateValues(predictions.values, outcome.y, setLevel), value)
  const explanation = explain(model, prepared, { value: true })
  return {
    task: 'regression',
    value: { value, ...interval },
    unit,
    intervalLevel: setLevel,
    intervalCoverage: model.setCoverage,
    recorded,
    explanation,
    similar: similarTo(model, prepared, patient, explanation),
    belief: believe(model, prepared, patient, null),
  }
}
