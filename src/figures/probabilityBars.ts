import * as Plot from '@observablehq/plot'
import { draw, type Figure, type FigureOptions, fitText, fontSize, palette, per100, textWidth } from './frame.ts'

export interface ProbabilityBarsData {
  /** Ranked; `text` is the probability in words, `about 18 of 100`. */
  classes: readonly { label: string; text: string; probability: number; low: number; high: number; inSet?: boolean }[]
}

export interface ProbabilityBarsTexts {
  title: string
  description: string
  axis: string
}

const english: ProbabilityBarsTexts = {
  title: 'Probability of each diagnosis',
  description: '',
  axis: 'Of 100 patients like this one',
}

/** One bar a class with its interval as a whisker; classes outside the prediction set are drawn hollow. */
export const probabilityBars = (
  data: ProbabilityBarsData,
  options: FigureOptions<ProbabilityBarsTexts> = {},
): Figure => {
  const texts = { ...english, ...options.texts }
  const { width = 640, locale = 'en' } = options
  const rows = data.classes.map((entry, index) => ({ ...entry, key: String(index) }))
  const rowHeight = 52
  return draw(
    {
      width,
      height: options.height ?? rows.length * rowHeight + 44,
      marginLeft: 10,
      marginRight: 14,
      marginTop: 2,
      marginBottom: 42,
      x: { domain: [0, 1], label: null },
      y: { type: 'band', domain: rows.map((row) => row.key), label: null, axis: null, padding: 0 },
      marks: [
        Plot.gridX([0, 0.25, 0.5, 0.75, 1], { stroke: palette.grid, strokeOpacity: 1 }),
        Plot.axisX([0, 0.25, 0.5, 0.75, 1], {
          tickFormat: (value: number) => per100(value, locale),
          tickSize: 0,
          fontSize,
          fill: palette.muted,
        }),
        Plot.barX(rows, {
          className: 'probabilities',
          x1: 0,
          x2: 'probability',
          y: 'key',
          insetTop: 25,
          insetBottom: 9,
          rx: 2,
          fill: (row: { inSet?: boolean }) => (row.inSet === false ? palette.paper : palette.patient),
          stroke: palette.patient,
          strokeWidth: 1.5,
        }),
        Plot.ruleY(rows, {
          className: 'intervals',
          x1: 'low',
          x2: 'high',
          y: 'key',
          dy: 8,
          stroke: palette.paper,
          strokeWidth: 5,
        }),
        Plot.ruleY(rows, {
          className: 'intervals',
          x1: 'low',
          x2: 'high',
          y: 'key',
          dy: 8,
          stroke: palette.ink,
          strokeWidth: 2,
        }),
        ...(['low', 'high'] as const).map((end) =>
          Plot.tickX(rows, {
            className: 'interval-ends',
            x: end,
            y: 'key',
            insetTop: 27,
            insetBottom: 11,
            stroke: palette.ink,
            strokeWidth: 2,
          }),
        ),
        Plot.text(rows, {
          className: 'names',
          frameAnchor: 'left',
          y: 'key',
          dy: -13,
          textAnchor: 'start',
          text: (row: (typeof rows)[number]) => fitText(row.label, width - textWidth(row.text, 13) - 50, 13),
          title: 'label',
          fontSize: 13,
          fontWeight: 600,
          fill: palette.ink,
        }),
        Plot.text(rows, {
          className: 'words',
          frameAnchor: 'right',
          y: 'key',
          dy: -13,
          textAnchor: 'end',
          text: 'text',
          fontSize: 13,
          fill: palette.ink,
        }),
        Plot.text([texts.axis], {
          frameAnchor: 'bottom-right',
          textAnchor: 'end',
          lineAnchor: 'top',
          dy: 24,
          fill: palette.muted,
        }),
      ],
    },
    { name: 'probability-bars', title: texts.title, description: texts.description },
    options,
  )
}
