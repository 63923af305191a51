import {
  Alert,
  Button,
  Group,
  NumberInput,
  Paper,
  Radio,
  SegmentedControl,
  Select,
  Stack,
  Text,
  TextInput,
} from '@mantine/core'
import { IconCheck, IconPlayerPlay } from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import { type FormEvent, useMemo, useState } from 'react'
import type * as z from 'zod'
import { splitKinds } from '../../contract/design.ts'
import type { LearnerInfoSchema } from '../../contract/models.ts'
import { type Task, tasks } from '../../contract/values.ts'
import { orpc } from '../api.ts'
import { FailureAlert } from '../errors/FailureAlert.tsx'
import { followJob, useJob } from '../jobs/follow.ts'
import { JobProgress } from '../jobs/JobProgress.tsx'
import { isActive } from '../jobs/list.ts'
import { useText, useTranslation } from '../language/index.ts'
import { usePlace } from '../shell/place.tsx'
import { type Draft, designOf, draftFor, faultsOf } from './draft.ts'
import { Enough } from './Enough.tsx'
import { FeaturePicker } from './FeaturePicker.tsx'
import { JsonBlock } from './JsonBlock.tsx'
import { Memory } from './Memory.tsx'
import classes from './models.module.css'
import { OutcomeFields } from './OutcomeFields.tsx'
import { ParameterField } from './ParameterField.tsx'
import { Section } from './Section.tsx'
import type { Summary } from './suggest.ts'

type Learner = z.infer<typeof LearnerInfoSchema>

/** The design of a model as a form; the same design stands beside it as JSON. */
export const TrainForm = ({
  study,
  rows,
  columns,
  learners,
}: {
  study: string
  rows: number
  columns: readonly Summary[]
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
  const faults = faultsOf(draft, columns)
  const fault = (name: (typeof faults)[number]) =>
    checked && faults.includes(name) ? t(`train.faults.${name}`) : undefined
  const design = useMemo(() => designOf(draft, study, learner?.parameters ?? []), [draft, study, learner])
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
              onChange={(task) =>
                setDraft({ ...draftFor(columns, learners, task as Task), name: draft.name, seed: draft.seed })
              }
            />
            <Text size="xs" c="dimmed" mt={4}>
              {t(`train.taskHelp.${draft.task}`)}
            </Text>
          </div>
          <OutcomeFields draft={draft} change={change} columns={columns} options={options} fault={fault} />
        </Section>

        <Section title={t('train.learner')}>
          <Radio.Group
            value={draft.learner}
            onChange={(id) => change({ learner: id, parameters: {} })}
            error={fault('learner')}
          >
            <div className={classes.learners}>
              {fitting.map((one) => (
                <Radio.Card key={one.id} value={one.id} className={classes.learner} aria-label={text(one.label)}>
                  <Group wrap="nowrap" align="flex-start" gap="sm">
                    <Radio.Indicator />
                    <div>
                      <Text size="sm" fw={600}>
                        {text(one.label)}
                      </Text>
                      <Text size="xs" c="dimmed">
                        {text(one.description)}
                      </Text>
                    </div>
                  </Group>
                </Radio.Card>
              ))}
            </div>
          </Radio.Group>
          {fitting.length === 0 && <Text c="dimmed">{t('train.noLearner')}</Text>}
          {learner && learner.parameters.length > 0 && (
            <div className={classes.pair}>
              {learner.parameters.map((parameter) => (
                <ParameterField
                  key={`${learner.id} ${parameter.name}`}
                  parameter={parameter}
                  value={draft.parameters[parameter.name] ?? parameter.default}
                  onChange={(value) => change({ parameters: { ...draft.parameters, [parameter.name]: value } })}
                />
              ))}
            </div>
          )}
        </Section>

        <FeaturePicker
          draft={draft}
          change={change}
          columns={columns}
          rows={rows}
          labelOf={labelOf}
          fault={fault('features')}
        />

        <Section title={t('train.validation')}>
          <div className={classes.pair}>
            <NumberInput
              label={t('train.test')}
              description={t('train.testHelp')}
              min={0}
              max={90}
              step={5}
              value={Math.round(draft.test * 100)}
              suffix={t('train.of100')}
              onChange={(value) => change({ test: Math.min(0.9, Math.max(0, Number(value) / 100)) })}
            />
            <Select
              label={t('train.split')}
              description={t(`train.splitHelp.${draft.split}`)}
              data={splitKinds.map((kind) => ({ value: kind, label: t(`train.splits.${kind}`) }))}
              value={draft.split}
              allowDeselect={false}
              onChange={(split) => split && change({ split: split as Draft['split'], splitColumn: null })}
            />
            {(draft.split === 'time' || draft.split === 'site') && (
              <Select
                label={t('train.splitColumn')}
                searchable
                data={options(columns)}
                value={draft.splitColumn}
                error={fault('splitColumn')}
                onChange={(splitColumn) => change({ splitColumn })}
              />
            )}
            <NumberInput
              label={t('train.folds')}
              description={t('train.foldsHelp')}
              min={0}
              max={50}
              allowDecimal={false}
              value={draft.folds}
              onChange={(value) => change({ folds: Math.min(50, Math.max(0, Math.round(Number(value)))) })}
            />
            <NumberInput
              label={t('train.seed')}
              description={t('train.seedHelp')}
              min={0}
              max={4294967295}
              allowDecimal={false}
              value={draft.seed}
              onChange={(value) => change({ seed: Math.min(4294967295, Math.max(0, Math.round(Number(value)))) })}
            />
          </div>
        </Section>
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
