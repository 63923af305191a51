import * as Plot from '@observablehq/plot'
import { draw, type Figure, type FigureOptions, fontSize, numberText, palette, textWidth } from './frame.ts'

interface SparklinePoint {
  /** In any unit of time. */
  at: number
  value: number
  /** Told where one points at it. */
  label?: string
}

export interface SparklineData {
  /** Repeated measurements in time order. */
  points: readonly SparklinePoint[]
  /** Normal range, shaded. */
  reference: { low: number | null; high: number | null } | null
}

export interface SparklineTexts {
  title: string
  description: string
  /** When the course begins and ends, below it. */
  from: string
  to: string
}

export interface SparklineOptions extends FigureOptions<SparklineTexts> {
  /** The last value written out, or where the course begins and ends, or that with an axis of values. */
  show?: 'last' | 'ends' | 'axis'
}

const english: SparklineTexts = { title: 'Course', description: '', from: '', to: '' }

/** More points than this are too close to be drawn each. */
const mostDots = 24

/** The course of one measurement with its normal range; values out of range are marked. */
export const sparkline = (data: SparklineData, options: SparklineOptions = {}): Figure => {
  const texts = { ...english, ...options.texts }
  const { width = 160, show = 'last', locale = 'en' } = options
  const { height = { last: 32, ends: 66, axis: 240 }[show] } = options
  const points = data.points.filter((point) => Number.isFinite(point.value))
  const label = show === 'last' && points.length > 0 ? numberText(points.at(-1)!.value, locale) : ''
  const times = points.map((point) => point.at)
  const [first, final] = [Math.min(...times), Math.max(...times)]
  const y = rangeOf(points, data.reference)
  return draw(
    {
      width,
      height,
      marginLeft: show === 'axis' ? 44 : 4,
      marginRight: show === 'last' ? textWidth(label) + 10 : 8,
      marginTop: show === 'axis' ? 8 : 3,
      marginBottom: { last: 3, ends: 18, axis: 24 }[show],
      x: { domain: final > first ? [first, final] : [first - 1, first + 1], axis: null },
      y: { domain: y, axis: null },
      marks:
        points.length === 0
          ? []
          : [
              ...bandOf(data.reference, y),
              ...(show === 'axis' ? valueAxis(locale) : []),
              Plot.line(points, {
                className: 'course',
                x: 'at',
                y: 'value',
                stroke: palette.patient,
                strokeWidth: 1.75,
              }),
              ...dotsOf(points, data.reference, show),
              ...(show === 'last' ? lastOf(points.at(-1)!, label) : endsOf(texts)),
            ],
    },
    { name: 'sparkline', title: texts.title, description: texts.description },
    options,
  )
}

/** Room for all values, and for the normal range as far as it is near them: a far one would make the course flat. */
const rangeOf = (points: readonly SparklinePoint[], reference: SparklineData['reference']): [number, number] => {
  if (points.length === 0) return [0, 1]
  const values = points.map((point) => point.value)
  const [least, most] = [Math.min(...values), Math.max(...values)]
  const spread = most - least || Math.abs(least) * 0.2 || 1
  const near = [reference?.low, reference?.high].filter(
    (edge) => typeof edge === 'number' && edge > least - spread && edge < most + spread,
  ) as number[]
  const [low, high] = [Math.min(least, ...near), Math.max(most, ...near)]
  const pad = (high - low) * 0.08 || 1
  return [low - pad, high + pad]
}

/** The normal range as far as it is in the picture. */
const bandOf = (reference: SparklineData['reference'], [low, high]: readonly [number, number]): Plot.Markish[] => {
  if (!reference || (reference.low === null && reference.high === null)) return []
  const within = (value: number) => Math.max(low, Math.min(high, value))
  const band = { y1: within(reference.low ?? low), y2: within(reference.high ?? high) }
  if (!(band.y2 > band.y1)) return []
  return [Plot.rect([reference], { className: 'reference', ...band, fill: palette.grid, fillOpacity: 0.7 })]
}

const dotsOf = (
  points: readonly SparklinePoint[],
  reference: SparklineData['reference'],
  show: 'last' | 'ends' | 'axis',
): Plot.Markish[] => {
  const outside = ({ value }: SparklinePoint) =>
    (typeof reference?.low === 'number' && value < reference.low) ||
    (typeof reference?.high === 'number' && value > reference.high)
  const r = show === 'axis' ? 3.5 : 2.5
  const place = { x: 'at', y: 'value', r, ...(show === 'axis' ? { title: 'label' } : {}) }
  const every = show === 'axis' || (show === 'ends' && points.length <= mostDots)
  const inside = points.filter((point) => !outside(point))
  return [
    ...(every
      ? [Plot.dot(inside, { className: 'values', ...place, fill: palette.paper, stroke: palette.patient })]
      : []),
    Plot.dot(points.filter(outside), {
      className: 'outside',
      ...place,
      fill: palette.raises,
      // As large as the rings of the others, where these are drawn.
      ...(every ? { stroke: palette.raises } : {}),
    }),
  ]
}

const lastOf = (last: SparklinePoint, label: string): Plot.Markish[] => [
  Plot.dot([last], { className: 'last', x: 'at', y: 'value', r: 3, fill: palette.ink }),
  Plot.text([last], {
    className: 'last',
    x: 'at',
    y: 'value',
    text: [label],
    textAnchor: 'start',
    dx: 7,
    fontWeight: 600,
    fill: palette.ink,
  }),
]

const endsOf = ({ from, to }: SparklineTexts): Plot.Markish[] => {
  const below = { lineAnchor: 'top' as const, dy: 5, fontSize: fontSize - 1, fill: palette.muted }
  return [
    Plot.text([from], { className: 'from', frameAnchor: 'bottom-left', textAnchor: 'start', ...below }),
    ...(to === from
      ? []
      : [Plot.text([to], { className: 'to', frameAnchor: 'bottom-right', textAnchor: 'end', ...below })]),
  ]
}

const valueAxis = (locale: string): Plot.Markish[] => [
  Plot.gridY({ ticks: 4, stroke: palette.grid, strokeOpacity: 1 }),
  Plot.axisY({
    ticks: 4,
    tickSize: 0,
    tickFormat: (value: number) => numberText(value, locale),
    fontSize: fontSize - 1,
    fill: palette.muted,
    label: null,
  }),
]
