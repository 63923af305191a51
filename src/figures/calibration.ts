import * as Plot from '@observablehq/plot'
import type { Assessment } from '../contract/models.ts'
import {
  addLegend,
  axisTitles,
  draw,
  type Figure,
  type FigureOptions,
  legendLayout,
  lookOf,
  numberText,
  palette,
  per100,
  shareAxes,
  strokeOf,
} from './frame.ts'

export interface CalibrationData {
  /** One a model; the first carries the groups. */
  series: readonly { label: string; calibration: NonNullable<Assessment['calibration']> }[]
  /** Values of a regression rather than probabilities: the axes stand for the value itself. */
  values?: boolean
  /** Where this patient's prediction lies, marked on the horizontal axis. */
  patient?: number | null
}

export interface CalibrationTexts {
  title: string
  description: string
  predicted: string
  observed: string
  ideal: string
  patient: string
}

const english: CalibrationTexts = {
  title: 'Calibration',
  description: '',
  predicted: 'Predicted, of 100 patients',
  observed: 'Observed, of 100 patients',
  ideal: 'Perfect agreement',
  patient: 'This patient',
}

interface Axis {
  domain: [number, number]
  ticks: number[]
  tickText: (value: number) => string
}

/** From 0 to 1, or to the largest prediction where all are small. */
const shareAxis = ({ series }: CalibrationData, locale: string): Axis => {
  const largest = Math.max(
    0.1,
    ...series.flatMap(({ calibration: { curve, groups } }) => [
      ...curve.map((point) => Math.max(point.predicted, point.observed)),
      ...groups.map((group) => Math.max(group.predicted, group.observed, series.length > 1 ? 0 : group.high)),
    ]),
  )
  const most = largest > 0.7 ? 1 : Math.ceil(largest * 10) / 10
  const step = most > 0.6 ? 0.2 : most > 0.2 ? 0.1 : 0.05
  const ticks = Array.from({ length: Math.floor(most / step + 1e-9) + 1 }, (_, index) =>
    Number((index * step).toFixed(4)),
  )
  return { domain: [0, most], ticks, tickText: (value) => per100(value, locale) }
}

const valueAxis = ({ series }: CalibrationData, locale: string): Axis => {
  const seen = series.flatMap(({ calibration: { curve, groups } }) =>
    [...curve, ...groups].flatMap((point) => [point.predicted, point.observed]),
  )
  const low = Math.min(...seen)
  const high = Math.max(...seen)
  const pad = (high - low) * 0.05 || 1
  const raw = (high - low) / 5 || 1
  const power = 10 ** Math.floor(Math.log10(raw))
  const step = [1, 2, 5, 10].map((times) => times * power).find((size) => size >= raw) ?? power * 10
  const ticks: number[] = []
  for (let at = Math.ceil((low - pad) / step) * step; at <= high + pad; at += step) ticks.push(at)
  return { domain: [low - pad, high + pad], ticks, tickText: (value) => numberText(value, locale, 4) }
}

/**
 * Flexible calibration curve with its pointwise band over the grouped observations with theirs; the diagonal is perfect
 * agreement. Both axes run alike; they are cut at the largest prediction where all are small (Van Calster et al. 2019).
 */
export const calibration = (data: CalibrationData, options: FigureOptions<CalibrationTexts> = {}): Figure => {
  const texts = { ...english, ...options.texts }
  const { width = 420, locale = 'en' } = options
  const several = data.series.length > 1
  const side = Math.min(width, 460)
  const legend = legendLayout(
    [
      ...data.series.map(({ label }, index) => ({ label, stroke: lookOf(index).stroke, dash: lookOf(index).dash })),
      { label: texts.ideal, stroke: palette.muted, dash: '2 4', width: 1.5 },
    ],
    side,
    8,
  )
  const { domain, ticks, tickText } = data.values ? valueAxis(data, locale) : shareAxis(data, locale)
  const groups = several ? [] : (data.series[0]?.calibration.groups ?? [])
  const largestGroup = Math.max(1, ...groups.map((group) => group.n))
  const marginTop = legend.height + 22
  const figure = draw(
    {
      width: side,
      height: options.height ?? side - 8 + legend.height,
      marginLeft: 40,
      marginRight: 14,
      marginTop,
      marginBottom: 46,
      x: { domain, label: null },
      y: { domain, label: null, clamp: true },
      r: { type: 'identity' },
      marks: [
        ...shareAxes(ticks, locale, tickText),
        Plot.line(
          [
            { x: domain[0], y: domain[0] },
            { x: domain[1], y: domain[1] },
          ],
          { className: 'ideal', x: 'x', y: 'y', stroke: palette.muted, strokeWidth: 1.5, strokeDasharray: '2 4' },
        ),
        ...data.series.flatMap(({ calibration: { curve } }, index) => {
          const look = lookOf(index)
          return [
            Plot.areaY(curve, {
              className: 'band',
              x: 'predicted',
              y1: 'low',
              y2: 'high',
              fill: look.stroke,
              fillOpacity: several ? 0.1 : 0.18,
            }),
            Plot.line(curve, {
              className: 'curve',
              x: 'predicted',
              y: 'observed',
              ...strokeOf(index),
            }),
          ]
        }),
        Plot.ruleX(groups, {
          className: 'group-intervals',
          x: 'predicted',
          y1: 'low',
          y2: 'high',
          stroke: palette.ink,
          strokeOpacity: 0.6,
        }),
        Plot.dot(groups, {
          className: 'groups',
          x: 'predicted',
          y: 'observed',
          r: (group: { n: number }) => 2.5 + 3.5 * Math.sqrt(group.n / largestGroup),
          fill: palette.paper,
          stroke: palette.ink,
          strokeWidth: 1.5,
        }),
        ...(data.patient !== null && data.patient !== undefined
          ? [
              Plot.ruleX([Math.min(domain[1], data.patient)], {
                className: 'patient',
                stroke: palette.accent,
                strokeWidth: 2,
                strokeDasharray: '4 2',
              }),
              Plot.text([texts.patient], {
                className: 'patient',
                x: Math.min(domain[1], data.patient),
                frameAnchor: 'top',
                textAnchor: data.patient > (domain[0] + domain[1]) / 2 ? 'end' : 'start',
                dx: data.patient > (domain[0] + domain[1]) / 2 ? -5 : 5,
                dy: 8,
                fill: palette.accent,
                fontWeight: 600,
                stroke: palette.paper,
                strokeWidth: 4,
              }),
            ]
          : []),
        ...axisTitles(texts.observed, texts.predicted),
      ],
    },
    { name: 'calibration', title: texts.title, description: texts.description },
    options,
  )
  addLegend(figure, legend)
  return figure
}
