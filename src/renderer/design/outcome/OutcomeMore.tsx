import { Select, Text } from '@mantine/core'
import type { LearnerInput } from '../../../contract/models.ts'
import { useTranslation } from '../../language/index.ts'
import { Fold } from '../../parts/Fold.tsx'
import type { Summary } from '../../parts/suggest.ts'
import { ValueChips } from '../../parts/ValueChips.tsx'
import classes from '../design.module.css'
import { useDesignForm } from '../form.ts'
import { autoLearner } from '../learner/learnerGroups.ts'
import { classColumns, countOutcome, numberColumns } from './draft.ts'

/** What else may decide a follow-up, and how much each case counts. */
export const OutcomeMore = () => {
  const { draft, change, columns, options, learner } = useDesignForm()
  // What the app will choose is not known yet.
  const reads = draft.learner === autoLearner ? null : (learner?.reads ?? null)
  const { t } = useTranslation('design')
  const asked = countOutcome(draft)
  const survival = draft.task === 'survival'
  const numbers = numberColumns(columns).filter(({ concept }) => concept.name !== draft.time)
  // Values of the event's own column stand beside those of the event.
  const competing = columns.find(({ concept }) => concept.name === draft.competingColumn)
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
            {competing && (
              <ValueChips
                column={competing}
                chosen={draft.competingValues}
                onChange={(competingValues) => change({ competingValues })}
              />
            )}
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
