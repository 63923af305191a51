import { Chip, Group, Select, TextInput } from '@mantine/core'
import { type TimeUnit, timeUnits } from '../../../contract/values.ts'
import { useTranslation } from '../../language/index.ts'
import { suggestEvents, timeUnitOf } from '../../parts/suggest.ts'
import { Asked, Chips, ValueChips } from '../../parts/ValueChips.tsx'
import classes from '../design.module.css'
import { useDesignForm } from '../form.ts'
import { autoLearner } from '../learner/learnerGroups.ts'
import { classColumns, numberColumns } from './draft.ts'

/** Which columns hold the outcome, and which of their values mean it happened. */
export const OutcomeFields = () => {
  const { draft } = useDesignForm()
  if (draft.task === 'survival') return <FollowUpFields />
  return <TargetFields />
}

/** A class or a number. */
const TargetFields = () => {
  const { t } = useTranslation('design')
  const { draft, change, columns, options, fault } = useDesignForm()
  const target = columns.find(({ concept }) => concept.name === draft.target)
  const classes = draft.task === 'diagnosis'
  return (
    <>
      <Select
        label={t(classes ? 'train.target' : 'train.targetValue')}
        required
        searchable
        maw={420}
        data={options(classes ? classColumns(columns) : numberColumns(columns))}
        value={draft.target}
        error={fault('target')}
        onChange={(name) => change({ target: name, positive: null })}
      />
      {classes && target && (
        <Asked title={t('train.positive')}>
          <Chip.Group
            value={draft.positive ?? ''}
            onChange={(positive) => change({ positive: positive === '' ? null : String(positive) })}
          >
            <Group gap={6}>
              <Chip value="" size="sm">
                {t('train.positiveAuto')}
              </Chip>
              <Chips column={target} />
            </Group>
          </Chip.Group>
        </Asked>
      )}
    </>
  )
}

/** Time until an event, or until the patient was last seen. */
const FollowUpFields = () => {
  const { t } = useTranslation('design')
  const { draft, change, columns, options, fault } = useDesignForm()
  const columnOf = (name: string | null) => columns.find(({ concept }) => concept.name === name)
  const event = columnOf(draft.event)
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
          onChange={(time) => change({ time, timeUnit: timeUnitOf(columnOf(time)?.concept.unit ?? null) })}
        />
        <Select
          label={t('train.timeUnit')}
          data={timeUnits.map((unit) => ({ value: unit, label: t(`models:units.${unit}`) }))}
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
            const column = columnOf(name)
            change({ event: name, eventValues: column ? suggestEvents(column) : [], competingValues: [] })
          }}
        />
      </div>
      {event && (
        <Asked title={t('train.eventValues', { column: event.concept.name })} fault={fault('eventValues')}>
          <ValueChips
            column={event}
            chosen={draft.eventValues}
            onChange={(eventValues) =>
              change({
                eventValues,
                competingValues: draft.competingValues.filter((value) => !eventValues.includes(value)),
              })
            }
          />
        </Asked>
      )}
      <CompetingValues />
      <TextInput
        label={t('train.horizons')}
        description={t('train.horizonsHelp', { unit: t(`models:units.${draft.timeUnit}`) })}
        maw={420}
        value={draft.horizons}
        error={fault('horizons')}
        onChange={(typed) => change({ horizons: typed.currentTarget.value })}
      />
    </>
  )
}

/** Values of the event's own column that rule the event out, where there are any left. */
const CompetingValues = () => {
  const { t } = useTranslation('design')
  const { draft, change, columns, learner, fault } = useDesignForm()
  const event = columns.find(({ concept }) => concept.name === draft.event)
  const left = (event?.counts ?? []).some(({ value }) => !draft.eventValues.includes(value))
  if (!event || !left || draft.competingColumn !== null) return null
  const unread =
    draft.competingValues.length > 0 &&
    draft.learner !== autoLearner &&
    learner !== null &&
    !learner.reads.includes('competing')
  return (
    <Asked
      title={t('train.competingValues')}
      help={t('train.competingHelp')}
      note={fault('competing') ?? (unread ? t('outcome.unread.competing') : undefined)}
    >
      <ValueChips
        column={event}
        without={draft.eventValues}
        chosen={draft.competingValues}
        onChange={(competingValues) => change({ competingValues })}
      />
    </Asked>
  )
}
