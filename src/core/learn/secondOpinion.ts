import type { Matrix, Outcome } from '../cohort/matrix.ts'

/** One forest of somebody else's making: on which rows, whom to predict, and how long it may take. */
export interface OpinionTask {
  x: Matrix
  outcome: Outcome
  held: Matrix
  seed: number
  trees: number
  /** Seconds after which no further tree is begun. */
  limit: number
}

export interface Opinion {
  /** Class shares of the votes (row-major rows x classes), or means of values. */
  predicted: Float64Array
  /** Trees that were grown within the limit. */
  trees: number
  seconds: number
}

/**
 * A random forest of ml-random-forest: an implementation that shares no line with this one. It draws columns once a
 * tree, not at each split, and its trees vote. Trees are grown one by one, so that a slow one can be the last.
 */
export const askSecondForest = async ({ x, outcome, held, seed, trees, limit }: OpinionTask): Promise<Opinion> => {
  const { RandomForestClassifier, RandomForestRegression } = await import('ml-random-forest')
  const started = performance.now()
  const seconds = () => (performance.now() - started) / 1000
  const rows = rowsOf(x)
  const asked = rowsOf(held)
  const classes = outcome.task === 'diagnosis' ? outcome.classes.length : 1
  const predicted = new Float64Array(held.rows * classes)
  let grown = 0
  while (grown < trees && (grown === 0 || seconds() < limit)) {
    const options = {
      nEstimators: 1,
      seed: (seed + 1 + 104_729 * grown) % 2147483647,
      maxFeatures: 0.8,
      replacement: false,
      useSampleBagging: true,
      noOOB: true,
    }
    if (outcome.task === 'diagnosis') {
      const forest = new RandomForestClassifier(options)
      forest.train(rows, Array.from(outcome.y))
      forest.predict(asked).forEach((label: number, row: number) => {
        predicted[row * classes + label]++
      })
    } else if (outcome.task === 'regression') {
      const forest = new RandomForestRegression(options)
      forest.train(rows, Array.from(outcome.y))
      forest.predict(asked).forEach((value: number, row: number) => {
        predicted[row] += value
      })
    } else throw new TypeError('ml-random-forest knows classes and values only')
    grown++
  }
  return { predicted: predicted.map((sum) => sum / grown), trees: grown, seconds: seconds() }
}

const rowsOf = ({ rows, columns, data }: Matrix): number[][] =>
  Array.from({ length: rows }, (_, row) => Array.from({ length: columns }, (_, column) => data[column * rows + row]))
