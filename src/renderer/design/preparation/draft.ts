import { type MissingPolicy, type PreparationDesign, PreparationDesignSchema } from '../../../contract/design.ts'
import type { Task } from '../../../contract/values.ts'
import { type Concern, changed } from '../concern.ts'

/** How columns become what the learner sees. */
export interface PreparationDraft {
  /** Null: as the learner needs it. */
  missing: MissingPolicy | null
  preparation: Omit<PreparationDesign, 'missing'>
}

const { missing: _, ...plain } = PreparationDesignSchema.parse({})

const asked = ({ preparation, task }: PreparationDraft & { task: Task }) =>
  changed({ ...preparation, balance: task === 'diagnosis' ? preparation.balance : 'none' }, plain)

export const preparation: Concern<PreparationDraft, never, PreparationDraft & { task: Task }> = {
  start: () => ({ missing: null, preparation: structuredClone(plain) }),
  kept: (draft) => ({ preparation: { ...draft.preparation, balance: 'none' } }),
  design: (draft) => ({ preparation: { missing: draft.missing, ...asked(draft) } }),
}

/** How many things are asked for, to say so on the fold. */
export const countPreparation = (draft: PreparationDraft & { task: Task }): number => Object.keys(asked(draft)).length
