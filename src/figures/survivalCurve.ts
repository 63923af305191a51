import * as Plot from '@observablehq/plot'
import type { TimeUnit } from '../contract/values.ts'
import {
  addLegend,
  draw,
  type Figure,
  type FigureOptions,
  type LegendEntry,
  legendLayout,
  numberText,
  palette,
  textWidth,
} from './frame.ts'
import type { AxisUnit } from './timeAxis.ts'
import {
  followUpEnd,
  riskRow,
  type StepLook,
  type Steps,
  stepBand,
  stepPoints,
  type TimeFrame,
  timeAxes,
  timeFrameOf,
  timeTitles,
} from './timeFrame.ts'

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

/**
 * A patient's predicted survival with its band beside the cohort's Kaplan-Meier estimate with its own, numbers at risk
 * aligned under the time axis, median by dotted lines, and the end of follow-up. Steps as estimated, never smoothed;
 * both curves end with follow-up. The tail where fewer than 10 were followed is shaded (Pocock et al., Lancet 2002).
 */
export const survivalCurve = (data: SurvivalCurveData, options: FigureOptions<SurvivalCurveTexts> = {}): Figure => {
  const texts = { ...english, ...options.texts }
  const { width = 640, locale = 'en' } = options
  const { patient, cohort } = data
  const frame = timeFrameOf(data, { width, height: options.height, atRisk: cohort ? texts.atRisk : null })
  const { end, marginLeft, marginRight } = frame
  const looks = looksOf(data)
  const legend = legendLayout(entriesOf(looks, texts), width, marginLeft)
  const few = fewFollowed(data, frame, texts.few)
  const endWords = `${texts.followUpEnds} ${numberText(end, locale)}`
  const figure = draw(
    {
      ...{ width, height: frame.height, marginLeft, marginRight },
      marginTop: legend.height + 26,
      marginBottom: cohort ? 76 : 44,
      x: { domain: [0, end], label: null },
      y: { domain: [0, 1], label: null },
      marks: [
        ...few.behind,
        ...timeAxes(frame, [0, 0.25, 0.5, 0.75, 1], locale),
        ...(cohort && looks.cohort ? stepBand(stepPoints(stepsOf(cohort), frame), looks.cohort) : []),
        ...(patient && looks.patient ? patientMarks(patient, looks.patient, { data, frame }) : []),
        ...followUpEnd(frame, endWords, 'follow-up-end'),
        ...few.words,
        ...recordedMarks(data, frame, texts),
        ...timeTitles(frame, {
          share: texts.free,
          time: texts.time[frame.axis],
          raised: textWidth(texts.free) + textWidth(endWords) > width - 20,
        }),
        ...(cohort ? riskRow(frame, { atRisk: cohort.atRisk, words: texts.atRisk, locale }) : []),
      ],
    },
    { name: 'survival-curve', title: texts.title, description: texts.description },
    options,
  )
  addLegend(figure, legend)
  return figure
}

const stepsOf = ({ survival, times, low, high }: StepCurve): Steps => ({ first: 1, values: survival, times, low, high })

/** Alone, the cohort's curve is the subject and drawn in full. */
const looksOf = ({ patient, cohort }: SurvivalCurveData): { patient: StepLook | null; cohort: StepLook | null } => ({
  patient: patient && { name: 'patient', stroke: palette.patient, strokeWidth: 3, bandOpacity: 0.18 },
  cohort: cohort && {
    ...{ name: 'cohort', bandOpacity: 0.2 },
    ...(patient
      ? { stroke: palette.cohort, strokeWidth: 2, strokeDasharray: '6 3' }
      : { stroke: palette.patient, strokeWidth: 2.5 }),
  },
})

const entriesOf = (looks: ReturnType<typeof looksOf>, texts: SurvivalCurveTexts): LegendEntry[] =>
  (['patient', 'cohort'] as const).flatMap((who) => {
    const look = looks[who]
    return look ? [{ label: texts[who], stroke: look.stroke, dash: look.strokeDasharray, width: look.strokeWidth }] : []
  })

/** The shade behind the tail where fewer than 10 were followed, and its words where there is room for them. */
const fewFollowed = ({ cohort, followUp }: SurvivalCurveData, frame: TimeFrame, words: string) => {
  const { end, factor, width, marginLeft, marginRight } = frame
  const few = cohort?.atRisk.find((entry) => entry.n < 10)
  const none: Plot.Markish[] = []
  if (!few || few.time >= followUp) return { behind: none, words: none }
  const from = few.time * factor
  const room = (end - from) * ((width - marginLeft - marginRight) / end)
  return {
    behind: [
      Plot.rect([{ x1: from, x2: end }], {
        className: 'few-followed',
        x1: 'x1',
        x2: 'x2',
        y1: 0,
        y2: 1,
        fill: palette.grid,
        fillOpacity: 0.45,
      }),
    ],
    words:
      room > textWidth(words) + 10
        ? [
            Plot.text([words], {
              x: end,
              dx: -6,
              frameAnchor: 'top',
              textAnchor: 'end',
              lineAnchor: 'top',
              dy: 6,
              fill: palette.muted,
            }),
          ]
        : none,
  }
}

/** The patient's curve, the horizons whose risks are told in words, and the median. */
const patientMarks = (
  patient: StepCurve,
  look: StepLook,
  { data, frame }: { data: SurvivalCurveData; frame: TimeFrame },
): Plot.Markish[] => {
  const points = stepPoints(stepsOf(patient), frame)
  const crossing = points.find((point) => point.y <= 0.5)
  const horizons = (data.horizons ?? [])
    .filter((time) => time <= data.followUp)
    .map((time) => ({ x: time * frame.factor, y: survivalAt(patient, time).survival }))
  const median = { className: 'median', stroke: palette.patient, strokeDasharray: '2 3' }
  return [
    ...stepBand(points, look),
    Plot.dot(horizons, {
      className: 'horizons',
      x: 'x',
      y: 'y',
      r: 4.5,
      fill: palette.paper,
      stroke: palette.patient,
      strokeWidth: 2.5,
    }),
    ...(crossing
      ? [
          Plot.ruleY([0.5], { ...median, x1: 0, x2: crossing.x }),
          Plot.ruleX([crossing.x], { ...median, y1: 0, y2: 0.5 }),
        ]
      : []),
  ]
}

/** What the chart records of this patient, on the axis of time. */
const recordedMarks = (
  { recorded }: SurvivalCurveData,
  { end, factor }: TimeFrame,
  texts: SurvivalCurveTexts,
): Plot.Markish[] => {
  if (!recorded) return []
  const x = Math.min(end, recorded.time * factor)
  return [
    Plot.dot([x], {
      className: 'recorded',
      x: (value: number) => value,
      y: 0,
      symbol: recorded.event ? 'times' : 'square',
      r: 5,
      stroke: palette.accent,
      strokeWidth: 2.5,
      clip: false,
    }),
    Plot.text([recorded.event ? texts.recordedEvent : texts.recordedFollowUp], {
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
  ]
}
