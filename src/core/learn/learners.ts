import type { Learner } from './learner.ts'

/** All learners. One that is not here does not exist; `contract.test.ts` runs over this list. */
export const learners: readonly Learner[] = []

export const learnerOf = (id: string): Learner | undefined => learners.find((learner) => learner.id === id)
