import * as Plot from '@observablehq/plot'
import { draw, type Figure, type FigureOptions, numberText, palette, textWidth } from './frame.ts'

export interface SparklineData {
  /** Repeated measurements in time order; `at` in any unit of time. */
  points: readonly { at: number; value: number }[]
  /** Normal range, shaded. */
  reference: { low: number | null; high: number | null } | null
}

export interface SparklineTexts {
  title: string
  description: string
}

const english: SparklineTexts = { title: 'Course', description: '' }

/** The course of one measurement with its normal range; the last value is written out, out-of-range ones are marked. */
export const sparkline = (data: SparklineData, options: FigureOptions<SparklineTexts> = {}): Figure => {
  const texts = { ...english, ...options.texts }
  const { width = 160, height = 32, locale = 'en' } = options
  const points = data.points.filter((point) => Number.isFinite(point.value))
  const last = points.at(-1)
  const label = last ? numberText(last.value, locale) : ''
  const values = points.map((point) => point.value)
  const reference = data.reference
  const seen = [...values, reference?.low, reference?.high].filter((value) => typeof value === 'number')
  const low = Math.min(...seen)
  const high = Math.max(...seen)
  const pad = (high - low) * 0.08 || 1
  const outside = (value: number) =>
    (typeof reference?.low === 'number' && value < reference.low) ||
    (typeof reference?.high === 'number' && value > reference.high)
  const times = points.map((point) => point.at)
  const first = Math.min(...times)
  const final = Math.max(...times)
  return draw(
    {
      width,
      height,
      marginLeft: 4,
      marginRight: textWidth(label) + 10,
      marginTop: 3,
      marginBottom: 3,
      x: { domain: final > first ? [first, final] : [first - 1, first + 1], axis: null },
      y: { domain: points.length > 0 ? [low - pad, high + pad] : [0, 1], axis: null },
      marks:
        points.length === 0
          ? []
          : [
              ...(reference && (reference.low !== null || reference.high !== null)
                ? [
                    Plot.rect([reference], {
                      className: 'reference',
                      y1: reference.low ?? low - pad,
                      y2: reference.high ?? high + pad,
                      fill: palette.grid,
                      fillOpacity: 0.7,
                    }),
                  ]
                : []),
              Plot.line(points, {
                className: 'course',
                x: 'at',
                y: 'value',
                stroke: palette.patient,
                strokeWidth: 1.75,
              }),
              Plot.dot(
                points.filter((point) => outside(point.value)),
                { className: 'outside', x: 'at', y: 'value', r: 2.5, fill: palette.raises },
              ),
              Plot.dot([last!], { className: 'last', x: 'at', y: 'value', r: 3, fill: palette.ink }),
              Plot.text([last!], {
                className: 'last',
                x: 'at',
                y: 'value',
                text: [label],
                textAnchor: 'start',
                dx: 7,
                fontWeight: 600,
                fill: palette.ink,
              }),
            ],
    },
    { name: 'sparkline', title: texts.title, description: texts.description },
    options,
  )
}
