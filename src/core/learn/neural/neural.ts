import type { Learner } from '../learner.ts'
import { netSearch } from '../search.ts'
import { fitNet } from './fit.ts'
import { loadNet } from './model.ts'
import { netSettings } from './parameters.ts'

/**
 * Dense neural net: hidden layers of rectified linear units. Classes by the binary cross-entropy (softmax cross-entropy
 * for more than two), values by the squared error, survival by the hazards of intervals or by the Cox partial
 * likelihood; with dropout, penalties and early stopping on validation rows taken from the training rows. Class
 * probabilities are brought to the validation rows by a temperature, which is folded into the last layer. See
 * docs/methods.md.
 */
export const neural: Learner = {
  id: 'neural',
  family: 'nets',
  auto: { order: 5, rows: 2000 },
  tasks: ['diagnosis', 'regression', 'survival'],
  parameters: netSettings.list,
  needs: { categories: 'oneHot', standardise: true, native: false, missing: 'median' },
  stateVersion: 2,
  search: netSearch,
  fit: (x, outcome, parameters, context, weights) =>
    fitNet('neural', x, outcome, netSettings.read(parameters), context, weights, () => null),
  load: async (state) => loadNet(state),
}
