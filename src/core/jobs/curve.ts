import type { Curve } from '../../contract/jobs.ts'

/** What a learner counts while it learns: the axis of its curves. */
const counts = ['epoch', 'trees', 'round', 'iteration', 'step']
/** Numbers that say where the work is, not how well it goes. */
const places = new Set(['fold', 'folds', 'epochs', 'of', 'number', 'trial', 'trials', 'candidate', 'candidates'])

const mostPoints = 200

/**
 * Gathers the numbers that a learner reports into curves, such as the loss by epoch or the out-of-bag error by trees.
 * At most 200 points each, however long it learns: when they are full every second one is left out, and from then on
 * every second report. A count that starts again (the next fold, the final fit) starts the curves again.
 */
export const createCurve = () => {
  let curve: Curve | null = null
  let stride = 1
  let seen = 0
  return {
    note: (detail: Record<string, string | number> | undefined): Curve | null => {
      const x = counts.find((name) => typeof detail?.[name] === 'number')
      if (!detail || !x) return curve
      const at = detail[x] as number
      const measures = Object.entries(detail).filter(
        (entry): entry is [string, number] =>
          typeof entry[1] === 'number' && Number.isFinite(entry[1]) && entry[0] !== x && !places.has(entry[0]),
      )
      if (measures.length === 0) return curve
      const last = Math.max(-1, ...Object.values(curve?.series ?? {}).map((points) => points.at(-1)?.[0] ?? -1))
      if (!curve || curve.x !== x || at < last) {
        curve = { x, series: {} }
        stride = 1
        seen = 0
      }
      if (seen++ % stride !== 0) return curve
      const series = { ...curve.series }
      for (const [name, value] of measures) series[name] = [...(series[name] ?? []), [at, value]]
      if (Object.values(series).some((points) => points.length > mostPoints)) {
        for (const name of Object.keys(series)) series[name] = series[name]?.filter((_, each) => each % 2 === 0) ?? []
        stride *= 2
      }
      curve = { x, series }
      return curve
    },
  }
}
