import type { Concern } from '../concern.ts'

export interface SplineDraft {
  column: string | null
  knots: number
}

/** Bends and interactions of a learner that has none of its own. */
export interface TermsDraft {
  splines: SplineDraft[]
  interactions: [string | null, string | null][]
}

export const terms: Concern<TermsDraft, 'splines' | 'interactions'> = {
  start: () => ({ splines: [], interactions: [] }),
  faults({ splines, interactions }, { reading }) {
    if (!reading.reads.includes('terms')) return []
    const bent = splines.map(({ column }) => column)
    return [
      ...(bent.includes(null) || new Set(bent).size < bent.length ? (['splines'] as const) : []),
      ...(interactions.some(([a, b]) => a === null || b === null || a === b) ? (['interactions'] as const) : []),
    ]
  },
  design({ splines, interactions }, { reads }) {
    if (!reads.includes('terms') || splines.length + interactions.length === 0) return {}
    return {
      terms: {
        ...(splines.length > 0
          ? { splines: splines.map(({ column, knots }) => ({ column: column ?? '', knots })) }
          : {}),
        ...(interactions.length > 0
          ? { interactions: interactions.map(([a, b]): [string, string] => [a ?? '', b ?? '']) }
          : {}),
      },
    }
  },
}
