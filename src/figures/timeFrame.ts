import * as Plot from '@observablehq/plot'
import type { TimeUnit } from '../contract/values.ts'
import { fontSize, numberText, palette, per100, textWidth } from './frame.ts'
import { type AxisUnit, atRiskAt, axisFactor, axisUnitOf, ticksOf } from './timeAxis.ts'

/** What figures over time since the beginning share: axis, curves in steps with their bands, numbers at risk. */
export interface TimeFrame {
  axis: AxisUnit
  /** How many of the axis's units one of the data's is. */
  factor: number
  /** Last time anyone was followed, in the data's units. */
  followUp: number
  /** The same in the axis's units. */
  end: number
  ticks: number[]
  width: number
  height: number
  marginLeft: number
  marginRight: number
}

export interface TimeFrameData {
  timeUnit: TimeUnit
  /** Last time anyone was followed; the curves end there. */
  followUp: number
}

export type AtRisk = readonly { time: number; n: number }[]

/** `atRisk`: words before the numbers at risk; null where there are none. */
export const timeFrameOf = (
  { timeUnit, followUp }: TimeFrameData,
  { width, height, atRisk }: { width: number; height: number | undefined; atRisk: string | null },
): TimeFrame => {
  const axis = axisUnitOf(followUp, timeUnit)
  const factor = axisFactor(axis, timeUnit)
  const end = followUp * factor
  const marginLeft = Math.max(44, atRisk === null ? 0 : textWidth(atRisk) + 26)
  const marginRight = 18
  return {
    ...{ axis, factor, followUp, end, width, marginLeft, marginRight },
    ticks: ticksOf(end, Math.max(3, Math.min(12, Math.floor((width - marginLeft - marginRight) / 52)))),
    height: height ?? Math.round(Math.min(420, Math.max(300, width * 0.56))),
  }
}

export interface StepPoint {
  x: number
  y: number
  low: number
  high: number
}

/** A curve in steps: `first` before the first time, `values[i]` from `times[i]` on. */
export interface Steps {
  first: number
  times: readonly number[]
  values: readonly number[]
  low: readonly number[]
  high: readonly number[]
}

/** The corners of a curve in steps, from the beginning to the end of follow-up, in the axis's units. */
export const stepPoints = (
  { first, times, values, low, high }: Steps,
  { factor, followUp, end }: TimeFrame,
): StepPoint[] => {
  const points: StepPoint[] = [{ x: 0, y: first, low: first, high: first }]
  times.forEach((time, index) => {
    if (time > followUp) return
    const point = { x: time * factor, y: values[index]!, low: low[index]!, high: high[index]! }
    const last = points.at(-1)!
    // A learner may give the curve on a grid: a grid point without a step adds nothing.
    if (last.x === point.x) points[points.length - 1] = point
    else if (last.y !== point.y || last.low !== point.low || last.high !== point.high) points.push(point)
  })
  const last = points.at(-1)!
  if (last.x < end) points.push({ ...last, x: end })
  return points
}

export interface StepLook {
  /** Names the parts: `<name>-band`, `<name>-curve`. */
  name: string
  stroke: string
  strokeWidth: number
  strokeDasharray?: string
  bandOpacity: number
}

/** A curve as estimated, never smoothed, over its band. */
export const stepBand = (
  points: readonly StepPoint[],
  { name, bandOpacity, stroke, ...line }: StepLook,
): Plot.Markish[] => [
  Plot.areaY(points, {
    className: `${name}-band`,
    x: 'x',
    y1: 'low',
    y2: 'high',
    curve: 'step-after',
    fill: stroke,
    fillOpacity: bandOpacity,
  }),
  Plot.line(points, { className: `${name}-curve`, x: 'x', y: 'y', curve: 'step-after', stroke, ...line }),
]

/** Axes of time and of shares, told as patients of 100; `levels`: where the grid lies. */
export const timeAxes = ({ ticks }: TimeFrame, levels: readonly number[], locale: string): Plot.Markish[] => [
  Plot.gridY(levels, { stroke: palette.grid, strokeOpacity: 1 }),
  Plot.axisY(levels, {
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
]

/** Where follow-up ends; `className`: of the words, which some style sheet may want to find. */
export const followUpEnd = ({ end }: TimeFrame, words: string, className?: string): Plot.Markish[] => [
  Plot.ruleX([end], { className: 'follow-up-end', stroke: palette.muted, strokeDasharray: '3 2' }),
  Plot.text([words], {
    ...(className ? { className } : {}),
    x: end,
    frameAnchor: 'top',
    textAnchor: 'end',
    lineAnchor: 'bottom',
    dy: -10,
    fill: palette.muted,
  }),
]

/** What the axes stand for; `raised`: a line higher, where the words would run into those of the end of follow-up. */
export const timeTitles = (
  { marginLeft }: TimeFrame,
  { share, time, raised }: { share: string; time: string; raised: boolean },
): Plot.Markish[] => [
  Plot.text([share], {
    frameAnchor: 'top-left',
    dx: -marginLeft + 2,
    lineAnchor: 'bottom',
    textAnchor: 'start',
    dy: raised ? -24 : -10,
    fill: palette.muted,
  }),
  Plot.text([time], {
    frameAnchor: 'bottom-right',
    lineAnchor: 'top',
    textAnchor: 'end',
    dy: 24,
    fill: palette.muted,
  }),
]

/** Numbers at risk, each under its tick. */
export const riskRow = (
  { ticks, factor, marginLeft }: TimeFrame,
  { atRisk, words, locale }: { atRisk: AtRisk; words: string; locale: string },
): Plot.Markish[] => {
  const row = ticks.map((x) => ({ x, n: atRiskAt(atRisk, x / factor) })).filter(({ n }) => n !== null)
  return [
    Plot.text([words], {
      frameAnchor: 'bottom-left',
      textAnchor: 'start',
      lineAnchor: 'top',
      dx: -marginLeft + 2,
      dy: 50,
      fill: palette.muted,
    }),
    Plot.text(row, {
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
}
