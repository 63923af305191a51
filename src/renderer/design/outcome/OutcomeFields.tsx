import { Chip, Group, Select, Text, TextInput } from '@mantine/core'
import { type Concept, type TimeUnit, timeUnits } from '../../../contract/values.ts'
import { useFormats, useTranslation } from '../../language/index.ts'
import classes from '../../parts/models.module.css'
import { type Summary, suggestEvents, timeUnitOf } from '../../parts/suggest.ts'
import type { Draft } from '../draft.ts'
import { classColumns, numberColumns } from './draft.ts'

/** Which columns hold the outcome, and which of their values mean it happened. */
export const OutcomeFields = ({
  draft,
  change,
  columns,
  options,
  named,
  competingNote,
  fault,
}: {
  draft: Draft
  change: (part: Partial<Draft>) => void
  columns: readonly Summary[]
  options: (from: readonly Summary[]) => { value: string; label: string }[]
  named: (concept: Concept, value: string) => string
  /** What the chosen learner makes of competing events, where that is not what one would expect. */
  competingNote: string | undefined
  fault: (name: 'target' | 'time' | 'event' | 'eventValues' | 'horizons') => string | undefined
}) => {
  const { t } = useTranslation('models')
  const formats = useFormats()
  const event = columns.find(({ concept }) => concept.name === draft.event)
  const target = columns.find(({ concept }) => concept.name === draft.target)
  if (draft.task === 'survival')
    return (
      <>
        <div className={classes.pair}>
          <Select
            label={t('train.time')}
            required
            searchable
            data={options(numberColumns(columns))}
            value={draft.time}
            error={fault('time')}
            onChange={(time) => {
              const column = columns.find(({ concept }) => concept.name === time)
              change({ time, timeUnit: timeUnitOf(column?.concept.unit ?? null) })
            }}
          />
          <Select
            label={t('train.timeUnit')}
            data={timeUnits.map((unit) => ({ value: unit, label: t(`units.${unit}`) }))}
            value={draft.timeUnit}
            allowDeselect={false}
            onChange={(unit) => unit && change({ timeUnit: unit as TimeUnit })}
          />
          <Select
            label={t('train.event')}
            required
            searchable
            data={options(classColumns(columns))}
            value={draft.event}
            error={fault('event')}
            onChange={(name) => {
              const column = columns.find(({ concept }) => concept.name === name)
              change({ event: name, eventValues: column ? suggestEvents(column) : [], competingValues: [] })
            }}
          />
        </div>
        {event && (
          <div>
            <Text size="sm" fw={500} mb={4}>
              {t('train.eventValues', { column: event.concept.name })}
            </Text>
            <Chip.Group
              multiple
              value={draft.eventValues}
              onChange={(eventValues) =>
                change({
                  eventValues,
                  competingValues: draft.competingValues.filter((value) => !eventValues.includes(value)),
                })
              }
            >
              <Group gap={6}>
                {(event.counts ?? []).map(({ value, count }) => (
                  <Chip key={value} value={value} size="sm">
                    {named(event.concept, value)} ({formats.integer(count)})
                  </Chip>
                ))}
              </Group>
            </Chip.Group>
            {fault('eventValues') && (
              <Text size="xs" c="var(--mantine-color-error)" mt={4} role="alert">
                {fault('eventValues')}
              </Text>
            )}
          </div>
        )}
        {event &&
          draft.competingColumn === null &&
          (event.counts ?? []).some(({ value }) => !draft.eventValues.includes(value)) && (
            <div>
              <Text size="sm" fw={500}>
                {t('train.competingValues')}
              </Text>
              <Text size="xs" c="dimmed" mb={4}>
                {t('train.competingHelp')}
              </Text>
              <Chip.Group
                multiple
                value={draft.competingValues}
                onChange={(competingValues) => change({ competingValues })}
              >
                <Group gap={6}>
                  {(event.counts ?? [])
                    .filter(({ value }) => !draft.eventValues.includes(value))
                    .map(({ value, count }) => (
                      <Chip key={value} value={value} size="sm">
                        {named(event.concept, value)} ({formats.integer(count)})
                      </Chip>
                    ))}
                </Group>
              </Chip.Group>
              {competingNote && (
                <Text size="xs" c="var(--warn)" mt={4} role="status">
                  {competingNote}
                </Text>
              )}
            </div>
          )}
        <TextInput
          label={t('train.horizons')}
          description={t('train.horizonsHelp', { unit: t(`units.${draft.timeUnit}`) })}
          maw={420}
          value={draft.horizons}
          error={fault('horizons')}
          onChange={(typed) => change({ horizons: typed.currentTarget.value })}
        />
      </>
    )
  return (
    <>
      <Select
        label={t(draft.task === 'diagnosis' ? 'train.target' : 'train.targetValue')}
        required
        searchable
        maw={420}
        data={options(draft.task === 'diagnosis' ? classColumns(columns) : numberColumns(columns))}
        value={draft.target}
        error={fault('target')}
        onChange={(name) => change({ target: name, positive: null })}
      />
      {draft.task === 'diagnosis' && target && (
        <div>
          <Text size="sm" fw={500} mb={4}>
            {t('train.positive')}
          </Text>
          <Chip.Group
            value={draft.positive ?? ''}
            onChange={(positive) => change({ positive: positive === '' ? null : String(positive) })}
          >
            <Group gap={6}>
              <Chip value="" size="sm">
                {t('train.positiveAuto')}
              </Chip>
              {(target.counts ?? []).map(({ value, count }) => (
                <Chip key={value} value={value} size="sm">
                  {named(target.concept, value)} ({formats.integer(count)})
                </Chip>
              ))}
            </Group>
          </Chip.Group>
        </div>
      )}
    </>
  )
}
