import {
  Alert,
  Badge,
  Button,
  Checkbox,
  Chip,
  Group,
  NumberInput,
  Paper,
  Radio,
  SegmentedControl,
  Select,
  Stack,
  Switch,
  Text,
  TextInput,
  Title,
} from '@mantine/core'
import { IconCheck, IconPlayerPlay } from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import { type FormEvent, type ReactNode, useId, useMemo, useState } from 'react'
import type * as z from 'zod'
import { missingPolicies, splitKinds } from '../../contract/design.ts'
import type { LearnerInfoSchema, Parameter } from '../../contract/models.ts'
import { type Task, type TimeUnit, tasks, timeUnits } from '../../contract/values.ts'
import { orpc } from '../api.ts'
import { FailureAlert } from '../errors/FailureAlert.tsx'
import { followJob, useJob } from '../jobs/follow.ts'
import { JobProgress } from '../jobs/JobProgress.tsx'
import { useFormats, useText, useTranslation } from '../language/index.ts'
import { usePlace } from '../shell/place.tsx'
import {
  classColumns,
  type Draft,
  designOf,
  draftFor,
  eventsOf,
  faultsOf,
  numberColumns,
  outcomeColumns,
} from './draft.ts'
import { JsonBlock } from './JsonBlock.tsx'
import classes from './models.module.css'
import { candidates, perTerm, type Summary, suggestEvents, termsOf, timeUnitOf } from './suggest.ts'

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
  const running = job && (job.state === 'queued' || job.state === 'running')
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

        <Features
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

const Section = ({ title, children }: { title: string; children: ReactNode }) => {
  const heading = useId()
  return (
    <Paper p="md" component="section" aria-labelledby={heading}>
      <Stack gap="sm">
        <Title order={2} id={heading}>
          {title}
        </Title>
        {children}
      </Stack>
    </Paper>
  )
}

const OutcomeFields = ({
  draft,
  change,
  columns,
  options,
  fault,
}: {
  draft: Draft
  change: (part: Partial<Draft>) => void
  columns: readonly Summary[]
  options: (from: readonly Summary[]) => { value: string; label: string }[]
  fault: (name: 'target' | 'time' | 'event' | 'eventValues' | 'horizons') => string | undefined
}) => {
  const { t } = useTranslation('models')
  const text = useText()
  const formats = useFormats()
  const event = columns.find(({ concept }) => concept.name === draft.event)
  const target = columns.find(({ concept }) => concept.name === draft.target)
  const named = (column: Summary, value: string) => {
    const level = column.concept.levels?.find(({ code }) => code === value)
    const label = level ? text(level.label) : ''
    return label && label.toLowerCase() !== value.toLowerCase() ? `${value} = ${label}` : value
  }
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
              change({ event: name, eventValues: column ? suggestEvents(column) : [] })
            }}
          />
        </div>
        {event && (
          <div>
            <Text size="sm" fw={500} mb={4}>
              {t('train.eventValues', { column: event.concept.name })}
            </Text>
            <Chip.Group multiple value={draft.eventValues} onChange={(eventValues) => change({ eventValues })}>
              <Group gap={6}>
                {(event.counts ?? []).map(({ value, count }) => (
                  <Chip key={value} value={value} size="sm">
                    {named(event, value)} ({formats.integer(count)})
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
                  {named(target, value)} ({formats.integer(count)})
                </Chip>
              ))}
            </Group>
          </Chip.Group>
        </div>
      )}
    </>
  )
}

/** One parameter of a learner, drawn from its description. */
const ParameterField = ({
  parameter,
  value,
  onChange,
}: {
  parameter: Parameter
  value: number | string | boolean
  onChange: (value: number | string | boolean) => void
}) => {
  const { t } = useTranslation('models')
  const text = useText()
  const formats = useFormats()
  const { type, min, max } = parameter
  const bounds =
    min !== null && max !== null
      ? t('train.between', { min: formats.number(min), max: formats.number(max) })
      : min !== null
        ? t('train.atLeast', { min: formats.number(min) })
        : max !== null
          ? t('train.atMost', { max: formats.number(max) })
          : ''
  const usual =
    type === 'number' || type === 'integer'
      ? t('train.default', { value: formats.number(Number(parameter.default)) })
      : ''
  const description = `${text(parameter.description)} ${[bounds, usual].filter(Boolean).join(' ')}`.trim()
  if (type === 'boolean')
    return (
      <Switch
        label={text(parameter.label)}
        description={description}
        checked={value === true}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
    )
  if (type === 'choice')
    return (
      <Select
        label={text(parameter.label)}
        description={description}
        data={parameter.choices ?? []}
        value={String(value)}
        allowDeselect={false}
        onChange={(chosen) => chosen !== null && onChange(chosen)}
      />
    )
  return (
    <NumberInput
      label={text(parameter.label)}
      description={description}
      value={Number(value)}
      {...(min === null ? {} : { min })}
      {...(max === null ? {} : { max })}
      allowDecimal={type === 'number'}
      decimalScale={type === 'number' ? 8 : 0}
      step={type === 'integer' ? 1 : stepFor(Number(parameter.default))}
      onChange={(typed) => onChange(typed === '' ? parameter.default : Number(typed))}
    />
  )
}

const stepFor = (usual: number) => (usual === 0 ? 0.1 : 10 ** Math.floor(Math.log10(Math.abs(usual))))

const Features = ({
  draft,
  change,
  columns,
  rows,
  labelOf,
  fault,
}: {
  draft: Draft
  change: (part: Partial<Draft>) => void
  columns: readonly Summary[]
  rows: number
  labelOf: (column: Summary) => string
  fault: string | undefined
}) => {
  const { t } = useTranslation('models')
  const formats = useFormats()
  const [search, setSearch] = useState('')
  const offered = candidates(columns, outcomeColumns(draft))
  const used = offered.filter(({ concept }) => !draft.excluded.includes(concept.name))
  const sought = search.trim().toLowerCase()
  const shown = offered.filter((column) => labelOf(column).toLowerCase().includes(sought))
  const holes = used.reduce((sum, column) => Math.max(sum, column.missing), 0)
  return (
    <Section title={t('train.features')}>
      <Group justify="space-between" gap="sm">
        <Text size="sm" c="dimmed">
          {t('train.featuresUsed', { used: used.length, offered: offered.length })}
        </Text>
        <Group gap={6}>
          <Button size="compact-xs" variant="default" onClick={() => change({ excluded: [] })}>
            {t('train.all')}
          </Button>
          <Button
            size="compact-xs"
            variant="default"
            onClick={() => change({ excluded: offered.map(({ concept }) => concept.name) })}
          >
            {t('train.noneOfThem')}
          </Button>
        </Group>
      </Group>
      {offered.length > 12 && (
        <TextInput
          size="xs"
          aria-label={t('study.search')}
          placeholder={t('study.search')}
          value={search}
          onChange={(event) => setSearch(event.currentTarget.value)}
        />
      )}
      <div className={classes.features}>
        <Stack gap={0} p={6}>
          {shown.map((column) => (
            <Group key={column.concept.name} justify="space-between" wrap="nowrap" gap="sm" px={6} py={5}>
              <Checkbox
                size="xs"
                label={labelOf(column)}
                checked={!draft.excluded.includes(column.concept.name)}
                onChange={(event) =>
                  change({
                    excluded: event.currentTarget.checked
                      ? draft.excluded.filter((name) => name !== column.concept.name)
                      : [...draft.excluded, column.concept.name],
                  })
                }
              />
              <Text size="xs" c="dimmed" className="tabular" style={{ whiteSpace: 'nowrap' }}>
                {t(`kinds.${column.concept.kind}`)}
                {column.missing > 0 &&
                  ` · ${t('train.missingOf', { missing: formats.integer(column.missing), rows: formats.integer(rows) })}`}
              </Text>
            </Group>
          ))}
          {shown.length === 0 && (
            <Text size="sm" c="dimmed" p={6}>
              {t('study.noneFound')}
            </Text>
          )}
        </Stack>
      </div>
      {fault && (
        <Text size="xs" c="var(--mantine-color-error)" role="alert">
          {fault}
        </Text>
      )}
      <Select
        label={t('train.missing')}
        description={t(`train.missingHelp.${draft.missing ?? 'auto'}`)}
        maw={420}
        data={[
          { value: '', label: t('train.missings.auto') },
          ...missingPolicies.map((policy) => ({ value: policy, label: t(`train.missings.${policy}`) })),
        ]}
        value={draft.missing ?? ''}
        allowDeselect={false}
        onChange={(policy) => change({ missing: (policy || null) as Draft['missing'] })}
      />
      {holes === 0 && (
        <Text size="xs" c="dimmed">
          {t('train.nothingMissing')}
        </Text>
      )}
    </Section>
  )
}

/** Whether there is enough to learn from, before anything is trained. */
const Enough = ({ draft, columns, rows }: { draft: Draft; columns: readonly Summary[]; rows: number }) => {
  const { t } = useTranslation('models')
  const formats = useFormats()
  const used = candidates(columns, outcomeColumns(draft)).filter(
    ({ concept }) => !draft.excluded.includes(concept.name),
  )
  const terms = used.reduce((sum, column) => sum + termsOf(column), 0)
  const events = eventsOf(draft, columns, rows)
  const { ratio, verdict } = perTerm(events, terms)
  const colours = { pass: 'moss', caution: 'amber', fail: 'brick', unknown: 'gray' } as const
  return (
    <div>
      <Group justify="space-between" gap="xs">
        <Text size="sm" fw={600}>
          {t('enough.title')}
        </Text>
        <Badge color={colours[verdict]} tt="none">
          {t(`enough.${verdict}`)}
        </Badge>
      </Group>
      <Text size="sm">
        {ratio === null
          ? t('enough.unknownHelp')
          : t(`enough.text.${draft.task}`, {
              events: formats.integer(events),
              terms: formats.integer(terms),
              ratio: formats.number(ratio, 1),
            })}
      </Text>
      {(verdict === 'fail' || verdict === 'caution') && (
        <Text size="xs" c="dimmed" mt={2}>
          {t(`enough.${verdict}Help`)}
        </Text>
      )}
    </div>
  )
}
