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

const shares = [0, 0.2, 0.4, 0.6, 0.8, 1]

/** Sensitivity against 1 - specificity over all thresholds, one curve a model, beside chance. */
export const roc = (data: RocData, options: FigureOptions<RocTexts> = {}): Figure => {
  const texts = { ...english, ...options.texts }
  const { width = 420, locale = 'en' } = options
  const side = Math.min(width, 460)
  const legend = legendLayout(
    [
      ...data.series.map(({ label }, index) => ({ label, stroke: lookOf(index).stroke, dash: lookOf(index).dash })),
      { label: texts.chance, stroke: palette.muted, dash: '2 4', width: 1.5 },
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
        Plot.line([0, 1], {
          className: 'chance',
          x: (value: number) => value,
          y: (value: number) => value,
          stroke: palette.muted,
          strokeWidth: 1.5,
          strokeDasharray: '2 4',
        }),
        ...data.series.map(({ roc }, index) =>
          Plot.line(roc, {
            className: 'curve',
            x: 'falsePositiveRate',
            y: 'truePositiveRate',
            ...strokeOf(index),
          }),
        ),
        ...axisTitles(texts.truePositive, texts.falsePositive),
      ],
    },
    { name: 'roc', title: texts.title, description: texts.description },
    options,
  )
  addLegend(figure, legend)
  return figure
}
