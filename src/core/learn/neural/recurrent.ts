import { invalidInput } from '../../../contract/errors.ts'
import type { Parameter } from '../../../contract/models.ts'
import type { Learner } from '../learner.ts'
import { netSearch } from '../search.ts'
import { fitNet } from './fit.ts'
import { loadNet } from './model.ts'
import {
  denseParameters,
  engineParameter,
  numeric,
  oneOf,
  survivalParameters,
  trainingParameters,
  withDefaults,
} from './parameters.ts'
import { checkChannels, fitSteps, requireSequences, type StepScaling, stepInputs, stepsOf } from './steps.ts'

const recurrentParameters: readonly Parameter[] = [
  oneOf(
    'cell',
    [
      { en: 'Cell', zh: '循环单元' },
      { en: 'Gated recurrent unit, or long short-term memory.', zh: '门控循环单元（GRU）或长短期记忆（LSTM）。' },
    ],
    ['gru', 'lstm'],
  ),
  numeric(
    'integer',
    'state',
    { en: 'Size of the state', zh: '状态大小' },
    { en: 'Numbers that the cell carries from step to step.', zh: '循环单元在各步之间传递的数值个数。' },
    [1, 16, 512],
  ),
  numeric(
    'integer',
    'steps',
    { en: 'Steps', zh: '步数' },
    { en: 'Latest steps of a patient that are read; more are left out.', zh: '读取每位患者最近的步数；更早的不读。' },
    [1, 200, 4096],
  ),
]

/**
 * Recurrent net over what was measured over time: at each step the values known by then, which of them are new, and how
 * long ago the step before and the case are; the state after the last step goes, with the columns, into dense layers.
 * For classes, values and survival. See docs/methods.md.
 */
export const recurrent: Learner = {
  id: 'recurrent',
  family: 'nets',
  label: { en: 'Recurrent net', zh: '循环神经网络' },
  description: {
    en: 'Reads repeated measurements in their order, at irregular times and with gaps, beside the other columns.',
    zh: '按先后顺序读取重复测量（时间不规则、可有缺失），并结合其他列。',
  },
  tasks: ['diagnosis', 'regression', 'survival'],
  parameters: [
    ...recurrentParameters,
    ...denseParameters(1, 32),
    ...withDefaults(trainingParameters, { learningRate: 0.005, dropout: 0.3, l2: 0.003 }),
    ...withDefaults(survivalParameters, { intervals: 10 }),
    engineParameter,
  ],
  needs: {
    categories: 'oneHot',
    standardise: true,
    native: false,
    missing: 'median',
    sequences: 'required',
  },
  stateVersion: 1,
  search: netSearch,
  fit: async (x, outcome, parameters, context, weights) => {
    requireSequences(x, 'recurrent')
    return fitNet('recurrent', x, outcome, parameters, context, weights, (taken) => {
      const sequences = requireSequences(taken, 'recurrent')
      const courses = fitSteps(sequences, Number(parameters.steps))
      return {
        front: {
          kind: 'recurrent',
          cell: parameters.cell === 'lstm' ? 'lstm' : 'gru',
          inputs: stepInputs(sequences.channels.length),
          units: Number(parameters.state),
        },
        data: { steps: stepsOf(sequences, courses) },
        header: { courses },
      }
    })
  },
  load: async (state) => {
    const courses = state.header.courses as StepScaling | undefined
    if (!courses?.channels) throw invalidInput('badArtifact')
    const names = courses.channels.map(({ name }) => name)
    return loadNet(state, (x) => ({ steps: stepsOf(checkChannels(x, names), courses) }))
  },
}
