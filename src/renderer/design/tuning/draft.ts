import { type TuningDesign, TuningDesignSchema } from '../../../contract/design.ts'
import { type Concern, changed } from '../concern.ts'

/** How parameters are searched for. */
export interface TuningDraft {
  tuning: TuningDesign
}

export const tuning: Concern<TuningDraft, 'space'> = {
  start: () => ({ tuning: TuningDesignSchema.parse({}) }),
  faults({ tuning: { method, space } }) {
    const empty = Object.values(space).some((range) => 'low' in range && !(range.low < range.high))
    return method !== 'none' && empty ? ['space'] : []
  },
  design: (draft) =>
    draft.tuning.method === 'none' ? {} : { tuning: changed(draft.tuning, TuningDesignSchema.parse({})) },
}
