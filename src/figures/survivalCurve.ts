import * as Plot from '@observablehq/plot'
import type { TimeUnit } from '../contract/values.ts'
import {
  addLegend,
  draw,
  type Figure,
  type FigureOptions,
  fontSize,
  type LegendEntry,
  legendLayout,
  numberText,
  palette,
  per100,
  textWidth,
} from './frame.ts'
import { type AxisUnit, atRiskAt, axisFactor, axisUnitOf, ticksOf } from './timeAxis.ts'

/** A survival curve as a step function: S is 1 before the first time, `survival[i]` from `times[i]` on. */
export interface StepCurve {
  times: readonly number[]
  survival: readonly number[]
  low: readonly number[]
  high: readonly number[]
}

export interface SurvivalCurveData {
  timeUnit: TimeUnit
  /** The patient's predicted curve; null for a cohort alone. */
  patient: StepCurve | null
  /** Kaplan-Meier estimate. */
  cohort: (StepCurve & { atRisk: readonly { time: number; n: number }[]; n: number; events: number }) | null
  /** Last time anyone was followed; the curves end there. */
  followUp: number
  /** Times at which a risk is told in words; marked on the patient's curve. */
  horizons?: readonly number[]
  /** What the chart records of this patient. */
  recorded?: { time: number; event: boolean } | null
}

export interface SurvivalCurveTexts {
  title: string
  description: string
  patient: string
  cohort: string
  /** Vertical axis. */
  free: string
  time: Record<AxisUnit, string>
  atRisk: string
  followUpEnds: string
  few: string
  recordedEvent: string
  recordedFollowUp: string
}

const english: SurvivalCurveTexts = {
  title: 'Survival curve',
  description: '',
  patient: 'This patient',
  cohort: 'All cases (Kaplan-Meier)',
  free: 'Without the event, of 100 patients',
  time: { years: 'Years', months: 'Months', days: 'Days' },
  atRisk: 'At risk',
  followUpEnds: 'follow-up ends',
  few: 'fewer than 10 followed',
  recordedEvent: 'recorded event',
  recordedFollowUp: 'recorded follow-up',
}

/** S(t) of a step curve. */
export const survivalAt = (curve: StepCurve, time: number): { survival: number; low: number; high: number } => {
  let index = -1
  let end = curve.times.length
  while (end - index > 1) {
    const middle = (index + end) >> 1
    if (curve.times[middle]! <= time) index = middle
    else end = middle
  }
  return index < 0
    ? { survival: 1, low: 1, high: 1 }
    : { survival: curve.survival[index]!, low: curve.low[index]!, high: curve.high[index]! }
}

interface Point {
  x: number
  y: number
  low: number
  high: number
}

const pointsOf = (curve: StepCurve, factor: number, end: number): Point[] => {
  const points: Point[] = [{ x: 0, y: 1, low: 1, high: 1 }]
  curve.times.forEach((time, index) => {
    if (time > end) return
    const point = { x: time * factor, y: curve.survival[index]!, low: curve.low[index]!, high: curve.high[index]! }
    const last = points.at(-1)!
    // A learner may give the curve on a grid: a grid point without a step adds nothing.
    if (last.x === point.x) points[points.length - 1] = point
    else if (last.y !== point.y || last.low !== point.low || last.high !== point.high) points.push(point)
  })
  const last = points.at(-1)!
  if (last.x < end * factor) points.push({ ...last, x: end * factor })
  return points
}

/**
 * A patient's predicted survival with its band beside the cohort's Kaplan-Meier estimate with its own, numbers at risk
 * aligned under the time axis, median by dotted lines, and the end of follow-up. Steps as estimated, never smoothed;
 * both curves end with follow-up. The tail where fewer than 10 were followed is shaded (Pocock et al., Lancet 2002).
 */
export const survivalCurve = (data: SurvivalCurveData, options: FigureOptions<SurvivalCurveTexts> = {}): Figure => {
  const texts = { ...english, ...options.texts }
  const { width = 640, locale = 'en' } = options
  const axis = axisUnitOf(data.followUp, data.timeUnit)
  const factor = axisFactor(axis, data.timeUnit)
  const end = data.followUp * factor
  const { patient, cohort } = data
  const patientPoints = patient ? pointsOf(patient, factor, data.followUp) : []
  const cohortPoints = cohort ? pointsOf(cohort, factor, data.followUp) : []

  const marginLeft = Math.max(44, cohort ? textWidth(texts.atRisk) + 26 : 0)
  const marginRight = 18
  const plotWidth = width - marginLeft - marginRight
  const ticks = ticksOf(end, Math.max(3, Math.min(12, Math.floor(plotWidth / 52))))
  const entries: LegendEntry[] = []
  if (patient) entries.push({ label: texts.patient, stroke: palette.patient, width: 3 })
  // Alone, the cohort's curve is the subject and drawn in full.
  const cohortLook = patient
    ? { stroke: palette.cohort, dash: '6 3', width: 2 }
    : { stroke: palette.patient, dash: undefined, width: 2.5 }
  if (cohort) entries.push({ label: texts.cohort, ...cohortLook })
  const legend = legendLayout([...entries], width, marginLeft)
  const marginTop = legend.height + 26
  const marginBottom = cohort ? 76 : 44
  const height = options.height ?? Math.round(Math.min(420, Math.max(300, width * 0.56)))

  const riskRow = cohort
    ? ticks.map((x) => ({ x, n: atRiskAt(cohort.atRisk, x / factor) })).filter((entry) => entry.n !== null)
    : []
  const few = cohort?.atRisk.find((entry) => entry.n < 10)
  const fewFrom = few && few.time < data.followUp ? few.time * factor : null
  const crossing = patientPoints.find((point) => point.y <= 0.5)
  const horizonPoints = patient
    ? (data.horizons ?? [])
        .filter((time) => time <= data.followUp)
        .map((time) => ({ x: time * factor, y: survivalAt(patient, time).survival }))
    : []

  const recorded = data.recorded ? [{ x: Math.min(end, data.recorded.time * factor), event: data.recorded.event }] : []
  const endLabel = `${texts.followUpEnds} ${numberText(end, locale)}`
  const figure = draw(
    {
      width,
      height,
      marginLeft,
      marginRight,
      marginTop,
      marginBottom,
      x: { domain: [0, end], label: null },
      y: { domain: [0, 1], label: null },
      marks: [
        ...(fewFrom !== null
          ? [
              Plot.rect([{ x1: fewFrom, x2: end }], {
                className: 'few-followed',
                x1: 'x1',
                x2: 'x2',
                y1: 0,
                y2: 1,
                fill: palette.grid,
                fillOpacity: 0.45,
              }),
            ]
          : []),
        Plot.gridY([0, 0.25, 0.5, 0.75, 1], { stroke: palette.grid, strokeOpacity: 1 }),
        Plot.axisY([0, 0.25, 0.5, 0.75, 1], {
          tickFormat: (value: number) => per100(value, locale),
          tickSize: 0,
          fontSize,
          fill: palette.muted,
        }),
        Plot.axisX(ticks, {
          tickFormat: (value: number) => numberText(value, locale),
          fontSize,
          stroke: palette.muted,
          fill: palette.muted,
          tickSize: 5,
        }),
        Plot.ruleY([0], { stroke: palette.muted }),
        ...(cohort
          ? [
              Plot.areaY(cohortPoints, {
                className: 'cohort-band',
                x: 'x',
                y1: 'low',
                y2: 'high',
                curve: 'step-after',
                fill: cohortLook.stroke,
                fillOpacity: 0.2,
              }),
              Plot.line(cohortPoints, {
                className: 'cohort-curve',
                x: 'x',
                y: 'y',
                curve: 'step-after',
                stroke: cohortLook.stroke,
                strokeWidth: cohortLook.width,
                ...(cohortLook.dash ? { strokeDasharray: cohortLook.dash } : {}),
              }),
            ]
          : []),
        ...(patient
          ? [
              Plot.areaY(patientPoints, {
                className: 'patient-band',
                x: 'x',
                y1: 'low',
                y2: 'high',
                curve: 'step-after',
                fill: palette.patient,
                fillOpacity: 0.18,
              }),
              Plot.line(patientPoints, {
                className: 'patient-curve',
                x: 'x',
                y: 'y',
                curve: 'step-after',
                stroke: palette.patient,
                strokeWidth: 3,
              }),
              Plot.dot(horizonPoints, {
                className: 'horizons',
                x: 'x',
                y: 'y',
                r: 4.5,
                fill: palette.paper,
                stroke: palette.patient,
                strokeWidth: 2.5,
              }),
            ]
          : []),
        ...(crossing
          ? [
              Plot.ruleY([0.5], {
                className: 'median',
                x1: 0,
                x2: crossing.x,
                stroke: palette.patient,
                strokeDasharray: '2 3',
              }),
              Plot.ruleX([crossing.x], {
                className: 'median',
                y1: 0,
                y2: 0.5,
                stroke: palette.patient,
                strokeDasharray: '2 3',
              }),
            ]
          : []),
        Plot.ruleX([end], { className: 'follow-up-end', stroke: palette.muted, strokeDasharray: '3 2' }),
        Plot.text([endLabel], {
          className: 'follow-up-end',
          x: end,
          frameAnchor: 'top',
          textAnchor: 'end',
          lineAnchor: 'bottom',
          dy: -10,
          fill: palette.muted,
        }),
        ...(fewFrom !== null && (end - fewFrom) * (plotWidth / end) > textWidth(texts.few) + 10
          ? [
              Plot.text([texts.few], {
                x: end,
                dx: -6,
                frameAnchor: 'top',
                textAnchor: 'end',
                lineAnchor: 'top',
                dy: 6,
                fill: palette.muted,
              }),
            ]
          : []),
        ...recorded.flatMap(({ x, event }) => [
          Plot.dot([x], {
            className: 'recorded',
            x: (value: number) => value,
            y: 0,
            symbol: event ? 'times' : 'square',
            r: 5,
            stroke: palette.accent,
            strokeWidth: 2.5,
            clip: false,
          }),
          Plot.text([event ? texts.recordedEvent : texts.recordedFollowUp], {
            className: 'recorded',
            x,
            y: 0,
            dy: -9,
            lineAnchor: 'bottom',
            textAnchor: x > end * 0.5 ? 'end' : 'start',
            fill: palette.accent,
            fontWeight: 600,
            stroke: palette.paper,
            strokeWidth: 4,
          }),
        ]),
        Plot.text([texts.free], {
          frameAnchor: 'top-left',
          dx: -marginLeft + 2,
          lineAnchor: 'bottom',
          textAnchor: 'start',
          dy: textWidth(texts.free) + textWidth(endLabel) > width - 20 ? -24 : -10,
          fill: palette.muted,
        }),
        Plot.text([texts.time[axis]], {
          frameAnchor: 'bottom-right',
          lineAnchor: 'top',
          textAnchor: 'end',
          dy: 24,
          fill: palette.muted,
        }),
        ...(cohort
          ? [
              Plot.text([texts.atRisk], {
                frameAnchor: 'bottom-left',
                textAnchor: 'start',
                lineAnchor: 'top',
                dx: -marginLeft + 2,
                dy: 50,
                fill: palette.muted,
              }),
              Plot.text(riskRow, {
                className: 'at-risk',
                x: 'x',
                text: (entry: { n: number }) => numberText(entry.n, locale, 6),
                frameAnchor: 'bottom',
                lineAnchor: 'top',
                dy: 50,
                fill: palette.ink,
                fontVariant: 'tabular-nums',
              }),
            ]
          : []),
      ],
    },
    { name: 'survival-curve', title: texts.title, description: texts.description },
    options,
  )
  addLegend(figure, legend)
  return figure
}
