import * as Plot from '@observablehq/plot'

/**
 * What all figures share. A figure is a pure function: data in, one SVG element out, sized in CSS pixels. It needs a
 * DOM document (the browser's own, or jsdom's for reports and tests) and nothing else. Colours are CSS variables with
 * printable fallbacks, so that one figure serves light and dark screens and paper.
 */
export type Figure = ReturnType<typeof Plot.plot>

export interface FigureOptions<Texts> {
  /** Pixels available; text keeps its size, the rest adapts. */
  width?: number
  height?: number
  document?: Plot.PlotOptions['document']
  /** BCP 47 tag for numbers. */
  locale?: string
  /** Words on the figure; English where left out. */
  texts?: Partial<Texts>
}

const variable = (name: string, fallback: string) => `var(--figure-${name}, ${fallback})`

/** Okabe and Ito's colour-blind-safe set; dark variants are set by the renderer's style sheet. */
export const palette = {
  ink: variable('ink', '#1f2933'),
  muted: variable('muted', '#55606b'),
  grid: variable('grid', '#dfe3e8'),
  paper: variable('paper', '#ffffff'),
  patient: variable('patient', '#0072b2'),
  cohort: variable('cohort', '#6b7280'),
  raises: variable('raises', '#c2410c'),
  lowers: variable('lowers', '#0072b2'),
  accent: variable('accent', '#b45309'),
} as const

/** One look a series: colour, dash and symbol, so that none is told by colour alone. */
const seriesLooks = [
  { stroke: variable('series-1', '#0072b2'), dash: undefined, symbol: 'circle' },
  { stroke: variable('series-2', '#d55e00'), dash: '7 3', symbol: 'square' },
  { stroke: variable('series-3', '#007a5a'), dash: '2 3', symbol: 'triangle' },
  { stroke: variable('series-4', '#a0508a'), dash: '9 3 2 3', symbol: 'diamond' },
] as const

export const lookOf = (index: number) => seriesLooks[index % seriesLooks.length]!

export const fontSize = 12
const fontFamily =
  "'Inter Variable', Inter, system-ui, 'Noto Sans SC Variable', 'PingFang SC', 'Microsoft YaHei', sans-serif"

const wide = /[ᄀ-ᅟ⺀-꓏가-힣豈-﫿︰-﹏＀-｠￠-￦]/

/** Width of a text in pixels, estimated from character classes: no layout is needed, so reports come out the same. */
export const textWidth = (text: string, size = fontSize): number => {
  let units = 0
  for (const character of text) {
    if (wide.test(character)) units += 1
    else if (/[iljtf.,:;'|!()[\] ]/.test(character)) units += 0.33
    else if (/[A-ZmwMW%@]/.test(character)) units += 0.72
    else units += 0.56
  }
  return units * size
}

/** The text, cut with an ellipsis to fit `width` pixels. */
export const fitText = (text: string, width: number, size = fontSize): string => {
  if (textWidth(text, size) <= width) return text
  const characters = [...text]
  while (characters.length > 1 && textWidth(`${characters.join('')}…`, size) > width) characters.pop()
  return `${characters.join('').trimEnd()}…`
}

/** A number with at most `significant` digits, in the reader's notation. */
export const numberText = (value: number, locale = 'en', significant = 3): string =>
  Math.abs(value) >= 10 ** significant
    ? new Intl.NumberFormat(locale, { maximumFractionDigits: 0 }).format(value)
    : new Intl.NumberFormat(locale, { maximumSignificantDigits: significant }).format(value)

export const fixedText = (value: number, digits: number, locale = 'en'): string =>
  new Intl.NumberFormat(locale, { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value)

/** A share as patients of 100, for axes. */
export const per100 = (share: number, locale = 'en'): string =>
  new Intl.NumberFormat(locale, { maximumFractionDigits: Math.abs(share) < 0.02 && share !== 0 ? 1 : 0 }).format(
    share * 100,
  )

const namespace = 'http://www.w3.org/2000/svg'

const child = (parent: Figure, name: string, attributes: Record<string, string | number>, text?: string) => {
  const element = parent.ownerDocument.createElementNS(namespace, name)
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value))
  if (text !== undefined) element.textContent = text
  return element
}

export interface LegendEntry {
  label: string
  stroke: string
  dash?: string | undefined
  width?: number
}

/** Rows that a legend of these entries takes at this width, and each entry's place. */
export const legendLayout = (entries: readonly LegendEntry[], width: number, left: number) => {
  let x = left
  let row = 0
  const places = entries.map((given) => {
    const entry = { ...given, label: fitText(given.label, width - left - 36) }
    const size = 34 + textWidth(entry.label)
    if (x > left && x + size > width) {
      x = left
      row++
    }
    const place = { entry, x, y: row * 18 + 12 }
    x += size + 18
    return place
  })
  return { places, height: (row + 1) * 18 + 8 }
}

/** Line samples with their names above the figure. */
export const addLegend = (figure: Figure, { places }: ReturnType<typeof legendLayout>): void => {
  const group = child(figure, 'g', { class: 'legend' })
  for (const { entry, x, y } of places) {
    group.append(
      child(figure, 'line', {
        x1: x,
        x2: x + 26,
        y1: y - 4,
        y2: y - 4,
        stroke: entry.stroke,
        'stroke-width': entry.width ?? 2.5,
        ...(entry.dash ? { 'stroke-dasharray': entry.dash } : {}),
      }),
      child(figure, 'text', { x: x + 32, y, 'text-anchor': 'start', fill: palette.ink }, entry.label),
    )
  }
  figure.append(group)
}

/** What the axes stand for: the vertical one above its line, the horizontal one under its end. */
export const axisTitles = (vertical: string, horizontal: string, above = 8): Plot.Markish[] => [
  Plot.text([vertical], {
    frameAnchor: 'top-left',
    dx: -38,
    dy: -above,
    textAnchor: 'start',
    lineAnchor: 'bottom',
    fill: palette.muted,
  }),
  Plot.text([horizontal], {
    frameAnchor: 'bottom-right',
    textAnchor: 'end',
    lineAnchor: 'top',
    dy: 24,
    fill: palette.muted,
  }),
]

/** Grid and both axes alike: over shares, told as patients of 100, unless said otherwise. */
export const shareAxes = (
  ticks: readonly number[],
  locale: string,
  tickFormat = (value: number) => per100(value, locale),
): Plot.Markish[] => {
  const axis = { tickFormat, tickSize: 0, fontSize, fill: palette.muted }
  return [
    Plot.gridX(ticks, { stroke: palette.grid, strokeOpacity: 1 }),
    Plot.gridY(ticks, { stroke: palette.grid, strokeOpacity: 1 }),
    Plot.axisX(ticks, axis),
    Plot.axisY(ticks, axis),
  ]
}

/** Stroke of the line of one of several series. */
export const strokeOf = (index: number) => {
  const { stroke, dash } = lookOf(index)
  return { stroke, strokeWidth: 2.5, ...(dash ? { strokeDasharray: dash } : {}) }
}

/**
 * Plots with the house's type and colours, names the figure for screen readers and takes out Plot's inline style sheet
 * (a strict content security policy refuses it).
 */
export const draw = (
  plot: Plot.PlotOptions,
  about: { name: string; title: string; description: string },
  options: Pick<FigureOptions<unknown>, 'document'>,
): Figure => {
  const figure = Plot.plot({
    ...plot,
    ...(options.document ? { document: options.document } : {}),
    className: 'bedside-figure',
    figure: false,
    ariaLabel: about.title,
  })
  for (const sheet of [...figure.querySelectorAll('style')]) sheet.remove()
  // The figure is one image with one name; its parts have none of their own.
  for (const part of [...figure.querySelectorAll('[aria-label]')]) part.removeAttribute('aria-label')
  figure.setAttribute('role', 'img')
  figure.setAttribute('data-figure', about.name)
  figure.setAttribute('font-size', String(fontSize))
  figure.setAttribute('font-family', fontFamily)
  figure.setAttribute('fill', palette.ink)
  figure.prepend(child(figure, 'title', {}, about.title), child(figure, 'desc', {}, about.description))
  return figure
}
