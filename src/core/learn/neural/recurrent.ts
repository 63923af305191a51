import { invalidInput } from '../../../contract/errors.ts'
import type { Learner } from '../learner.ts'
import { choice, describe, integer } from '../parameters.ts'
import { netSearch } from '../search.ts'
import { fitNet } from './fit.ts'
import { loadNet } from './model.ts'
import { denseParameters, engineParameter, survivalParameters, trainingParameters, withDefaults } from './parameters.ts'
import { checkChannels, fitSteps, requireSequences, type StepScaling, stepInputs, stepsOf } from './steps.ts'

const recurrentParameters = [
  choice('cell', ['gru', 'lstm']),
  integer('state', [1, 16, 512]),
  integer('steps', [1, 200, 4096]),
] as const

const settings = describe(
  ...recurrentParameters,
  ...denseParameters(1, 32),
  ...withDefaults(trainingParameters, { learningRate: 0.005, dropout: 0.3, l2: 0.003 }),
  ...withDefaults(survivalParameters, { intervals: 10 }),
  engineParameter,
)

/**
 * Recurrent net over what was measured over time: at each step the values known by then, which of them are new, and how
 * long ago the step before and the case are; the state after the last step goes, with the columns, into dense layers.
 * For classes, values and survival. See docs/methods.md.
 */
export const recurrent: Learner = {
  id: 'recurrent',
  family: 'nets',
  tasks: ['diagnosis', 'regression', 'survival'],
  parameters: settings.list,
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
    const values = settings.read(parameters)
    requireSequences(x, 'recurrent')
    return fitNet('recurrent', x, outcome, values, context, weights, (taken) => {
      const sequences = requireSequences(taken, 'recurrent')
      const courses = fitSteps(sequences, values.steps)
      return {
        front: {
          kind: 'recurrent',
          cell: values.cell,
          inputs: stepInputs(sequences.channels.length),
          units: values.state,
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
