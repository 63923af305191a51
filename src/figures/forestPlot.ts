import * as Plot from '@observablehq/plot'
import {
  draw,
  type Figure,
  type FigureOptions,
  fitText,
  fixedText,
  fontSize,
  numberText,
  palette,
  textWidth,
} from './frame.ts'

export interface ForestPlotData {
  rows: readonly { label: string; value: number | null; low: number | null; high: number | null }[]
  /** Line of no effect or no skill. */
  reference: number | null
  /** Ratios (odds, hazard) stand on a logarithmic axis. */
  logarithmic?: boolean
  /** Known bounds of the axis, e.g. 0 and 1. */
  domain?: readonly [number, number] | null
  digits?: number
}

export interface ForestPlotTexts {
  title: string
  description: string
  axis: string
  /** Between the ends of an interval. */
  to: string
}

const english: ForestPlotTexts = { title: 'Estimates with their intervals', description: '', axis: '', to: 'to' }

/** Estimates as squares with their intervals as lines, and the numbers beside them. Arrows: the interval runs on. */
export const forestPlot = (data: ForestPlotData, options: FigureOptions<ForestPlotTexts> = {}): Figure => {
  const texts = { ...english, ...options.texts }
  const { width = 560, locale = 'en' } = options
  const digits = data.digits ?? 2
  const rows = data.rows
    .filter((row) => row.value !== null)
    .map((row, index) => ({ ...row, value: row.value!, key: String(index) }))
  const says = (row: (typeof rows)[number]) =>
    row.low === null || row.high === null
      ? fixedText(row.value, digits, locale)
      : `${fixedText(row.value, digits, locale)} (${fixedText(row.low, digits, locale)} ${texts.to} ${fixedText(row.high, digits, locale)})`
  const narrow = width < 460
  const numbers = Math.max(0, ...rows.map((row) => textWidth(says(row)))) + 22
  const labels = Math.min(width * 0.34, Math.max(0, ...rows.map((row) => textWidth(row.label))) + 20)
  const usable = usableOf(data)
  const [low, high] = domainOf(data, rows)
  const within = (value: number | null, fallback: number) =>
    usable(value) ? Math.max(low, Math.min(high, value)) : fallback
  return draw(
    {
      width,
      height: options.height ?? rows.length * (narrow ? 44 : 28) + 50,
      marginLeft: narrow ? 8 : labels,
      marginRight: narrow ? 8 : numbers,
      marginTop: 6,
      marginBottom: 42,
      x: { type: data.logarithmic ? 'log' : 'linear', domain: [low, high], label: null },
      y: { type: 'band', domain: rows.map((row) => row.key), label: null, axis: null },
      marks: [
        Plot.gridX({ ticks: 5, stroke: palette.grid, strokeOpacity: 1 }),
        Plot.axisX({
          ticks: narrow ? 3 : 5,
          tickFormat: (value: number) => numberText(value, locale),
          tickSize: 4,
          fontSize,
          fill: palette.muted,
        }),
        ...(usable(data.reference)
          ? [
              Plot.ruleX([data.reference], {
                className: 'reference',
                stroke: palette.muted,
                strokeWidth: 1.5,
                strokeDasharray: '3 3',
              }),
            ]
          : []),
        Plot.ruleY(rows, {
          className: 'intervals',
          x1: (row: (typeof rows)[number]) => within(row.low, row.value),
          x2: (row: (typeof rows)[number]) => within(row.high, row.value),
          y: 'key',
          dy: narrow ? 9 : 0,
          stroke: palette.patient,
          strokeWidth: 2,
        }),
        Plot.dot(rows, {
          className: 'estimates',
          x: (row: (typeof rows)[number]) => within(row.value, low),
          y: 'key',
          dy: narrow ? 9 : 0,
          symbol: 'square',
          r: 5,
          fill: palette.patient,
        }),
        Plot.text(
          rows.filter((row) => usable(row.low) && row.low < low),
          { x: low, y: 'key', dy: narrow ? 9 : 0, text: ['◂'], fill: palette.patient, dx: 2 },
        ),
        Plot.text(
          rows.filter((row) => row.high !== null && row.high > high),
          { x: high, y: 'key', dy: narrow ? 9 : 0, text: ['▸'], fill: palette.patient, dx: -2 },
        ),
        Plot.text(rows, {
          className: 'terms',
          frameAnchor: 'left',
          y: 'key',
          dx: narrow ? 0 : -labels + 2,
          dy: narrow ? -8 : 0,
          textAnchor: 'start',
          text: (row: { label: string }) => fitText(row.label, narrow ? width - numbers - 20 : labels - 10),
          title: 'label',
          fill: palette.ink,
        }),
        Plot.text(rows, {
          className: 'numbers',
          frameAnchor: 'right',
          y: 'key',
          dx: narrow ? 0 : numbers - 4,
          dy: narrow ? -8 : 0,
          textAnchor: 'end',
          text: says,
          fontVariant: 'tabular-nums',
          fill: palette.ink,
        }),
        ...(texts.axis
          ? [
              Plot.text([texts.axis], {
                frameAnchor: 'bottom-right',
                textAnchor: 'end',
                lineAnchor: 'top',
                dy: 24,
                fill: palette.muted,
              }),
            ]
          : []),
      ],
    },
    { name: 'forest-plot', title: texts.title, description: texts.description },
    options,
  )
}

const usableOf =
  ({ logarithmic }: ForestPlotData) =>
  (value: number | null): value is number =>
    value !== null && Number.isFinite(value) && (!logarithmic || value > 0)

/** Ends of the axis. */
const domainOf = (
  data: ForestPlotData,
  rows: readonly { value: number; low: number | null; high: number | null }[],
): [number, number] => {
  const usable = usableOf(data)
  const seen = [...rows.flatMap((row) => [row.value, row.low, row.high]), data.reference].filter(usable)
  const [low, high] = data.domain ?? [Math.min(...seen), Math.max(...seen)]
  if (data.logarithmic) {
    // A term that is hardly known at all must not squeeze the others.
    const values = rows.map((row) => row.value).filter(usable)
    return [
      Math.max(low, Math.min(data.reference ?? 1, ...values) / 8),
      Math.min(high, Math.max(data.reference ?? 1, ...values) * 8),
    ]
  }
  const pad = data.domain ? 0 : (high - low) * 0.06 || 0.1
  return [low - pad, high + pad]
}
