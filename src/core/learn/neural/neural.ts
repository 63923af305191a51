import type { Learner } from '../learner.ts'
import { netSearch } from '../search.ts'
import { fitNet } from './fit.ts'
import { loadNet } from './model.ts'
import { denseParameters, engineParameter, survivalParameters, trainingParameters } from './parameters.ts'

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
  label: { en: 'Neural net', zh: '神经网络' },
  description: {
    en: 'Layers of units that learn curves and interactions by themselves; needs many patients to beat simpler models.',
    zh: '多层单元，可自动学习曲线与交互作用；需要较多患者才能胜过更简单的模型。',
  },
  tasks: ['diagnosis', 'regression', 'survival'],
  parameters: [...denseParameters(2, 64), ...trainingParameters, ...survivalParameters, engineParameter],
  needs: { categories: 'oneHot', standardise: true, native: false, missing: 'median' },
  stateVersion: 2,
  search: netSearch,
  fit: (x, outcome, parameters, context, weights) =>
    fitNet('neural', x, outcome, parameters, context, weights, () => null),
  load: async (state) => loadNet(state),
}
