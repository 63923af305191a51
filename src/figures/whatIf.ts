import * as Plot from '@observablehq/plot'
import {
  axisTitles,
  draw,
  type Figure,
  type FigureOptions,
  fitText,
  fontSize,
  numberText,
  palette,
  per100,
  textWidth,
} from './frame.ts'

export interface WhatIfData {
  /** Along the plausible range: numbers in order, or one point a choice. */
  points: readonly { value: number | string | boolean; label?: string; prediction: number }[]
  current: number | string | boolean | null
  before: number
  chosen: number | string | boolean | null
  after: number | null
  scale: 'probability' | 'risk' | 'value'
}

export interface WhatIfTexts {
  title: string
  description: string
  /** The factor with its unit. */
  factor: string
  prediction: string
  now: string
  chosen: string
  /** A prediction in words, beside its mark; the axis's number where left out. */
  amount?: (prediction: number) => string
}

const english: WhatIfTexts = {
  title: 'What if',
  description: '',
  factor: '',
  prediction: 'Of 100 patients like this one',
  now: 'now',
  chosen: 'chosen',
}

/** The model's prediction along one factor's plausible range, with the current and the chosen value marked. */
export const whatIf = (data: WhatIfData, options: FigureOptions<WhatIfTexts> = {}): Figure => {
  const texts = { ...english, ...options.texts }
  return data.points.every((point) => typeof point.value === 'number')
    ? alongNumbers(data, texts, options)
    : acrossChoices(data, texts, options)
}

const scaleOf = (data: WhatIfData, locale: string) => {
  const seen = [...data.points.map((point) => point.prediction), data.before, data.after ?? data.before]
  const high = Math.max(...seen)
  const low = Math.min(...seen)
  if (data.scale === 'value') {
    const pad = Math.max((high - low) * 0.15, Math.abs(high) * 0.02)
    return { domain: [low - pad, high + pad], tick: (value: number) => numberText(value, locale, 4) }
  }
  // From 0, so that a small change is not made to look large; up to 100 unless all is small.
  const top = high > 0.45 ? 1 : high > 0.18 ? 0.5 : high > 0.08 ? 0.2 : 0.1
  return { domain: [0, top], tick: (value: number) => per100(value, locale) }
}

const alongNumbers = (data: WhatIfData, texts: WhatIfTexts, options: FigureOptions<WhatIfTexts>): Figure => {
  const { width = 560, locale = 'en' } = options
  const points = data.points.map(({ value, prediction }) => ({ x: Number(value), y: prediction }))
  const now = typeof data.current === 'number' ? [{ x: data.current, y: data.before }] : []
  const then = typeof data.chosen === 'number' && data.after !== null ? [{ x: data.chosen, y: data.after }] : []
  const xs = [...points, ...now, ...then].map((point) => point.x)
  const range: [number, number] = [Math.min(...xs), Math.max(...xs)]
  const middle = (range[0] + range[1]) / 2
  const { domain, tick } = scaleOf(data, locale)
  // Beside its mark the label takes the side that the line leaves free.
  const sideOf = (at: { x: number; y: number } | undefined): number => {
    if (!at) return -16
    const right = at.x <= middle
    const reach = (range[1] - range[0]) * 0.18
    const nearby = points.filter((point) =>
      right ? point.x > at.x && point.x <= at.x + reach : point.x < at.x && point.x >= at.x - reach,
    )
    const next = nearby.at(right ? -1 : 0) ?? points[right ? points.length - 1 : 0]
    const room = (at.y - domain[0]!) / (domain[1]! - domain[0]!)
    return next && next.y > at.y && room > 0.14 ? 17 : -16
  }
  const near = now[0] && then[0] && Math.abs(now[0].x - then[0].x) < (range[1] - range[0]) * 0.16
  const mark = (at: { x: number; y: number }[], name: 'now' | 'chosen', dy: number) => [
    Plot.ruleX(at, {
      className: name,
      x: 'x',
      y1: domain[0]!,
      y2: 'y',
      stroke: name === 'chosen' ? palette.accent : palette.ink,
      strokeDasharray: '3 3',
    }),
    Plot.dot(at, {
      className: name,
      x: 'x',
      y: 'y',
      r: 6,
      symbol: name === 'chosen' ? 'diamond' : 'circle',
      fill: name === 'chosen' ? palette.accent : palette.paper,
      stroke: name === 'chosen' ? palette.accent : palette.ink,
      strokeWidth: 2,
    }),
    Plot.text(at, {
      className: name,
      x: 'x',
      y: 'y',
      text: [`${texts[name]}: ${(texts.amount ?? tick)(at[0]?.y ?? 0)}`],
      dy,
      dx: (at[0]?.x ?? 0) > middle ? -8 : 8,
      textAnchor: (at[0]?.x ?? 0) > middle ? 'end' : 'start',
      fill: name === 'chosen' ? palette.accent : palette.ink,
      fontWeight: 600,
      stroke: palette.paper,
      strokeWidth: 4,
    }),
  ]
  return draw(
    {
      width,
      height: options.height ?? Math.round(Math.min(320, Math.max(230, width * 0.5))),
      marginLeft: 42,
      marginRight: 16,
      marginTop: 32,
      marginBottom: 46,
      x: { domain: range, label: null },
      y: { domain, label: null },
      marks: [
        Plot.gridY({ ticks: 5, stroke: palette.grid, strokeOpacity: 1 }),
        Plot.axisY({ ticks: 5, tickFormat: tick, tickSize: 0, fontSize, fill: palette.muted }),
        Plot.axisX({
          ticks: Math.max(3, Math.floor(width / 80)),
          tickFormat: (value: number) => numberText(value, locale, 4),
          tickSize: 4,
          fontSize,
          fill: palette.muted,
        }),
        Plot.line(points, { className: 'along', x: 'x', y: 'y', stroke: palette.patient, strokeWidth: 2.5 }),
        ...mark(now, 'now', near ? 18 : sideOf(now[0])),
        ...mark(then, 'chosen', near ? -16 : sideOf(then[0])),
        ...axisTitles(texts.prediction, texts.factor),
      ],
    },
    { name: 'what-if', title: texts.title, description: texts.description },
    options,
  )
}

const acrossChoices = (data: WhatIfData, texts: WhatIfTexts, options: FigureOptions<WhatIfTexts>): Figure => {
  const { width = 560, locale = 'en' } = options
  const { domain, tick } = scaleOf(data, locale)
  const rows = data.points.map((point) => {
    const value = String(point.value)
    const state = value === String(data.chosen) ? 'chosen' : value === String(data.current) ? 'now' : 'other'
    return { key: value, label: point.label ?? value, prediction: point.prediction, state }
  })
  const nameOf = (row: (typeof rows)[number]) =>
    row.state === 'other' ? row.label : `${row.label} (${row.state === 'now' ? texts.now : texts.chosen})`
  const amount = texts.amount ?? tick
  const marginRight = Math.max(...rows.map((row) => textWidth(amount(row.prediction)) * 1.08)) + 16
  const marginLeft = Math.min(width * 0.45, Math.max(...rows.map((row) => textWidth(nameOf(row)))) + 14)
  return draw(
    {
      width,
      height: options.height ?? rows.length * 34 + 72,
      marginLeft,
      marginRight,
      marginTop: 8,
      marginBottom: 46,
      x: { domain, label: null },
      y: { type: 'band', domain: rows.map((row) => row.key), label: null, axis: null, padding: 0.35 },
      marks: [
        Plot.gridX({ ticks: 5, stroke: palette.grid, strokeOpacity: 1 }),
        Plot.axisX({ ticks: 5, tickFormat: tick, tickSize: 0, fontSize, fill: palette.muted }),
        Plot.barX(rows, {
          className: 'choices',
          x1: domain[0]!,
          x2: 'prediction',
          y: 'key',
          rx: 2,
          fill: (row: { state: string }) =>
            row.state === 'chosen' ? palette.accent : row.state === 'now' ? palette.ink : palette.patient,
          fillOpacity: (row: { state: string }) => (row.state === 'other' ? 0.45 : 1),
        }),
        Plot.text(rows, {
          x: 'prediction',
          y: 'key',
          dx: 6,
          textAnchor: 'start',
          text: (row: { prediction: number }) => amount(row.prediction),
          fontWeight: 600,
          fill: palette.ink,
        }),
        Plot.text(rows, {
          frameAnchor: 'left',
          y: 'key',
          dx: -8,
          textAnchor: 'end',
          text: (row: (typeof rows)[number]) => fitText(nameOf(row), marginLeft - 10),
          title: (row: (typeof rows)[number]) => nameOf(row),
          fill: palette.ink,
        }),
        Plot.text([texts.prediction], {
          frameAnchor: 'bottom-right',
          textAnchor: 'end',
          lineAnchor: 'top',
          dy: 24,
          dx: marginRight - 4,
          fill: palette.muted,
        }),
      ],
    },
    { name: 'what-if', title: texts.title, description: texts.description },
    options,
  )
}
