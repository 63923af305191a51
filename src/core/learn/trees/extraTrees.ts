import type { Learner } from '../learner.ts'
import { fitForest, forest } from './forest.ts'
import { loadForest } from './forestPredictor.ts'

/**
 * Extremely randomised trees (Geurts, Ernst & Wehenkel 2006): the random forest with one random cut a column instead of
 * the best, grown on all rows unless drawn. Criteria, leaves, missing values, predictions and model state are the
 * forest's.
 */
export const extraTrees: Learner = {
  ...forest,
  id: 'extraTrees',
  auto: undefined,
  family: 'trees',
  explains: 'treeShap',

  // All rows unless drawn, as these trees usually are.
  parameters: forest.parameters.map((one) => (one.name === 'replace' ? { ...one, default: false } : one)),
  fit: (...data) => fitForest(true, ...data),
  load: async (state) => loadForest(state),
}
