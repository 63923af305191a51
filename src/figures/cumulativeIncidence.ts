import * as Plot from '@observablehq/plot'
import type { TimeUnit } from '../contract/values.ts'
import {
  addLegend,
  draw,
  type Figure,
  type FigureOptions,
  fontSize,
  legendLayout,
  lookOf,
  numberText,
  palette,
  per100,
  strokeOf,
  textWidth,
} from './frame.ts'
import { type AxisUnit, atRiskAt, axisFactor, axisUnitOf, ticksOf } from './timeAxis.ts'

/** Share of all who have had one cause by each time: a step function, 0 before the first time. */
export interface IncidenceCurve {
  label: string
  times: readonly number[]
  incidence: readonly number[]
  low: readonly number[]
  high: readonly number[]
}

export interface CumulativeIncidenceData {
  timeUnit: TimeUnit
  /** Causes that compete; the event of interest first. */
  causes: readonly IncidenceCurve[]
  /** Those still followed and spared every cause. */
  atRisk: readonly { time: number; n: number }[]
  /** Last time anyone was followed; the curves end there. */
  followUp: number
}

export interface CumulativeIncidenceTexts {
  title: string
  description: string
  /** Vertical axis. */
  had: string
  time: Record<AxisUnit, string>
  atRisk: string
  followUpEnds: string
}

const english: CumulativeIncidenceTexts = {
  title: 'Cumulative incidence',
  description: '',
  had: 'Have had it, of 100 patients',
  time: { years: 'Years', months: 'Months', days: 'Days' },
  atRisk: 'At risk',
  followUpEnds: 'follow-up ends',
}

/** Heights of the axis, so that rare causes have room to be seen. */
const scales = [
  { top: 0.1, step: 0.02 },
  { top: 0.25, step: 0.05 },
  { top: 0.5, step: 0.1 },
  { top: 0.75, step: 0.25 },
]

const pointsOf = ({ times, incidence, low, high }: IncidenceCurve, factor: number, end: number) => {
  const points = [{ x: 0, y: 0, low: 0, high: 0 }]
  times.forEach((time, index) => {
    if (time > end) return
    const point = { x: time * factor, y: incidence[index]!, low: low[index]!, high: high[index]! }
    const last = points.at(-1)!
    if (last.x === point.x) points[points.length - 1] = point
    else if (last.y !== point.y || last.low !== point.low || last.high !== point.high) points.push(point)
  })
  const last = points.at(-1)!
  if (last.x < end * factor) points.push({ ...last, x: end * factor })
  return points
}

/**
 * Aalen-Johansen cumulative incidences of causes that compete, each with its band, and the numbers at risk under the
 * time axis. The shares add up: at any time the curves' sum is the share that has had any cause. Steps as estimated,
 * never smoothed.
 */
export const cumulativeIncidence = (
  data: CumulativeIncidenceData,
  options: FigureOptions<CumulativeIncidenceTexts> = {},
): Figure => {
  const texts = { ...english, ...options.texts }
  const { width = 640, locale = 'en' } = options
  const axis = axisUnitOf(data.followUp, data.timeUnit)
  const factor = axisFactor(axis, data.timeUnit)
  const end = data.followUp * factor
  const curves = data.causes.map((cause) => pointsOf(cause, factor, data.followUp))
  const most = Math.max(0, ...curves.flatMap((points) => points.map(({ high }) => high)))
  const { top, step } = scales.find((scale) => most <= scale.top) ?? { top: 1, step: 0.25 }
  const levels = Array.from({ length: Math.round(top / step) + 1 }, (_, index) => index * step)
  const marginLeft = Math.max(44, textWidth(texts.atRisk) + 26)
  const marginRight = 18
  const ticks = ticksOf(end, Math.max(3, Math.min(12, Math.floor((width - marginLeft - marginRight) / 52))))
  const legend = legendLayout(
    data.causes.map(({ label }, index) => {
      const { stroke, dash } = lookOf(index)
      return { label, stroke, dash, width: 2.5 }
    }),
    width,
    marginLeft,
  )
  const riskRow = ticks
    .map((x) => ({ x, n: atRiskAt(data.atRisk, x / factor) }))
    .filter((entry): entry is { x: number; n: number } => entry.n !== null)
  const figure = draw(
    {
      width,
      height: options.height ?? Math.round(Math.min(420, Math.max(300, width * 0.56))),
      marginLeft,
      marginRight,
      marginTop: legend.height + 26,
      marginBottom: 76,
      x: { domain: [0, end], label: null },
      y: { domain: [0, top], label: null },
      marks: [
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
        ...curves.flatMap((points, index) => [
          Plot.areaY(points, {
            className: 'incidence-band',
            x: 'x',
            y1: 'low',
            y2: 'high',
            curve: 'step-after',
            fill: lookOf(index).stroke,
            fillOpacity: 0.16,
          }),
          Plot.line(points, { className: 'incidence-curve', x: 'x', y: 'y', curve: 'step-after', ...strokeOf(index) }),
        ]),
        Plot.ruleX([end], { className: 'follow-up-end', stroke: palette.muted, strokeDasharray: '3 2' }),
        Plot.text([`${texts.followUpEnds} ${numberText(end, locale)}`], {
          x: end,
          frameAnchor: 'top',
          textAnchor: 'end',
          lineAnchor: 'bottom',
          dy: -10,
          fill: palette.muted,
        }),
        Plot.text([texts.had], {
          frameAnchor: 'top-left',
          dx: -marginLeft + 2,
          lineAnchor: 'bottom',
          textAnchor: 'start',
          dy: textWidth(texts.had) + textWidth(texts.followUpEnds) + 60 > width ? -24 : -10,
          fill: palette.muted,
        }),
        Plot.text([texts.time[axis]], {
          frameAnchor: 'bottom-right',
          lineAnchor: 'top',
          textAnchor: 'end',
          dy: 24,
          fill: palette.muted,
        }),
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
      ],
    },
    { name: 'cumulative-incidence', title: texts.title, description: texts.description },
    options,
  )
  addLegend(figure, legend)
  return figure
}
