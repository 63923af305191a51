import { Alert, Button, Paper, SegmentedControl, Stack, Text, TextInput } from '@mantine/core'
import { IconCheck, IconPlayerPlay } from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import { type FormEvent, useMemo, useState } from 'react'
import type * as z from 'zod'
import type { LearnerInfoSchema } from '../../contract/models.ts'
import { type Concept, type Task, tasks } from '../../contract/values.ts'
import { orpc } from '../api.ts'
import { FailureAlert } from '../errors/FailureAlert.tsx'
import { useText, useTranslation } from '../language/index.ts'
import { JsonBlock } from '../parts/JsonBlock.tsx'
import { followJob, useJob } from '../parts/jobs/follow.ts'
import { JobProgress } from '../parts/jobs/JobProgress.tsx'
import { isActive } from '../parts/jobs/list.ts'
import classes from '../parts/models.module.css'
import { usePlace } from '../parts/place.tsx'
import { Section } from '../parts/Section.tsx'
import { candidates, type Summary } from '../parts/suggest.ts'
import { CheckDesign } from './CheckDesign.tsx'
import { Eligibility } from './cases/Eligibility.tsx'
import type { Reading } from './concern.ts'
import { type Draft, designOf, draftFor, faultsOf, keptOf } from './draft.ts'
import { Enough } from './Enough.tsx'
import { FeaturePicker } from './features/FeaturePicker.tsx'
import { HistoryFields } from './history/HistoryFields.tsx'
import { LearnerPicker } from './learner/LearnerPicker.tsx'
import { autoLearner } from './learner/learnerGroups.ts'
import { Memory } from './Memory.tsx'
import { outcomeColumns } from './outcome/draft.ts'
import { OutcomeFields } from './outcome/OutcomeFields.tsx'
import { OutcomeMore } from './outcome/OutcomeMore.tsx'
import { PreparationFields } from './preparation/PreparationFields.tsx'
import { TermsFields } from './terms/TermsFields.tsx'
import { TuningFields } from './tuning/TuningFields.tsx'
import { ValidationFields } from './validation/ValidationFields.tsx'

type Learner = z.infer<typeof LearnerInfoSchema>

/** The design of a model as a form; the same design stands beside it as JSON. */
export const TrainForm = ({
  study,
  rows,
  columns,
  measured,
  learners,
}: {
  study: string
  rows: number
  columns: readonly Summary[]
  /** Concepts that are measured more than once. */
  measured: readonly Concept[]
  learners: readonly Learner[]
}) => {
  const { t } = useTranslation('models')
  const text = useText()
  const place = usePlace()
  const [draft, setDraft] = useState<Draft>(() => draftFor(columns, learners))
  const [checked, setChecked] = useState(false)
  const [started, setStarted] = useState<string | null>(null)
  const job = useJob(started)
  const change = (part: Partial<Draft>) => setDraft((before) => ({ ...before, ...part }))
  const fitting = learners.filter((learner) => learner.tasks.includes(draft.task))
  const learner = fitting.find(({ id }) => id === draft.learner) ?? null
  // Whatever the app may choose, it is fitted on features.
  const reading: Reading = learner ?? { reads: [], requires: [] }
  const faults = faultsOf(draft, columns, reading)
  const used = candidates(columns, outcomeColumns(draft)).filter(
    ({ concept }) => !draft.excluded.includes(concept.name),
  )
  const fault = (name: (typeof faults)[number]) =>
    checked && faults.includes(name) ? t(`train.faults.${name}`) : undefined
  const reads = draft.learner === autoLearner ? null : (learner?.reads ?? null)
  const competingNote =
    fault('competing') ??
    (draft.competingValues.length > 0 && reads !== null && !reads.includes('competing')
      ? t('outcome.unread.competing')
      : undefined)
  const design = useMemo(
    () => designOf(draft, study, learner?.parameters ?? [], learner ?? { reads: [], requires: [] }),
    [draft, study, learner],
  )
  const train = useMutation(
    orpc.models.train.mutationOptions({
      onSuccess: ({ job }) => {
        setStarted(job)
        void followJob(job)
      },
    }),
  )
  const submit = (event: FormEvent) => {
    event.preventDefault()
    setChecked(true)
    if (faults.length === 0 && !train.isPending) train.mutate(design)
  }
  const labelOf = ({ concept }: Summary) =>
    text(concept.label) && text(concept.label) !== concept.name
      ? `${concept.name} – ${text(concept.label)}`
      : concept.name
  const named = (concept: Concept, value: string) => {
    const level = concept.levels?.find(({ code }) => code === value)
    const label = level ? text(level.label) : ''
    return label && label.toLowerCase() !== value.toLowerCase() ? `${value} = ${label}` : value
  }
  const options = (from: readonly Summary[]) =>
    from.map((column) => ({ value: column.concept.name, label: labelOf(column) }))
  const running = job && isActive(job)
  const made = job?.state === 'done' && typeof job.result?.model === 'number' ? job.result.model : null

  return (
    <form className={classes.train} onSubmit={submit} noValidate>
      <Stack gap="md">
        <Section title={t('train.question')}>
          <TextInput
            label={t('train.name')}
            description={t('train.nameHelp')}
            maxLength={200}
            value={draft.name}
            onChange={(event) => change({ name: event.currentTarget.value })}
          />
          <div>
            <Text size="sm" fw={500} mb={4}>
              {t('train.task')}
            </Text>
            <SegmentedControl
              value={draft.task}
              aria-label={t('train.task')}
              data={tasks.map((task) => ({ value: task, label: t(`tasks.${task}`) }))}
              onChange={(task) => setDraft({ ...draftFor(columns, learners, task as Task), ...keptOf(draft) })}
            />
            <Text size="xs" c="dimmed" mt={4}>
              {t(`train.taskHelp.${draft.task}`)}
            </Text>
          </div>
          <OutcomeFields
            competingNote={competingNote}
            draft={draft}
            change={change}
            columns={columns}
            options={options}
            named={named}
            fault={fault}
          />
          <OutcomeMore draft={draft} change={change} columns={columns} options={options} named={named} reads={reads} />
          <Eligibility
            draft={draft}
            change={change}
            columns={columns}
            options={options}
            named={named}
            fault={fault('filters')}
          />
        </Section>

        <Section title={t('train.learner')}>
          <LearnerPicker draft={draft} change={change} fitting={fitting} fault={fault('learner')} />
          <TuningFields draft={draft} change={change} parameters={learner?.parameters ?? []} fault={fault('space')} />
        </Section>

        <FeaturePicker
          draft={draft}
          change={change}
          columns={columns}
          rows={rows}
          labelOf={labelOf}
          fault={fault('features')}
        >
          <PreparationFields draft={draft} change={change} used={used} options={options} />
          {reading.reads.includes('terms') && (
            <TermsFields
              draft={draft}
              change={change}
              used={used}
              options={options}
              fault={fault('splines') ?? fault('interactions')}
            />
          )}
          <HistoryFields
            draft={draft}
            change={change}
            columns={columns}
            measured={measured}
            options={options}
            reading={reading}
            faults={{ summaries: fault('summaries'), channels: fault('channels'), grids: fault('grids') }}
          />
        </FeaturePicker>

        <ValidationFields
          draft={draft}
          change={change}
          rows={rows}
          columns={options(columns)}
          fault={fault('splitColumn')}
        />
      </Stack>

      <div className={classes.aside}>
        <Paper p="md">
          <Stack gap="sm">
            <Enough draft={draft} columns={columns} rows={rows} />
            {checked && faults.length > 0 && (
              <Alert color="amber" p="xs" role="alert">
                {faults.map((name) => t(`train.faults.${name}`)).join(' ')}
              </Alert>
            )}
            <Memory design={design} enabled={faults.length === 0} />
            <Button
              type="submit"
              size="md"
              leftSection={<IconPlayerPlay size={17} />}
              loading={train.isPending}
              disabled={Boolean(running)}
            >
              {t('train.start')}
            </Button>
            <CheckDesign
              design={design}
              onCheck={() => {
                setChecked(true)
                return faults.length === 0
              }}
              onExclude={(column) => change({ excluded: [...new Set([...draft.excluded, column])] })}
            />
            {train.isError && <FailureAlert error={train.error} focus />}
            {job && <JobProgress job={job} />}
            {made !== null && (
              <Button color="moss" leftSection={<IconCheck size={16} />} onClick={() => place.model(made)}>
                {t('train.open')}
              </Button>
            )}
          </Stack>
        </Paper>
        <Paper p="md">
          <JsonBlock title={t('train.design')} value={design} />
        </Paper>
      </div>
    </form>
  )
}
