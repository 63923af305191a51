import type { splitKinds } from '../../../contract/design.ts'
import type { Task } from '../../../contract/values.ts'
import type { Concern } from '../concern.ts'

/** How the model is put to the test. */
export interface ValidationDraft {
  /** Share of cases that are kept out. */
  test: number
  split: (typeof splitKinds)[number]
  splitColumn: string | null
  folds: number
  seed: number
  /** Of small cohorts: whether a forest of another implementation is asked as well. */
  secondOpinion: boolean
}

/** Largest study of which a second opinion is asked. */
export const mostForOpinion = 500

export const needsColumn = (split: (typeof splitKinds)[number]): boolean => split === 'time' || split === 'site'

export const validation: Concern<ValidationDraft, 'splitColumn', ValidationDraft & { task: Task }> = {
  start: () => ({ test: 0.25, split: 'stratified', splitColumn: null, folds: 5, seed: 1, secondOpinion: true }),
  kept: ({ seed }) => ({ seed }),
  faults: ({ split, splitColumn }) => (needsColumn(split) && !splitColumn ? ['splitColumn'] : []),
  design: ({ test, split, splitColumn, folds, seed, secondOpinion, task }) => ({
    validation: { test, split, splitColumn: needsColumn(split) ? splitColumn : null, folds },
    seed,
    ...(secondOpinion || task === 'survival' ? {} : { secondOpinion: false }),
  }),
}
