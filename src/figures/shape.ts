import * as Plot from '@observablehq/plot'
import { draw, type Figure, type FigureOptions, numberText, palette, textWidth } from './frame.ts'

/**
 * A stretch of one side of a term: numbers above `from` up to `to` (null: no end), levels by their labels, or missing
 * values.
 */
export interface ShapeCell {
  from: number | null
  to: number | null
  label: string | null
  missing: boolean
}

export interface ShapeData {
  /** One side, or the two of a pair. */
  sides: readonly (readonly ShapeCell[])[]
  /** By cell; of a pair first side x second. */
  scores: readonly number[]
  deviations: readonly number[]
  /** Training weight by cell: where there is none, nothing is drawn. */
  weights: readonly number[]
}

export interface ShapeTexts {
  title: string
  description: string
  /** What the horizontal axis and, of a pair, the vertical one stand for. */
  across: string
  down: string
  score: string
  missing: string
}

const english: ShapeTexts = {
  title: 'Curve of a term',
  description: '',
  across: '',
  down: '',
  score: 'Adds to the score',
  missing: 'missing',
}

/**
 * What one term of an additive model adds: a stair of a column's stretches with one standard deviation over bags to
 * either side, a point a level, or a field of colours for a pair. Missing values stand apart.
 */
export const shape = (data: ShapeData, options: FigureOptions<ShapeTexts> = {}): Figure => {
  const texts = { ...english, ...options.texts }
  const about = { name: 'shape', title: texts.title, description: texts.description }
  if (data.sides.length === 2) return field(data, texts, about, options)
  const [cells = []] = data.sides
  const { width = 360, height = 220, locale = 'en' } = options
  const seen = data.scores.flatMap((score, at) =>
    (data.weights[at] ?? 0) > 0 ? [score - (data.deviations[at] ?? 0), score + (data.deviations[at] ?? 0)] : [],
  )
  const [low, high] = [Math.min(0, ...seen), Math.max(0, ...seen)]
  const pad = (high - low) * 0.06 || 1
  const frame = {
    width,
    height,
    marginLeft: 44,
    marginRight: 14,
    marginTop: 20,
    marginBottom: 40,
    y: { domain: [low - pad, high + pad], ticks: 5, label: texts.score, grid: true, tickSize: 0 },
  }
  const zero = Plot.ruleY([0], { className: 'zero', stroke: palette.muted })
  const held = (at: number) => (data.weights[at] ?? 0) > 0
  if (cells.some(({ label }) => label !== null)) {
    const levels = cells.flatMap((cell, at) =>
      held(at)
        ? [
            {
              label: cell.missing ? texts.missing : (cell.label ?? ''),
              score: data.scores[at]!,
              spread: data.deviations[at]!,
            },
          ]
        : [],
    )
    return draw(
      {
        ...frame,
        x: { type: 'band', domain: levels.map(({ label }) => label), label: texts.across },
        marks: [
          zero,
          Plot.ruleX(levels, {
            className: 'band',
            x: 'label',
            y1: (one) => one.score - one.spread,
            y2: (one) => one.score + one.spread,
            stroke: palette.patient,
            strokeOpacity: 0.5,
            strokeWidth: 5,
          }),
          Plot.dot(levels, { className: 'levels', x: 'label', y: 'score', r: 4, fill: palette.patient }),
        ],
      },
      about,
      options,
    )
  }
  const ends = cells.flatMap(({ from, to }) => [from, to]).filter((end) => end !== null)
  const [first, last] = [Math.min(...ends), Math.max(...ends)]
  const reach = (last - first) * 0.04 || 1
  const stairs = cells.flatMap((cell, at) =>
    cell.missing ? [] : [{ from: cell.from ?? first - reach, to: cell.to ?? last + reach, at }],
  )
  const points = stairs.flatMap(({ from, to, at }) =>
    [from, to].map((x) => ({ x, y: data.scores[at]!, spread: data.deviations[at]! })),
  )
  const missing = cells.findIndex((cell) => cell.missing)
  const apart = missing >= 0 && held(missing) ? [{ y: data.scores[missing]!, spread: data.deviations[missing]! }] : []
  const whole = ends.length > 0
  const label = `${texts.missing} ${numberText(apart[0]?.y ?? 0, locale, 2)}`
  return draw(
    {
      ...frame,
      marginRight: apart.length > 0 ? textWidth(label, 10) + 24 : 14,
      x: { domain: whole ? [first - reach, last + reach] : [0, 1], ticks: 5, label: texts.across, tickSize: 3 },
      marks: [
        zero,
        Plot.areaY(points, {
          className: 'band',
          x: 'x',
          y1: (point) => point.y - point.spread,
          y2: (point) => point.y + point.spread,
          fill: palette.patient,
          fillOpacity: 0.18,
        }),
        Plot.line(points, { className: 'curve', x: 'x', y: 'y', stroke: palette.patient, strokeWidth: 1.75 }),
        Plot.dot(apart, {
          className: 'missing',
          y: 'y',
          frameAnchor: 'right',
          dx: 8,
          r: 4,
          symbol: 'square',
          fill: palette.accent,
        }),
        Plot.text(apart, {
          className: 'missing',
          y: 'y',
          frameAnchor: 'right',
          textAnchor: 'start',
          dx: 16,
          text: () => label,
          fontSize: 10,
          fill: palette.ink,
        }),
      ],
    },
    about,
    options,
  )
}

const field = (
  { sides, scores, weights }: ShapeData,
  texts: ShapeTexts,
  about: { name: string; title: string; description: string },
  options: FigureOptions<ShapeTexts>,
): Figure => {
  const { width = 360, height = 260, locale = 'en' } = options
  const [down = [], across = []] = sides
  const nameOf = (cell: ShapeCell) => {
    if (cell.missing) return texts.missing
    if (cell.label !== null) return cell.label
    return cell.to === null ? `> ${numberText(cell.from ?? 0, locale, 3)}` : `≤ ${numberText(cell.to, locale, 3)}`
  }
  const seen = (length: number, held: (line: number, other: number) => number, others: number) =>
    Array.from({ length }, (_, line) =>
      Array.from({ length: others }, (_, other) => held(line, other)).some((w) => w > 0),
    )
  const rows = seen(down.length, (i, j) => weights[i * across.length + j] ?? 0, across.length)
  const columns = seen(across.length, (j, i) => weights[i * across.length + j] ?? 0, down.length)
  const most = Math.max(1e-9, ...scores.map((score, at) => ((weights[at] ?? 0) > 0 ? Math.abs(score) : 0)))
  const cells = down.flatMap((row, i) =>
    across.flatMap((column, j) => {
      const at = i * across.length + j
      const score = scores[at] ?? 0
      return (weights[at] ?? 0) > 0 ? [{ x: nameOf(column), y: nameOf(row), score, share: Math.abs(score) / most }] : []
    }),
  )
  return draw(
    {
      width,
      height,
      marginLeft: 64,
      marginRight: 10,
      marginTop: 20,
      marginBottom: 56,
      x: {
        type: 'band',
        domain: across.filter((_, j) => columns[j]).map(nameOf),
        label: texts.across,
        tickRotate: -45,
        padding: 0.04,
      },
      y: {
        type: 'band',
        domain: down
          .filter((_, i) => rows[i])
          .map(nameOf)
          .reverse(),
        label: texts.down,
        padding: 0.04,
      },
      marks: [
        Plot.cell(cells, {
          className: 'field',
          x: 'x',
          y: 'y',
          fill: (cell) => (cell.score > 0 ? palette.raises : palette.lowers),
          fillOpacity: 'share',
          title: (cell) => `${cell.y} × ${cell.x}: ${numberText(cell.score, locale, 2)}`,
        }),
      ],
    },
    about,
    options,
  )
}
