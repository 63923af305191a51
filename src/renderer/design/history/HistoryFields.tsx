import { MultiSelect, NumberInput, Select, Text, TextInput } from '@mantine/core'
import { summaryKinds } from '../../../contract/design.ts'
import { useFormats, useTranslation } from '../../language/index.ts'
import { Fold } from '../../parts/Fold.tsx'
import { narrow, Rows } from '../../parts/Rows.tsx'
import classes from '../design.module.css'
import { useDesignForm } from '../form.ts'
import { channelNames, type HistoryDraft } from './draft.ts'

type SummaryDraft = HistoryDraft['summaries'][number]

/**
 * What was measured more than once: one number of its history, or, for learners that can, its whole course; and
 * pictures.
 */
export const HistoryFields = () => {
  const { t } = useTranslation('design')
  const { draft, measured, reading, fault } = useDesignForm()
  const sequences = reading.reads.includes('sequences')
  const grids = reading.reads.includes('grids')
  if (measured.length === 0 && !sequences && !grids) return null
  const asked = draft.summaries.length + (sequences ? draft.channels.length : 0) + (grids && draft.grids ? 1 : 0)
  return (
    <Fold
      title={t('history.title')}
      {...(asked > 0 ? { asked: t('history.asked', { count: asked }) } : {})}
      fault={fault('summaries') ?? fault('channels') ?? fault('grids')}
    >
      {measured.length > 0 && <Summaries />}
      {sequences && <Sequences />}
      {(sequences || measured.length > 0) && <CaseTime />}
      {grids && <Grids />}
    </Fold>
  )
}

const daysOf = (value: string | number) => (typeof value === 'number' && value > 0 ? value : null)

/** Concepts that are measured more than once, to choose from. */
const useMeasured = () => useDesignForm().measured.map(({ name }) => ({ value: name, label: name }))

const useNumbers = () => {
  const { columns, options } = useDesignForm()
  return options(columns.filter(({ concept }) => concept.kind === 'number' || concept.kind === 'integer'))
}

/** One number of a history each. */
const Summaries = () => {
  const { t } = useTranslation('design')
  const { draft, change } = useDesignForm()
  const measured = useMeasured()
  return (
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
            className={narrow}
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
            data={measured}
            value={row.concept}
            onChange={(concept) => set({ concept })}
          />
          <NumberInput
            className={narrow}
            aria-label={t('history.window', { name })}
            placeholder={t('history.allTime')}
            suffix={t('history.days')}
            min={0}
            value={row.window ?? ''}
            hideControls
            onChange={(value) => set({ window: daysOf(value) })}
          />
        </>
      )}
    </Rows>
  )
}

/** The whole course of measurements. */
const Sequences = () => {
  const { t } = useTranslation('design')
  const { draft, change, fault } = useDesignForm()
  const measured = useMeasured()
  const numbers = useNumbers()
  return (
    <div className={classes.pair}>
      <MultiSelect
        label={t('history.channels')}
        description={t('history.channelsHelp')}
        searchable
        data={[
          ...(measured.length > 0 ? [{ group: t('history.measurements'), items: measured }] : []),
          { group: t('history.visits'), items: numbers },
        ]}
        value={draft.channels}
        onChange={(channels) => change({ channels })}
        error={fault('channels')}
      />
      <NumberInput
        label={t('history.channelWindow')}
        description={t('history.channelWindowHelp')}
        placeholder={t('history.allTime')}
        suffix={t('history.days')}
        min={0}
        value={draft.channelWindow ?? ''}
        onChange={(value) => change({ channelWindow: daysOf(value) })}
      />
    </div>
  )
}

/** When a case is looked at: of its history, what came before counts. */
const CaseTime = () => {
  const { t } = useTranslation('design')
  const { draft, change, columns, options } = useDesignForm()
  const days = columns.filter(({ concept }) => concept.kind !== 'text' && concept.kind !== 'category')
  return (
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
  )
}

/** Columns that are the points of a picture. */
const Grids = () => {
  const { t } = useTranslation('design')
  const formats = useFormats()
  const { draft, change, fault } = useDesignForm()
  const numbers = useNumbers()
  const { grids } = draft
  const set = (part: Partial<NonNullable<typeof grids>>) =>
    change({ grids: { ...(grids ?? { height: 1, width: 1, channels: 'value', columns: [] }), ...part } })
  const needed = grids ? grids.height * grids.width * channelNames(grids.channels).length : 0
  return (
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
            value={grids?.[side] ?? ''}
            onChange={(value) => set({ [side]: Math.max(1, Number(value) || 1) })}
          />
        ))}
        {grids && (
          <TextInput
            label={t('history.gridChannels')}
            description={t('history.gridChannelsHelp')}
            value={grids.channels}
            onChange={(event) => set({ channels: event.currentTarget.value })}
          />
        )}
      </div>
      {grids && (
        <MultiSelect
          label={t('history.gridColumns')}
          description={t('history.gridColumnsHelp', {
            chosen: formats.integer(grids.columns.length),
            needed: formats.integer(needed),
          })}
          searchable
          clearable
          clearButtonProps={{ 'aria-label': t('outcome.clear') }}
          data={numbers}
          value={grids.columns}
          onChange={(columns) => set({ columns })}
          error={fault('grids')}
        />
      )}
    </>
  )
}
