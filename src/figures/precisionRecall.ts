import * as Plot from '@observablehq/plot'
import type { Assessment } from '../contract/models.ts'
import {
  addLegend,
  axisTitles,
  draw,
  type Figure,
  type FigureOptions,
  legendLayout,
  lookOf,
  palette,
  shareAxes,
  strokeOf,
} from './frame.ts'

export interface PrecisionRecallData {
  series: readonly { label: string; precisionRecall: NonNullable<Assessment['precisionRecall']> }[]
  /** Share of cases with the outcome: what a model without skill reaches. */
  prevalence: number | null
}

export interface PrecisionRecallTexts {
  title: string
  description: string
  recall: string
  precision: string
  prevalence: string
}

const english: PrecisionRecallTexts = {
  title: 'Precision and recall',
  description: '',
  recall: 'Found, of 100 with it',
  precision: 'With it, of 100 flagged',
  prevalence: 'Share with it (no skill)',
}

const shares = [0, 0.2, 0.4, 0.6, 0.8, 1]

/** Precision (positive predictive value) against recall (sensitivity), beside the prevalence. */
export const precisionRecall = (
  data: PrecisionRecallData,
  options: FigureOptions<PrecisionRecallTexts> = {},
): Figure => {
  const texts = { ...english, ...options.texts }
  const { width = 420, locale = 'en' } = options
  const side = Math.min(width, 460)
  const legend = legendLayout(
    [
      ...data.series.map(({ label }, index) => ({ label, stroke: lookOf(index).stroke, dash: lookOf(index).dash })),
      ...(data.prevalence === null
        ? []
        : [{ label: texts.prevalence, stroke: palette.muted, dash: '2 4', width: 1.5 }]),
    ],
    side,
    8,
  )
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
      marks: [
        ...shareAxes(shares, locale),
        ...(data.prevalence === null
          ? []
          : [
              Plot.ruleY([data.prevalence], {
                className: 'prevalence',
                stroke: palette.muted,
                strokeWidth: 1.5,
                strokeDasharray: '2 4',
              }),
            ]),
        ...data.series.map(({ precisionRecall }, index) =>
          Plot.line(precisionRecall, {
            className: 'curve',
            x: 'recall',
            y: 'precision',
            // Between two thresholds precision does not run straight (Davis and Goadrich 2006): shown as steps.
            curve: 'step-before',
            ...strokeOf(index),
          }),
        ),
        ...axisTitles(texts.precision, texts.recall),
      ],
    },
    { name: 'precision-recall', title: texts.title, description: texts.description },
    options,
  )
  addLegend(figure, legend)
  return figure
}
