import * as Plot from '@observablehq/plot'
import type { Assessment } from '../contract/models.ts'
import {
  addLegend,
  axisTitles,
  draw,
  type Figure,
  type FigureOptions,
  fontSize,
  legendLayout,
  lookOf,
  numberText,
  palette,
  per100,
  strokeOf,
} from './frame.ts'

export interface DecisionCurveData {
  series: readonly { label: string; decision: NonNullable<Assessment['decision']> }[]
}

export interface DecisionCurveTexts {
  title: string
  description: string
  threshold: string
  netBenefit: string
  treatAll: string
  treatNone: string
}

const english: DecisionCurveTexts = {
  title: 'Decision curve',
  description: '',
  threshold: 'Risk at which one would act, of 100',
  netBenefit: 'Net benefit, true positives per 100 patients',
  treatAll: 'Act on all',
  treatNone: 'Act on none',
}

interface Point {
  x: number
  y: number
}

/** The line down to where it leaves the figure at `bottom`. */
const cutBelow = (points: readonly Point[], bottom: number): Point[] => {
  const shown: Point[] = []
  for (const [index, point] of points.entries()) {
    const before = points[index - 1]
    if (before && before.y >= bottom !== point.y >= bottom) {
      const share = (bottom - before.y) / (point.y - before.y)
      shown.push({ x: before.x + share * (point.x - before.x), y: bottom })
    }
    shown.push(point.y >= bottom ? point : { x: point.x, y: Number.NaN })
  }
  return shown
}

/**
 * Net benefit over the thresholds at which one would act, beside acting on all and on none (Vickers and Elkin 2006).
 * The figure is cut a little below none: how far acting on all falls beyond says nothing.
 */
export const decisionCurve = (data: DecisionCurveData, options: FigureOptions<DecisionCurveTexts> = {}): Figure => {
  const texts = { ...english, ...options.texts }
  const { width = 420, locale = 'en' } = options
  const legend = legendLayout(
    [
      ...data.series.map(({ label }, index) => ({ label, stroke: lookOf(index).stroke, dash: lookOf(index).dash })),
      { label: texts.treatAll, stroke: palette.muted, dash: '2 4', width: 1.5 },
      { label: texts.treatNone, stroke: palette.ink, width: 1.25 },
    ],
    width,
    8,
  )
  const points = data.series[0]?.decision ?? []
  const all = data.series.flatMap(({ decision }) => decision)
  const top = Math.max(0.01, ...all.map((point) => Math.max(point.model, point.treatAll)))
  const bottom = -top * 0.25
  const thresholds = all.map((point) => point.threshold)
  const figure = draw(
    {
      width,
      height: options.height ?? Math.round(Math.min(400, Math.max(280, width * 0.7))) + legend.height,
      marginLeft: 40,
      marginRight: 14,
      marginTop: legend.height + 22,
      marginBottom: 46,
      x: { domain: [Math.min(...thresholds, 0), Math.max(...thresholds, 0.1)], label: null },
      y: { domain: [bottom, top * 1.05], label: null },
      marks: [
        Plot.gridY({ stroke: palette.grid, strokeOpacity: 1, ticks: 5 }),
        Plot.axisX({
          ticks: Math.max(4, Math.floor(width / 70)),
          tickFormat: (value: number) => per100(value, locale),
          tickSize: 4,
          fontSize,
          fill: palette.muted,
        }),
        Plot.axisY({
          ticks: 5,
          tickFormat: (value: number) => numberText(value * 100, locale),
          tickSize: 0,
          fontSize,
          fill: palette.muted,
        }),
        Plot.ruleY([0], { className: 'treat-none', stroke: palette.ink, strokeWidth: 1.25 }),
        Plot.line(
          cutBelow(
            points.map(({ threshold, treatAll }) => ({ x: threshold, y: treatAll })),
            bottom,
          ),
          {
            className: 'treat-all',
            x: 'x',
            y: 'y',
            stroke: palette.muted,
            strokeWidth: 1.5,
            strokeDasharray: '2 4',
          },
        ),
        ...data.series.map(({ decision }, index) =>
          Plot.line(
            cutBelow(
              decision.map(({ threshold, model }) => ({ x: threshold, y: model })),
              bottom,
            ),
            {
              className: 'curve',
              x: 'x',
              y: 'y',
              ...strokeOf(index),
            },
          ),
        ),
        ...axisTitles(texts.netBenefit, texts.threshold),
      ],
    },
    { name: 'decision-curve', title: texts.title, description: texts.description },
    options,
  )
  addLegend(figure, legend)
  return figure
}
