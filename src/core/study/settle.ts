import type { StudyDesign } from '../../contract/design.ts'
import { invalidInput } from '../../contract/errors.ts'
import type { Learner, Parameters } from '../learn/learner.ts'
import { learnerOf, learners } from '../learn/learners.ts'
import { completeParameters } from '../learn/parameters.ts'
import { refuseUnreadHistory } from './history.ts'
import { refuseUnread } from './survivalNeeds.ts'

/**
 * The permanent comparator: penalised logistic regression, Cox, linear regression; under competing events Fine-Gray, or
 * cause-specific Cox where rows enter late or have strata, which Fine-Gray does not take.
 */
export const comparatorOf = ({ outcome }: StudyDesign): string => {
  if (outcome.task !== 'survival') return outcome.task === 'diagnosis' ? 'logistic' : 'linear'
  if (!outcome.competing) return 'cox'
  return outcome.entry || outcome.strata ? 'competingCox' : 'fineGray'
}

/** What is fitted: a learner and its parameters. */
export interface Settled {
  learner: Learner
  parameters: Parameters
}

export const requireNamed = (id: string): Learner => {
  const learner = learnerOf(id)
  if (!learner)
    throw invalidInput(
      'unknownLearner',
      `There is no learner ${id}; the learners are ${learners.map((known) => known.id).join(', ')}.`,
    )
  return learner
}

export const requireLearner = (design: StudyDesign): Learner => {
  const learner = requireNamed(design.learner)
  const { task } = design.outcome
  if (!learner.tasks.includes(task))
    throw invalidInput('learnerTask', `The learner ${learner.id} does ${learner.tasks.join(', ')}, not ${task}.`)
  refuseUnread(learner, design.outcome)
  refuseUnreadHistory(learner, design)
  if (design.terms && !learner.needs.terms)
    throw invalidInput(
      'termsNotRead',
      `The learner ${learner.id} finds curves and interactions by itself and takes no splines or products. Leave the terms out, or choose among ${learners
        .filter(({ tasks, needs }) => tasks.includes(task) && needs.terms)
        .map(({ id }) => id)
        .join(', ')}.`,
    )
  return learner
}

/** The learner and the parameters that a design names, completed and checked. */
export const namedIn = (design: StudyDesign): Settled => {
  const learner = requireLearner(design)
  return { learner, parameters: completeParameters(learner, design.parameters) }
}
