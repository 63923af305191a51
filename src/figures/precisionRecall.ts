import * as Plot from '@observablehq/plot'
import type { Assessment } from '../contract/models.ts'
import { type Figure, type FigureOptions, strokeOf } from './frame.ts'
import { noSkill, thresholdCurve } from './thresholdCurve.ts'

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

/** Precision (positive predictive value) against recall (sensitivity), beside the prevalence. */
export const precisionRecall = (
  { series, prevalence }: PrecisionRecallData,
  options: FigureOptions<PrecisionRecallTexts> = {},
): Figure => {
  const { precision, recall, prevalence: without, ...about } = { ...english, ...options.texts }
  return thresholdCurve(
    {
      name: 'precision-recall',
      labels: series.map(({ label }) => label),
      noSkill: prevalence === null ? null : without,
      texts: { ...about, vertical: precision, horizontal: recall },
      marks: [
        ...(prevalence === null ? [] : [Plot.ruleY([prevalence], { className: 'prevalence', ...noSkill })]),
        ...series.map(({ precisionRecall: points }, index) =>
          Plot.line(points, {
            className: 'curve',
            x: 'recall',
            y: 'precision',
            // Between two thresholds precision does not run straight (Davis and Goadrich 2006): shown as steps.
            curve: 'step-before',
            ...strokeOf(index),
          }),
        ),
      ],
    },
    options,
  )
}
