import * as Plot from '@observablehq/plot'
import { draw, type Figure, type FigureOptions, numberText, palette } from './frame.ts'

export interface DistributionData {
  /** A number's five-number summary and mean. */
  quantiles: { min: number; q25: number; median: number; q75: number; max: number; mean: number } | null
  /** A category's counts, most frequent first. */
  counts: readonly { value: string; label?: string; count: number }[] | null
  /** Where this patient lies. */
  value?: number | string | null
}

export interface DistributionTexts {
  title: string
  description: string
}

const english: DistributionTexts = { title: 'Distribution', description: '' }

/**
 * A table cell's figure: counts as bars, most frequent first, or a box from quartile to quartile with its whole range.
 */
export const distribution = (data: DistributionData, options: FigureOptions<DistributionTexts> = {}): Figure => {
  const texts = { ...english, ...options.texts }
  const { width = 180, height = 34, locale = 'en' } = options
  const about = { name: 'distribution', title: texts.title, description: texts.description }
  const frame = { width, height, x: { label: null, axis: null }, y: { label: null, axis: null } } as const
  if (data.counts && data.counts.length > 0 && (!data.quantiles || data.counts.length <= 12)) {
    const shown = data.counts.slice(0, 12).map((entry, index) => ({ ...entry, key: String(index) }))
    const largest = Math.max(...shown.map((entry) => entry.count), 1)
    return draw(
      {
        ...frame,
        marginLeft: 1,
        marginRight: 1,
        marginTop: 2,
        marginBottom: 1,
        x: { ...frame.x, type: 'band', domain: shown.map((entry) => entry.key), padding: 0.18 },
        y: { ...frame.y, domain: [0, largest] },
        marks: [
          Plot.barY(shown, {
            className: 'counts',
            x: 'key',
            y: 'count',
            fill: (entry: { value: string }) =>
              data.value !== undefined && data.value !== null && String(data.value) === entry.value
                ? palette.accent
                : palette.patient,
            title: (entry: { value: string; label?: string; count: number }) =>
              `${entry.label ?? entry.value}: ${numberText(entry.count, locale, 7)}`,
          }),
          Plot.ruleY([0], { stroke: palette.muted }),
        ],
      },
      about,
      options,
    )
  }
  const box = data.quantiles
  if (!box) return draw({ ...frame, marks: [] }, about, options)
  const middle = [box]
  return draw(
    {
      ...frame,
      marginLeft: 3,
      marginRight: 3,
      marginTop: 3,
      marginBottom: 14,
      x: { ...frame.x, domain: box.max > box.min ? [box.min, box.max] : [box.min - 1, box.max + 1] },
      y: { ...frame.y, domain: [0, 1] },
      marks: [
        Plot.ruleY([0.5], { className: 'range', x1: box.min, x2: box.max, stroke: palette.patient }),
        Plot.rect(middle, {
          className: 'box',
          x1: 'q25',
          x2: 'q75',
          y1: 0.05,
          y2: 0.95,
          fill: palette.patient,
          fillOpacity: 0.35,
          stroke: palette.patient,
        }),
        Plot.ruleX(middle, { className: 'median', x: 'median', stroke: palette.ink, strokeWidth: 2 }),
        ...(typeof data.value === 'number'
          ? [
              Plot.dot([data.value], {
                className: 'patient',
                x: (value: number) => value,
                y: 0.5,
                r: 4,
                fill: palette.accent,
                stroke: palette.paper,
              }),
            ]
          : []),
        Plot.text([numberText(box.min, locale)], {
          x: box.min,
          frameAnchor: 'bottom',
          textAnchor: 'start',
          dy: 13,
          dx: -3,
          fontSize: 10,
          fill: palette.muted,
        }),
        Plot.text([numberText(box.max, locale)], {
          x: box.max,
          frameAnchor: 'bottom',
          textAnchor: 'end',
          dy: 13,
          dx: 3,
          fontSize: 10,
          fill: palette.muted,
        }),
      ],
    },
    about,
    options,
  )
}
