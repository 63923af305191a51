import { type LearnerFamily, learnerFamilies } from '../../../contract/models.ts'

/** Several learners are held against each other on the same folds; the simplest good one is taken. */
export const autoLearner = 'auto'

/** Learners by family, from what a person can read off to what only its results speak for. */
export const groupsOf = <T extends { family: LearnerFamily }>(
  learners: readonly T[],
): { group: LearnerFamily; learners: T[] }[] =>
  learnerFamilies
    .map((group) => ({ group, learners: learners.filter(({ family }) => family === group) }))
    .filter((each) => each.learners.length > 0)
