import { fitAdditiveBag } from './additive/bag.ts'
import { helpBoosting } from './boosting/work.ts'
import { type FoldError, type PathFold, pathFoldErrors } from './elasticNet/crossValidation.ts'
import { type FoldResult, type FoldTask, fitFold } from './foldTask.ts'
import { askSecondForest } from './secondOpinion.ts'
import { fitMachine } from './svm/fitTask.ts'
import { binColumnsTask } from './trees/bins.ts'
import { growForestTrees } from './trees/forestTask.ts'
import { growObliqueTrees } from './trees/obliqueTask.ts'

/**
 * Tasks that learners run on several threads at once, by name. A task is a pure function of its input; inputs and
 * outputs are structured-clonable, large ones on SharedArrayBuffer. `Parallel` has its types from here. Loaded by jobs'
 * worker threads and, with one thread, in place.
 */
export const workerTasks = {
  binColumns: binColumnsTask,
  growForestTrees,
  growObliqueTrees,
  fitMachine,
  elasticNetFold: (input: PathFold): FoldError => pathFoldErrors(input),
  helpBoosting,
  askSecondForest,
  fitFold: (input: FoldTask): Promise<FoldResult> => fitFold(input, workerTasks),
  fitAdditiveBag,
}
