import { Chip, Group, Select, Text } from '@mantine/core'
import type { LearnerInput } from '../../../contract/models.ts'
import type { Concept } from '../../../contract/values.ts'
import { useFormats, useTranslation } from '../../language/index.ts'
import { Fold } from '../../parts/Fold.tsx'
import classes from '../../parts/models.module.css'
import type { Summary } from '../../parts/suggest.ts'
import type { Draft } from '../draft.ts'
import { classColumns, countOutcome, numberColumns } from './draft.ts'

/** What else may decide a follow-up, and how much each case counts. */
export const OutcomeMore = ({
  draft,
  change,
  columns,
  options,
  named,
  reads,
}: {
  draft: Draft
  change: (part: Partial<Draft>) => void
  columns: readonly Summary[]
  options: (from: readonly Summary[]) => { value: string; label: string }[]
  named: (concept: Concept, value: string) => string
  /** What the chosen learner makes something of; null: it is not known which it will be. */
  reads: readonly LearnerInput[] | null
}) => {
  const { t } = useTranslation('models')
  const formats = useFormats()
  const asked = countOutcome(draft)
  const survival = draft.task === 'survival'
  const numbers = numberColumns(columns).filter(({ concept }) => concept.name !== draft.time)
  // Values of the event's own column stand beside those of the event.
  const competing = columns.find(({ concept }) => concept.name === draft.competingColumn)
  const values = competing?.counts ?? []
  /** Says that the chosen learner does not read it. */
  const unread = (input: LearnerInput, is: boolean) =>
    is && reads !== null && !reads.includes(input) ? t(`outcome.unread.${input}`) : null
  const choose = (name: 'weights' | 'entry' | 'strata' | 'from', from: readonly Summary[], error: string | null) => (
    <Select
      label={t(`outcome.${name}`)}
      description={t(`outcome.${name}Help`)}
      placeholder={t('outcome.none')}
      searchable
      clearable
      clearButtonProps={{ 'aria-label': t('outcome.clear') }}
      data={options(from)}
      value={draft[name]}
      error={error}
      onChange={(value) => change({ [name]: value })}
    />
  )
  return (
    <Fold
      title={t(survival ? 'outcome.more' : 'outcome.weightsAlone')}
      {...(asked > 0 ? { asked: t('outcome.asked', { count: asked }) } : {})}
    >
      {survival && (
        <>
          <div>
            <Text size="sm" fw={500}>
              {t('outcome.competing')}
            </Text>
            <Text size="xs" c="dimmed" mb={6}>
              {t('outcome.competingHelp')}
            </Text>
            <Select
              aria-label={t('outcome.competingColumn')}
              maw={420}
              mb={8}
              data={[
                { value: '', label: t('outcome.sameColumn', { column: draft.event ?? '' }) },
                ...options(classColumns(columns).filter(({ concept }) => concept.name !== draft.event)),
              ]}
              value={draft.competingColumn ?? ''}
              allowDeselect={false}
              onChange={(column) => change({ competingColumn: column || null, competingValues: [] })}
            />
            <Chip.Group
              multiple
              value={draft.competingValues}
              onChange={(competingValues) => change({ competingValues })}
            >
              <Group gap={6}>
                {competing &&
                  values.map(({ value, count }) => (
                    <Chip key={value} value={value} size="sm">
                      {named(competing.concept, value)} ({formats.integer(count)})
                    </Chip>
                  ))}
              </Group>
            </Chip.Group>
          </div>
          <div className={classes.pair}>
            {choose('entry', numbers, unread('entry', draft.entry !== null))}
            {choose('strata', classColumns(columns), unread('strata', draft.strata !== null))}
            {choose('from', numbers, null)}
          </div>
        </>
      )}
      <div className={classes.pair}>{choose('weights', numbers, null)}</div>
    </Fold>
  )
}
