import * as Plot from '@observablehq/plot'
import { draw, type Figure, type FigureOptions, fitText, fixedText, fontSize, palette, textWidth } from './frame.ts'

export type ContributionScale = 'probability' | 'risk' | 'value' | 'logOdds' | 'logHazard'

export interface ContributionsData {
  scale: ContributionScale
  baseline: number
  prediction: number
  /** In the order to show them, largest first; `text` is the patient's own value with its unit. */
  contributions: readonly { label: string; text: string; missing: boolean; contribution: number }[]
  /** Show the first so many and sum up the others; all where null. */
  show?: number | null
}

export interface ContributionsTexts {
  title: string
  description: string
  baseline: string
  prediction: string
  others: (count: number) => string
  /** Beside a value that was filled in. */
  filledIn: string
  lowers: string
  raises: string
  /** Baseline and total of probabilities and risks, in words. */
  level: (share: number) => string
}

const english: ContributionsTexts = {
  title: 'What the prediction rests on',
  description: '',
  baseline: 'Average patient',
  prediction: 'This patient',
  others: (count) => `${count} more`,
  filledIn: 'not recorded',
  lowers: 'lowers',
  raises: 'raises',
  level: (share) =>
    share < 0.005
      ? 'fewer than 1 of 100'
      : share >= 0.995
        ? 'more than 99 of 100'
        : `${Math.round(share * 100)} of 100`,
}

/** How a share of the prediction reads: patients of 100, a factor on odds or hazard, or the value's own unit. */
export const contributionText = (scale: ContributionScale, share: number, locale = 'en'): string => {
  if (scale === 'logOdds' || scale === 'logHazard') {
    const factor = Math.exp(share)
    return `× ${fixedText(factor, factor < 0.095 ? 3 : factor < 10 ? 2 : factor < 100 ? 1 : 0, locale)}`
  }
  const points = scale === 'value' ? share : share * 100
  const size = Math.abs(points)
  const digits = scale === 'value' ? (size < 1 ? 3 : size < 100 ? 1 : 0) : size >= 9.95 ? 0 : 1
  const text = fixedText(size, digits, locale)
  return Number(size.toFixed(digits)) === 0 ? text : `${share < 0 ? '−' : '+'}${text}`
}

/** How the baseline or the total reads on the scale: probabilities and risks in words, never as none or all. */
export const levelText = (
  scale: ContributionScale,
  level: number,
  words: (share: number) => string,
  locale = 'en',
): string => {
  if (scale === 'logOdds') return words(1 / (1 + Math.exp(-level)))
  if (scale === 'probability' || scale === 'risk') return words(level)
  return contributionText(scale, level, locale).replace('+', '')
}

interface Row {
  key: string
  label: string
  value: string
  text: string
  from: number
  to: number
  kind: 'baseline' | 'share' | 'prediction'
}

/**
 * A waterfall: from the average patient's prediction, each feature's share in turn, largest first, to this patient's.
 * Right (+) raises, left (−) lowers; each bar is named with the feature and the patient's own value.
 */
export const contributions = (data: ContributionsData, options: FigureOptions<ContributionsTexts> = {}): Figure => {
  const texts = { ...english, ...options.texts }
  const { width = 640, locale = 'en' } = options
  const rows = rowsOf(data, texts, locale)
  const layout = layoutOf(rows, width)
  const { narrow, gutter, marginLeft } = layout
  const extent = rows.flatMap((row) => [row.from, row.to])
  const low = Math.min(...extent)
  const high = Math.max(...extent)
  const pad = high > low ? 0 : Math.max(0.01, Math.abs(high) * 0.1)
  return draw(
    {
      width,
      height: options.height ?? rows.length * (narrow ? 42 : 27) + 34,
      marginLeft,
      marginRight: gutter,
      marginTop: 26,
      marginBottom: 8,
      x: { domain: [low - pad, high + pad], label: null, axis: null },
      y: { type: 'band', domain: rows.map((row) => row.key), label: null, axis: null, padding: narrow ? 0.5 : 0.3 },
      marks: [
        Plot.ruleX([data.baseline], { className: 'baseline', stroke: palette.muted, strokeDasharray: '2 3' }),
        ...directions(texts, gutter),
        ...bars(rows, layout),
        ...amounts(rows, layout),
        ...names(rows, layout),
      ],
    },
    { name: 'contributions', title: texts.title, description: texts.description },
    options,
  )
}

const rowsOf = (data: ContributionsData, texts: ContributionsTexts, locale: string): Row[] => {
  const shown = data.contributions.slice(0, data.show ?? data.contributions.length)
  const others = data.contributions.slice(shown.length)
  let at = data.baseline
  const level = (kind: 'baseline' | 'prediction'): Row => ({
    ...{ key: kind, label: texts[kind], value: '', kind },
    text: levelText(data.scale, data[kind], texts.level, locale),
    from: data[kind],
    to: data[kind],
  })
  const step = (key: string, label: string, value: string, share: number): Row => {
    const text = contributionText(data.scale, share, locale)
    const row: Row = { key, label, value, text, from: at, to: at + share, kind: 'share' }
    at += share
    return row
  }
  const steps = shown.map((part, index) =>
    step(`f${index}`, part.label, part.missing ? `${part.text} (${texts.filledIn})` : part.text, part.contribution),
  )
  if (others.length > 0) {
    const rest = others.reduce((sum, part) => sum + part.contribution, 0)
    steps.push(step('others', texts.others(others.length), '', rest))
  }
  return [level('baseline'), ...steps, level('prediction')]
}

interface Layout {
  /** Names stand above the bars, not beside them. */
  narrow: boolean
  width: number
  labelWidth: number
  /** Room for the amounts on either side. */
  gutter: number
  marginLeft: number
  /** How far bars stand below the middle of their row. */
  down: number
}

const layoutOf = (rows: readonly Row[], width: number): Layout => {
  const narrow = width < 520
  const widest = Math.max(...rows.map((row) => textWidth(row.label) + (row.value ? textWidth(row.value) + 12 : 0)))
  const labelWidth = narrow ? 0 : Math.min(width * 0.5, widest + 14)
  const gutter = Math.max(...rows.map((row) => textWidth(row.text) * 1.08)) + 20
  return { narrow, width, labelWidth, gutter, marginLeft: labelWidth + gutter, down: narrow ? 9 : 0 }
}

const tone = (row: Row) => (row.to >= row.from ? palette.raises : palette.lowers)

/** Which way is which, above the bars. */
const directions = ({ lowers, raises }: ContributionsTexts, gutter: number): Plot.Markish[] => [
  Plot.text([`← ${lowers}`], {
    frameAnchor: 'top-right',
    textAnchor: 'end',
    dx: gutter - textWidth(`${raises} →`) - 22,
    dy: -16,
    fill: palette.lowers,
  }),
  Plot.text([`${raises} →`], {
    frameAnchor: 'top-right',
    textAnchor: 'end',
    dx: gutter - 4,
    dy: -16,
    fill: palette.raises,
  }),
]

/** Each share from where the one before ended, between the two levels. */
const bars = (rows: readonly Row[], { down }: Layout): Plot.Markish[] => [
  Plot.ruleX(rows.slice(0, -1), {
    className: 'steps',
    x: 'to',
    y1: 'key',
    y2: (_: Row, index: number) => rows[index + 1]!.key,
    stroke: palette.muted,
    strokeOpacity: 0.6,
  }),
  Plot.barX(
    rows.filter((row) => row.kind === 'share'),
    {
      className: 'shares',
      x1: 'from',
      x2: 'to',
      y: 'key',
      fill: tone,
      insetTop: down,
      insetBottom: -down,
      rx: 1.5,
    },
  ),
  Plot.dot(
    rows.filter((row) => row.kind !== 'share'),
    {
      className: 'levels',
      x: 'to',
      y: 'key',
      dy: down,
      r: 5.5,
      symbol: (row: Row) => (row.kind === 'prediction' ? 'diamond' : 'circle'),
      fill: (row: Row) => (row.kind === 'prediction' ? palette.ink : palette.paper),
      stroke: palette.ink,
      strokeWidth: 1.75,
    },
  ),
]

const amounts = (rows: readonly Row[], { down }: Layout): Plot.Markish[] => [
  Plot.text(rows, {
    className: 'amounts',
    x: (row: Row) => Math.max(row.from, row.to),
    y: 'key',
    text: 'text',
    textAnchor: 'start',
    dx: 9,
    dy: down,
    fontWeight: 600,
    fontVariant: 'tabular-nums',
    fill: (row: Row) => (row.kind === 'share' ? tone(row) : palette.ink),
    filter: (row: Row) => row.to >= row.from,
  }),
  Plot.text(rows, {
    className: 'amounts',
    x: 'to',
    y: 'key',
    text: 'text',
    textAnchor: 'end',
    dx: -6,
    dy: down,
    fontWeight: 600,
    fontVariant: 'tabular-nums',
    fill: palette.lowers,
    filter: (row: Row) => row.to < row.from,
  }),
]

/** Features and the patient's own values. */
const names = (rows: readonly Row[], { narrow, width, labelWidth, gutter, marginLeft }: Layout): Plot.Markish[] => {
  const labelAt = -marginLeft + 2
  return [
    Plot.text(rows, {
      className: 'features',
      frameAnchor: 'left',
      y: 'key',
      dx: labelAt,
      dy: narrow ? -11 : 0,
      textAnchor: 'start',
      text: (row: Row) => shownLabel(row, narrow ? width : labelWidth),
      title: (row: Row) => [row.label, row.value].filter(Boolean).join(': '),
      ...(narrow ? { stroke: palette.paper, strokeWidth: 5 } : {}),
      fontWeight: 500,
      fill: palette.ink,
    }),
    Plot.text(rows, {
      className: 'values',
      frameAnchor: narrow ? 'right' : 'left',
      y: 'key',
      dx: narrow ? gutter - 4 : labelAt + labelWidth - 8,
      dy: narrow ? -11 : 0,
      textAnchor: 'end',
      text: (row: Row) => shownValue(row, narrow ? width : labelWidth),
      fill: palette.muted,
      fontSize,
    }),
  ]
}

/** Room for the patient's value: all it needs where the name leaves it, else half. */
const valueRoom = (row: Row, width: number) => {
  const needed = textWidth(row.value) + 2
  return textWidth(row.label) + needed + 12 <= width ? needed : Math.min(needed, width * 0.5)
}
const shownValue = (row: Row, width: number) => fitText(row.value, valueRoom(row, width))
const shownLabel = (row: Row, width: number) => fitText(row.label, width - (row.value ? valueRoom(row, width) + 12 : 4))
