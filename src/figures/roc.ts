import * as Plot from '@observablehq/plot'
import type { Assessment } from '../contract/models.ts'
import { type Figure, type FigureOptions, strokeOf } from './frame.ts'
import { noSkill, thresholdCurve } from './thresholdCurve.ts'

export interface RocData {
  /** One a model; `label` says its AUROC too. */
  series: readonly { label: string; roc: NonNullable<Assessment['roc']> }[]
}

export interface RocTexts {
  title: string
  description: string
  falsePositive: string
  truePositive: string
  chance: string
}

const english: RocTexts = {
  title: 'Receiver operating characteristic',
  description: '',
  falsePositive: 'False alarms, of 100 without it',
  truePositive: 'Found, of 100 with it',
  chance: 'By chance',
}

/** Sensitivity against 1 - specificity over all thresholds, one curve a model, beside chance. */
export const roc = ({ series }: RocData, options: FigureOptions<RocTexts> = {}): Figure => {
  const { truePositive, falsePositive, chance, ...about } = { ...english, ...options.texts }
  const along = (value: number) => value
  return thresholdCurve(
    {
      name: 'roc',
      labels: series.map(({ label }) => label),
      noSkill: chance,
      texts: { ...about, vertical: truePositive, horizontal: falsePositive },
      marks: [
        Plot.line([0, 1], { className: 'chance', x: along, y: along, ...noSkill }),
        ...series.map(({ roc: points }, index) =>
          Plot.line(points, {
            className: 'curve',
            x: 'falsePositiveRate',
            y: 'truePositiveRate',
            ...strokeOf(index),
          }),
        ),
      ],
    },
    options,
  )
}
