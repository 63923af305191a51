import { BedsideError, type Failure } from '../../contract/errors.ts'
import type { Matrix, Outcome } from '../cohort/matrix.ts'
import { fitComposite, loadState } from './composite.ts'
import type { Parameters, Predictor } from './learner.ts'
import { learnerOf } from './learners.ts'
import { oneByOne, type WorkerTasks } from './parallel.ts'

/** One fit of a search: on which rows, with what, and whom to predict. */
export interface FoldTask {
  learner: string
  parameters: Parameters
  matrices: Matrix[]
  outcome: Outcome
  weights?: Float64Array
  balanced: boolean
  seed: number
  held: Matrix
  /** Survival: times to predict for; may be none. */
  times: number[]
}

export type FoldPrediction =
  | { task: 'diagnosis'; probabilities: Float64Array }
  | { task: 'regression'; values: Float64Array }
  | { task: 'survival'; risk: Float64Array; survival: Float64Array }

/** A setting that cannot be fitted on some fold is no bug: the search goes on without it. */
export type FoldResult = ({ predicted: FoldPrediction } | { failure: Failure }) & { seconds: number }

const neverAborted = new AbortController().signal

/** Fits on one fold's training rows and predicts its held-out rows, all in this thread. */
export const fitFold = async (
  { learner: id, parameters, matrices, outcome, weights, balanced, seed, held, times }: FoldTask,
  tasks: WorkerTasks,
): Promise<FoldResult> => {
  const started = performance.now()
  const seconds = () => (performance.now() - started) / 1000
  const learner = learnerOf(id)
  if (!learner) throw new Error(`There is no learner ${id}`)
  const context = {
    seed,
    threads: 1,
    signal: neverAborted,
    progress: () => {},
    parallel: oneByOne(tasks),
  }
  try {
    const options = { ...(weights ? { weights } : {}), balanced }
    const { state } = await fitComposite(learner, matrices, outcome, parameters, context, options)
    return { predicted: predictedBy(await loadState(learner, state), held, times), seconds: seconds() }
  } catch (error) {
    if (error instanceof BedsideError) return { failure: error.failure, seconds: seconds() }
    throw error
  }
}

const predictedBy = (predictor: Predictor, x: Matrix, times: number[]): FoldPrediction => {
  if (predictor.task === 'diagnosis') return { task: 'diagnosis', probabilities: predictor.probabilities(x) }
  if (predictor.task === 'regression') return { task: 'regression', values: predictor.values(x) }
  const survival = times.length > 0 ? predictor.survival(x, times) : new Float64Array(0)
  return { task: 'survival', risk: predictor.risk(x), survival }
}
