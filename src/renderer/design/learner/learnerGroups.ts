/** Several learners are held against each other on the same folds; the simplest good one is taken. */
export const autoLearner = 'auto'

/** From what a person can read off to what only its results speak for. */
export const learnerGroups = ['regression', 'trees', 'machines', 'nets', 'together', 'others'] as const
export type LearnerGroup = (typeof learnerGroups)[number]

const words: readonly [LearnerGroup, RegExp][] = [
  ['together', /stack|ensemble/i],
  ['nets', /neural|recurrent|convolution/i],
  ['trees', /forest|tree|boost|additive|ebm/i],
  ['machines', /svm|svr|vector|kernel/i],
  ['regression', /linear|logistic|regress|cox|aft|gray|poisson|ordinal|multinomial|elastic/i],
]

/** A learner's kind by its id; one that says none stands among the others, so that none is ever missing. */
export const groupOf = (id: string): LearnerGroup => words.find(([, pattern]) => pattern.test(id))?.[0] ?? 'others'

export const groupsOf = <T extends { id: string }>(learners: readonly T[]): { group: LearnerGroup; learners: T[] }[] =>
  learnerGroups
    .map((group) => ({ group, learners: learners.filter(({ id }) => groupOf(id) === group) }))
    .filter((each) => each.learners.length > 0)
