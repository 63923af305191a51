import type { Concern } from '../concern.ts'

export interface LearnerDraft {
  learner: string
  parameters: Record<string, number | string | boolean>
}

export const learner: Concern<LearnerDraft, 'learner'> = {
  start({ task, learners }) {
    const fitting = learners.filter(({ tasks }) => tasks.includes(task))
    return {
      learner: (fitting.find(({ comparator }) => comparator.includes(task)) ?? fitting[0])?.id ?? '',
      parameters: {},
    }
  },
  faults: (draft) => (draft.learner ? [] : ['learner']),
  design: (draft, { parameters }) => ({
    learner: draft.learner,
    parameters: Object.fromEntries(
      parameters.flatMap(({ name, default: usual }) => {
        const value = draft.parameters[name]
        return value === undefined || value === usual ? [] : [[name, value]]
      }),
    ),
  }),
}
