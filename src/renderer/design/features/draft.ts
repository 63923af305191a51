import { candidates } from '../../parts/suggest.ts'
import type { Concern } from '../concern.ts'
import type { HistoryDraft } from '../history/draft.ts'
import { type OutcomeDraft, outcomeColumns } from '../outcome/draft.ts'

export interface FeaturesDraft {
  /** Columns left out of those offered. */
  excluded: string[]
}

/** What the dictionary already leaves out is left to the core; what was unticked by hand is named in `exclude`. */
export const features: Concern<FeaturesDraft, 'features', FeaturesDraft & OutcomeDraft & HistoryDraft> = {
  start: () => ({ excluded: [] }),
  faults(draft, { columns, reading: { reads } }) {
    const offered = candidates(columns, outcomeColumns(draft))
    const otherwise =
      draft.summaries.length > 0 ||
      (reads.includes('sequences') && draft.channels.length > 0) ||
      (reads.includes('grids') && draft.grids !== null)
    return otherwise || offered.some(({ concept }) => !draft.excluded.includes(concept.name)) ? [] : ['features']
  },
  design: (draft) => ({
    features: null,
    exclude: draft.excluded.filter((name) => !outcomeColumns(draft).includes(name)),
  }),
}
