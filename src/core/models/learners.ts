import { StudyDesignSchema } from '../../contract/design.ts'
import { type LearnerInfo, learnerInputs } from '../../contract/models.ts'
import type { Task } from '../../contract/values.ts'
import type { Learner } from '../learn/learner.ts'
import { learners } from '../learn/learners.ts'
import { autoLearner } from '../study/tune/settle.ts'

/** The least that a design says of its outcome. */
const plainOutcomes = {
  diagnosis: { task: 'diagnosis', target: 'y' },
  regression: { task: 'regression', target: 'y' },
  survival: { task: 'survival', time: 't', event: { column: 'e', values: ['1'] } },
} as const satisfies Record<Task, object>

const outcomeOf = (task: Task) =>
  StudyDesignSchema.parse({ study: 's', outcome: plainOutcomes[task], learner: autoLearner.id }).outcome

type Described = Pick<Learner, 'id' | 'tasks' | 'parameters' | 'family' | 'comparator'> & {
  needs: Partial<Learner['needs']>
}

const described = ({ needs, comparator, ...learner }: Described): LearnerInfo => ({
  id: learner.id,
  family: learner.family,
  tasks: [...learner.tasks],
  parameters: [...learner.parameters],
  comparator: learner.tasks.filter((task) => comparator?.(outcomeOf(task))),
  reads: learnerInputs.filter((input) => needs[input] !== undefined),
  requires: learnerInputs.filter((input) => needs[input] === 'required'),
})

/** All learners, and `auto` that chooses among them, as the form, the shell and the API list them. */
export const describedLearners: LearnerInfo[] = [...learners, { ...autoLearner, needs: {} }].map(described)
