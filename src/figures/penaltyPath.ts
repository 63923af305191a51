import * as Plot from '@observablehq/plot'
import type { Fit } from '../contract/models.ts'
import { axisTitles, draw, type Figure, type FigureOptions, fontSize, lookOf, numberText, palette } from './frame.ts'

export type PenaltyPathData = NonNullable<Fit['path']>

export interface PenaltyPathTexts {
  title: string
  description: string
  /** The penalty, strong at the left. */
  penalty: string
  coefficient: string
  deviance: string
  chosen: string
}

const english: PenaltyPathTexts = {
  title: 'Coefficients as the penalty falls',
  description: '',
  penalty: 'Penalty (lambda)',
  coefficient: 'Coefficient a standard deviation',
  deviance: 'Cross-validated deviance',
  chosen: 'chosen',
}

const named = 6

/**
 * Coefficients, a standard deviation, as the penalty falls from left to right; the largest are named, the penalty in
 * use is marked.
 */
export const penaltyPath = (data: PenaltyPathData, options: FigureOptions<PenaltyPathTexts> = {}): Figure => {
  const texts = { ...english, ...options.texts }
  const { width = 640, height = 320, locale = 'en' } = options
  const steps = data.lambda.flatMap((lambda, at) => (lambda > 0 ? [at] : []))
  const lines = data.terms.map(({ term, values }, rank) => ({
    term,
    rank,
    points: steps.map((at) => ({ lambda: data.lambda[at]!, value: values[at]! })),
  }))
  const last = steps.at(-1)!
  const labelled = spread(
    lines.slice(0, named).map((line) => ({ line, y: line.points.at(-1)!.value })),
    lines,
    height - 72,
  )
  const chosen = data.lambda[data.chosen]!
  return draw(
    {
      width,
      height,
      marginLeft: 48,
      marginRight: 132,
      marginTop: 30,
      marginBottom: 42,
      x: { type: 'log', domain: [data.lambda[steps[0]!]!, data.lambda[last]!], label: null },
      y: { label: null, nice: true },
      marks: [
        ...frameOf(locale),
        ...(chosen > 0
          ? [
              Plot.ruleX([chosen], { className: 'chosen', stroke: palette.muted, strokeDasharray: '3 3' }),
              Plot.text([chosen], {
                x: (value: number) => value,
                text: () => `${texts.chosen}: ${numberText(chosen, locale)}`,
                frameAnchor: 'top',
                lineAnchor: 'bottom',
                dy: -2,
                fill: palette.muted,
              }),
            ]
          : []),
        ...lines.map(({ points, rank }) =>
          Plot.line(points, {
            className: 'path',
            x: 'lambda',
            y: 'value',
            stroke: rank < named ? lookOf(rank).stroke : palette.muted,
            strokeOpacity: rank < named ? 1 : 0.5,
            strokeWidth: rank < named ? 2 : 1,
            ...(rank < named && lookOf(rank).dash ? { strokeDasharray: lookOf(rank).dash } : {}),
          }),
        ),
        Plot.text(labelled, {
          className: 'names',
          x: () => data.lambda[last]!,
          y: 'y',
          text: ({ line }: (typeof labelled)[number]) => line.term,
          textAnchor: 'start',
          dx: 6,
          fill: palette.ink,
        }),
        ...axisTitles(texts.coefficient, texts.penalty, 14),
      ],
    },
    { name: 'penalty-path', title: texts.title, description: texts.description },
    options,
  )
}

/**
 * Cross-validated deviance with its standard error at each penalty, the one in use marked; only of cross-validated
 * paths.
 */
export const penaltyError = (data: PenaltyPathData, options: FigureOptions<PenaltyPathTexts> = {}): Figure => {
  const texts = { ...english, ...options.texts }
  const { width = 640, height = 220, locale = 'en' } = options
  const { mean, error } = data.crossValidation ?? { mean: [], error: [] }
  const points = data.lambda.flatMap((lambda, at) =>
    lambda > 0 && mean[at] !== undefined
      ? [{ lambda, mean: mean[at]!, low: mean[at]! - error[at]!, high: mean[at]! + error[at]! }]
      : [],
  )
  const look = lookOf(0)
  return draw(
    {
      width,
      height,
      marginLeft: 48,
      marginRight: 132,
      marginTop: 30,
      marginBottom: 42,
      x: { type: 'log', domain: [points[0]?.lambda ?? 1, points.at(-1)?.lambda ?? 0.1], label: null },
      y: { label: null, nice: true },
      marks: [
        ...frameOf(locale),
        Plot.ruleX([data.lambda[data.chosen]!], { className: 'chosen', stroke: palette.muted, strokeDasharray: '3 3' }),
        Plot.ruleX(points, { className: 'errors', x: 'lambda', y1: 'low', y2: 'high', stroke: palette.grid }),
        Plot.dot(points, { className: 'means', x: 'lambda', y: 'mean', r: 2, fill: look.stroke }),
        ...axisTitles(texts.deviance, texts.penalty, 14),
      ],
    },
    { name: 'penalty-error', title: texts.deviance, description: texts.description },
    options,
  )
}

const frameOf = (locale: string): Plot.Markish[] => {
  const axis = { tickSize: 0, fontSize, fill: palette.muted, tickFormat: (value: number) => numberText(value, locale) }
  return [Plot.gridY({ stroke: palette.grid, strokeOpacity: 1 }), Plot.axisX({ ...axis, ticks: 4 }), Plot.axisY(axis)]
}

/** Names of lines that end close together stand one below the other. */
const spread = <T extends { y: number }>(
  ends: T[],
  lines: readonly { points: readonly { value: number }[] }[],
  height: number,
): T[] => {
  const values = lines.flatMap(({ points }) => points.map(({ value }) => value))
  const apart = ((Math.max(0, ...values) - Math.min(0, ...values)) * 14) / height
  const placed: T[] = []
  for (const end of [...ends].sort((a, b) => b.y - a.y)) {
    const above = placed.at(-1)
    placed.push(above && above.y - end.y < apart ? { ...end, y: above.y - apart } : end)
  }
  return placed
}
