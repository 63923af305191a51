import type * as Plot from '@observablehq/plot'
import {
  addLegend,
  axisTitles,
  draw,
  type Figure,
  type FigureOptions,
  type LegendEntry,
  legendLayout,
  lookOf,
  palette,
  shareAxes,
} from './frame.ts'

/** How the line of what a model without skill reaches is drawn. */
export const noSkill = { stroke: palette.muted, strokeWidth: 1.5, strokeDasharray: '2 4' } as const

const shares = [0, 0.2, 0.4, 0.6, 0.8, 1]

export interface ThresholdCurve {
  name: string
  /** Names of the curves. */
  labels: readonly string[]
  /** What a model without skill is called; null where it is not drawn. */
  noSkill: string | null
  marks: readonly Plot.Markish[]
  texts: { title: string; description: string; vertical: string; horizontal: string }
}

/** A square of two shares that a threshold moves between, one curve a model. */
export const thresholdCurve = (
  { name, labels, noSkill: without, marks, texts }: ThresholdCurve,
  options: Omit<FigureOptions<unknown>, 'texts'>,
): Figure => {
  const { width = 420, locale = 'en' } = options
  const side = Math.min(width, 460)
  const entries: LegendEntry[] = labels.map((label, index) => {
    const { stroke, dash } = lookOf(index)
    return { label, stroke, dash }
  })
  const { stroke, strokeWidth, strokeDasharray } = noSkill
  if (without !== null) entries.push({ label: without, stroke, dash: strokeDasharray, width: strokeWidth })
  const legend = legendLayout(entries, side, 8)
  const figure = draw(
    {
      width: side,
      height: options.height ?? side - 8 + legend.height,
      marginLeft: 40,
      marginRight: 14,
      marginTop: legend.height + 22,
      marginBottom: 46,
      x: { domain: [0, 1], label: null },
      y: { domain: [0, 1], label: null },
      marks: [...shareAxes(shares, locale), ...marks, ...axisTitles(texts.vertical, texts.horizontal)],
    },
    { name, title: texts.title, description: texts.description },
    options,
  )
  addLegend(figure, legend)
  return figure
}
