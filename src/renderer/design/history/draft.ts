import type { SummaryDesign } from '../../../contract/design.ts'
import { type Concern, listed } from '../concern.ts'

/** What was measured more than once: as summaries, as series, as pictures. */
export interface HistoryDraft {
  summaries: (Omit<SummaryDesign, 'concept' | 'window'> & { concept: string | null; window: number | null })[]
  channels: string[]
  channelWindow: number | null
  caseTime: string | null
  grids: { height: number; width: number; channels: string; columns: string[] } | null
}

export const channelNames = listed

export const history: Concern<HistoryDraft, 'summaries' | 'channels' | 'grids'> = {
  start: () => ({ summaries: [], channels: [], channelWindow: null, caseTime: null, grids: null }),
  kept: ({ summaries, channels, channelWindow, caseTime, grids }) => ({
    summaries,
    channels,
    channelWindow,
    caseTime,
    grids,
  }),
  faults({ summaries, channels, grids }, { reading: { reads, requires } }) {
    const faults: ('summaries' | 'channels' | 'grids')[] = []
    if (summaries.some(({ concept }) => concept === null)) faults.push('summaries')
    if (requires.includes('sequences') && channels.length === 0) faults.push('channels')
    const cells = grids ? grids.height * grids.width * channelNames(grids.channels).length : 0
    if (grids && reads.includes('grids') && grids.columns.length !== cells) faults.push('grids')
    return faults
  },
  design: ({ summaries, channels, channelWindow, caseTime, grids }, { reads }) => ({
    ...(caseTime ? { caseTime } : {}),
    ...(summaries.length > 0
      ? {
          summaries: summaries.map(({ concept, of, window }) => ({
            concept: concept ?? '',
            of,
            ...(window === null ? {} : { window }),
          })),
        }
      : {}),
    ...(channels.length > 0 && reads.includes('sequences')
      ? { sequences: { channels, ...(channelWindow === null ? {} : { window: channelWindow }) } }
      : {}),
    ...(grids && reads.includes('grids') ? { grids: { ...grids, channels: channelNames(grids.channels) } } : {}),
  }),
}
