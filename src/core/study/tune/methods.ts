import { type Random, randomOf, shuffle } from '../../numbers/random.ts'
import { expectedImprovement, fitProcess } from './gaussian.ts'
import { coordinatesOf, type Point, parametersAt, type Space, startPoint } from './space.ts'

/** A setting to be evaluated with a share of the full effort. */
export interface Proposal {
  point: Point
  effort: number
}

/** Its mean score over folds, larger is better; null where it could not be fitted. */
export type Evaluate = (proposals: readonly Proposal[]) => Promise<(number | null)[]>

const stream = 0x7e57

/**
 * Random search (Bergstra & Bengio 2012): the start, then settings drawn evenly over the space; a setting met twice is
 * drawn again.
 */
export const searchRandomly = async (space: Space, trials: number, seed: number, evaluate: Evaluate): Promise<void> => {
  await inBatches(distinctPoints(space, trials, randomOf(seed, stream)), 1, evaluate)
}

const eta = 3
const leastEffort = 1 / 27

/**
 * Successive halving (Jamieson & Talwalkar 2016): random settings with a small share of the effort, of which the best
 * third goes on with three times as much, until those left have had all of it.
 */
export const searchByHalving = async (
  space: Space,
  trials: number,
  seed: number,
  evaluate: Evaluate,
  least = leastEffort,
): Promise<void> => {
  let points = distinctPoints(space, trials, randomOf(seed, stream))
  const affordable = Math.floor(Math.log(1 / Math.max(leastEffort, least)) / Math.log(eta) + 1e-9)
  const rungs = Math.min(affordable, Math.floor(Math.log(Math.max(1, points.length)) / Math.log(eta) + 1e-9))
  for (let rung = rungs; rung >= 0; rung--) {
    const scores = await inBatches(points, eta ** -rung, evaluate)
    if (rung === 0) return
    const order = points.map((_, at) => at).filter((at) => scores[at] !== null)
    order.sort((a, b) => (scores[b] as number) - (scores[a] as number) || a - b)
    points = order.slice(0, Math.max(1, Math.ceil(points.length / eta))).map((at) => points[at])
  }
}

/** Settings evaluated between two reports of progress. */
const batch = 4

const inBatches = async (points: readonly Point[], effort: number, evaluate: Evaluate): Promise<(number | null)[]> => {
  const scores: (number | null)[] = []
  for (let from = 0; from < points.length; from += batch)
    scores.push(...(await evaluate(points.slice(from, from + batch).map((point) => ({ point, effort })))))
  return scores
}

const candidates = 600
const nearby = 200
/** Beyond this many trials the kernel's length scales are only sought anew now and then. */
const cheapTrials = 40

/**
 * Bayesian optimisation: the start and a Latin hypercube, then one setting after another where a Gaussian process of
 * the scores so far expects the largest improvement (Snoek, Larochelle & Adams 2012). A setting that failed counts as
 * the worst seen.
 */
export const searchByModel = async (space: Space, trials: number, seed: number, evaluate: Evaluate): Promise<void> => {
  const random = randomOf(seed, stream)
  const first = Math.min(trials, Math.max(4, Math.min(Math.ceil(trials / 3), 2 * space.dimensions.length + 2)))
  const points = hypercube(space, first, random)
  const known = new Set(points.map((point) => keyOf(space, point)))
  const scores = await inBatches(points, 1, evaluate)
  let settings: ReturnType<typeof fitProcess>['settings'] | null = null
  while (points.length < trials) {
    const seen = scores.filter((score) => score !== null)
    const worst = seen.length > 0 ? Math.min(...seen) : 0
    const values = scores.map((score) => score ?? worst)
    const anew = points.length <= cheapTrials || points.length % 10 === 0
    const process = fitProcess(
      points.map((point) => coordinatesOf(space, point)),
      values,
      random,
      anew ? {} : { settings },
    )
    settings = process.settings
    // The best mean, not the best luck: scores are noisy.
    const top = points.reduce(
      (best, point) => Math.max(best, process.predict(coordinatesOf(space, point)).mean),
      Number.NEGATIVE_INFINITY,
    )
    const leader = points[values.indexOf(Math.max(...values))]
    let chosen: Point | null = null
    let most = -1
    for (let i = 0; i < candidates + nearby; i++) {
      const point = i < candidates ? drawPoint(space, random) : moved(space, leader, random)
      if (known.has(keyOf(space, point))) continue
      const improvement = expectedImprovement(process.predict(coordinatesOf(space, point)), top)
      if (improvement > most) {
        most = improvement
        chosen = point
      }
    }
    // A small space may be used up.
    if (chosen === null) return
    points.push(chosen)
    known.add(keyOf(space, chosen))
    scores.push(...(await evaluate([{ point: chosen, effort: 1 }])))
  }
}

const keyOf = (space: Space, point: Point): string => JSON.stringify(parametersAt(space, point))

const drawPoint = ({ dimensions }: Space, random: Random): Point =>
  dimensions.map(({ range }) => ('values' in range ? random.below(range.values.length) : random.uniform()))

const moved = ({ dimensions }: Space, from: Point, random: Random): Point =>
  dimensions.map(({ range }, d) => {
    if ('values' in range) return random.below(4) === 0 ? random.below(range.values.length) : from[d]
    return Math.min(1, Math.max(0, from[d] + 0.1 * random.normal()))
  })

const distinctPoints = (space: Space, count: number, random: Random): Point[] => {
  const points = [startPoint(space)]
  const known = new Set(points.map((point) => keyOf(space, point)))
  for (let tries = 0; points.length < count && tries < 50 * count; tries++) {
    const point = drawPoint(space, random)
    const key = keyOf(space, point)
    if (known.has(key)) continue
    known.add(key)
    points.push(point)
  }
  return points
}

/** The start, and points that share no stratum in any dimension. */
const hypercube = (space: Space, count: number, random: Random): Point[] => {
  const columns = space.dimensions.map(({ range }) => {
    const strata = shuffle(
      Int32Array.from({ length: count - 1 }, (_, i) => i),
      random,
    )
    return Array.from(strata, (stratum) =>
      'values' in range ? stratum % range.values.length : (stratum + random.uniform()) / (count - 1),
    )
  })
  const drawn = Array.from({ length: count - 1 }, (_, i) => columns.map((column) => column[i]))
  const known = new Set<string>()
  return [startPoint(space), ...drawn].filter((point) => {
    const key = keyOf(space, point)
    return known.has(key) ? false : known.add(key)
  })
}
