import { MultiSelect, NumberInput, Select, Text, TextInput } from '@mantine/core'
import { summaryKinds } from '../../../contract/design.ts'
import type { LearnerInput } from '../../../contract/models.ts'
import type { Concept } from '../../../contract/values.ts'
import { useFormats, useTranslation } from '../../language/index.ts'
import { Fold } from '../../parts/Fold.tsx'
import classes from '../../parts/models.module.css'
import { Rows } from '../../parts/Rows.tsx'
import type { Summary } from '../../parts/suggest.ts'
import type { Draft } from '../draft.ts'
import { channelNames, type HistoryDraft } from './draft.ts'

type SummaryDraft = HistoryDraft['summaries'][number]

/** What was measured more than once: one number of its history, or, for learners that can, its whole course; and pictures. */
export const HistoryFields = ({
  draft,
  change,
  columns,
  measured,
  options,
  reading,
  faults,
}: {
  draft: Draft
  change: (part: Partial<Draft>) => void
  columns: readonly Summary[]
  /** Concepts that are measured more than once, besides the columns of the cases. */
  measured: readonly Concept[]
  options: (from: readonly Summary[]) => { value: string; label: string }[]
  reading: { reads: readonly LearnerInput[]; requires: readonly LearnerInput[] }
  faults: Partial<Record<'summaries' | 'channels' | 'grids', string | undefined>>
}) => {
  const { t } = useTranslation('models')
  const formats = useFormats()
  const readsSequences = reading.reads.includes('sequences')
  const readsGrids = reading.reads.includes('grids')
  const numbers = columns.filter(({ concept }) => concept.kind === 'number' || concept.kind === 'integer')
  const days = columns.filter(({ concept }) => concept.kind !== 'text' && concept.kind !== 'category')
  if (measured.length === 0 && !readsSequences && !readsGrids) return null
  const history = measured.map(({ name }) => ({ value: name, label: name }))
  const asked =
    draft.summaries.length + (readsSequences ? draft.channels.length : 0) + (readsGrids && draft.grids ? 1 : 0)
  const needed = draft.grids ? draft.grids.height * draft.grids.width * channelNames(draft.grids.channels).length : 0
  const days_ = (value: string | number) => (typeof value === 'number' && value > 0 ? value : null)
  return (
    <Fold
      title={t('history.title')}
      {...(asked > 0 ? { asked: t('history.asked', { count: asked }) } : {})}
      fault={faults.summaries ?? faults.channels ?? faults.grids}
    >
      {history.length > 0 && (
        <Rows<SummaryDraft>
          rows={draft.summaries}
          onChange={(summaries) => change({ summaries })}
          fresh={() => ({ concept: null, of: 'last', window: null })}
          add={t('history.addSummary')}
          name={(number) => t('history.summary', { number })}
        >
          {(row, set, name) => (
            <>
              <Select
                className={classes.rowNarrow}
                aria-label={t('history.kind', { name })}
                data={summaryKinds.map((value) => ({ value, label: t(`history.kinds.${value}`) }))}
                value={row.of}
                allowDeselect={false}
                onChange={(of) => of && set({ of: of as SummaryDraft['of'] })}
              />
              <Select
                aria-label={t('history.measurement', { name })}
                placeholder={t('history.choose')}
                searchable
                data={history}
                value={row.concept}
                onChange={(concept) => set({ concept })}
              />
              <NumberInput
                className={classes.rowNarrow}
                aria-label={t('history.window', { name })}
                placeholder={t('history.allTime')}
                suffix={t('history.days')}
                min={0}
                value={row.window ?? ''}
                hideControls
                onChange={(value) => set({ window: days_(value) })}
              />
            </>
          )}
        </Rows>
      )}
      {readsSequences && (
        <div className={classes.pair}>
          <MultiSelect
            label={t('history.channels')}
            description={t('history.channelsHelp')}
            searchable
            data={[
              ...(history.length > 0 ? [{ group: t('history.measurements'), items: history }] : []),
              { group: t('history.visits'), items: options(numbers) },
            ]}
            value={draft.channels}
            onChange={(channels) => change({ channels })}
            {...(faults.channels ? { error: faults.channels } : {})}
          />
          <NumberInput
            label={t('history.channelWindow')}
            description={t('history.channelWindowHelp')}
            placeholder={t('history.allTime')}
            suffix={t('history.days')}
            min={0}
            value={draft.channelWindow ?? ''}
            onChange={(value) => change({ channelWindow: days_(value) })}
          />
        </div>
      )}
      {(readsSequences || history.length > 0) && (
        <Select
          label={t('history.caseTime')}
          description={t('history.caseTimeHelp')}
          placeholder={t('history.caseDate')}
          maw={420}
          searchable
          clearable
          clearButtonProps={{ 'aria-label': t('outcome.clear') }}
          data={options(days)}
          value={draft.caseTime}
          onChange={(caseTime) => change({ caseTime })}
        />
      )}
      {readsGrids && (
        <>
          <Text size="sm" fw={500}>
            {t('history.grids')}
          </Text>
          <div className={classes.pair}>
            {(['height', 'width'] as const).map((side) => (
              <NumberInput
                key={side}
                label={t(`history.${side}`)}
                min={1}
                max={1024}
                allowDecimal={false}
                value={draft.grids?.[side] ?? ''}
                onChange={(value) =>
                  change({
                    grids: {
                      ...(draft.grids ?? { height: 1, width: 1, channels: 'value', columns: [] }),
                      [side]: Math.max(1, Number(value) || 1),
                    },
                  })
                }
              />
            ))}
            {draft.grids && (
              <TextInput
                label={t('history.gridChannels')}
                description={t('history.gridChannelsHelp')}
                value={draft.grids.channels}
                onChange={(event) =>
                  draft.grids && change({ grids: { ...draft.grids, channels: event.currentTarget.value } })
                }
              />
            )}
          </div>
          {draft.grids && (
            <MultiSelect
              label={t('history.gridColumns')}
              description={t('history.gridColumnsHelp', {
                chosen: formats.integer(draft.grids.columns.length),
                needed: formats.integer(needed),
              })}
              searchable
              clearable
              clearButtonProps={{ 'aria-label': t('outcome.clear') }}
              data={options(numbers)}
              value={draft.grids.columns}
              onChange={(chosen) => draft.grids && change({ grids: { ...draft.grids, columns: chosen } })}
              {...(faults.grids ? { error: faults.grids } : {})}
            />
          )}
        </>
      )}
    </Fold>
  )
}
