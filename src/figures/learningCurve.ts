import * as Plot from '@observablehq/plot'
import { draw, type Figure, type FigureOptions, lookOf, numberText, palette, textWidth } from './frame.ts'

export interface LearningCurveData {
  /** One line each, points in the order of the axis. */
  series: readonly { name: string; points: readonly (readonly [number, number])[] }[]
}

export interface LearningCurveTexts {
  title: string
  description: string
  /** What is counted along the axis: epochs, trees. */
  axis: string
}

const english: LearningCurveTexts = { title: 'Learning curve', description: '', axis: 'epoch' }

/** How well a model does while it learns: each line ends in its name and its latest value. */
export const learningCurve = (data: LearningCurveData, options: FigureOptions<LearningCurveTexts> = {}): Figure => {
  const texts = { ...english, ...options.texts }
  const { width = 300, height = 96, locale = 'en' } = options
  const series = data.series
    .map(({ name, points }) => ({
      name,
      points: points.filter(([x, y]) => Number.isFinite(x) && Number.isFinite(y)).map(([x, y]) => ({ x, y })),
    }))
    .filter(({ points }) => points.length > 0)
  const all = series.flatMap(({ points }) => points)
  const [low, high] = [Math.min(...all.map(({ y }) => y)), Math.max(...all.map(({ y }) => y))]
  const pad = (high - low) * 0.1 || Math.abs(high) * 0.1 || 1
  const [first, last] = [Math.min(...all.map(({ x }) => x)), Math.max(...all.map(({ x }) => x))]
  const ends = series.map(({ name, points }, at) => {
    const { x, y } = points[points.length - 1]!
    return { x, y, look: lookOf(at), label: `${name} ${numberText(y, locale)}` }
  })
  // Labels of lines that end close together stand one below the other.
  const line = ((high - low + 2 * pad) * 13) / (height - 32)
  const spread: ((typeof ends)[number] & { at: number })[] = []
  for (const end of [...ends].sort((a, b) => b.y - a.y)) {
    const above = spread[spread.length - 1]
    spread.push({ ...end, at: above ? Math.min(end.y, above.at - line) : end.y })
  }
  return draw(
    {
      width,
      height,
      marginLeft: 4,
      marginRight: Math.max(0, ...ends.map(({ label }) => textWidth(label, 11))) + 12,
      marginTop: 8,
      marginBottom: 24,
      x: { domain: last > first ? [first, last] : [first - 1, first + 1], ticks: 3, label: texts.axis, tickSize: 3 },
      y: { domain: all.length > 0 ? [low - pad, high + pad] : [0, 1], axis: null },
      marks: [
        ...series.map(({ points }, at) =>
          Plot.line(points, {
            className: `series-${at + 1}`,
            x: 'x',
            y: 'y',
            stroke: lookOf(at).stroke,
            strokeDasharray: lookOf(at).dash ?? 'none',
            strokeWidth: 1.75,
          }),
        ),
        Plot.dot(ends, { className: 'ends', x: 'x', y: 'y', r: 2.5, fill: (end) => end.look.stroke }),
        Plot.text(spread, {
          className: 'names',
          x: 'x',
          y: 'at',
          text: 'label',
          textAnchor: 'start',
          dx: 7,
          fontSize: 11,
          fill: palette.ink,
        }),
      ],
    },
    { name: 'learning-curve', title: texts.title, description: texts.description },
    options,
  )
}
