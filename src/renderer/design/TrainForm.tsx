import { Alert, Button, Paper, Stack } from '@mantine/core'
import { IconCheck, IconPlayerPlay } from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import { type FormEvent, type FunctionComponent, useState } from 'react'
import { orpc } from '../api.ts'
import { FailureAlert } from '../errors/FailureAlert.tsx'
import { useTranslation } from '../language/index.ts'
import { JsonBlock } from '../parts/JsonBlock.tsx'
import { followJob, useJob } from '../parts/jobs/follow.ts'
import { JobProgress } from '../parts/jobs/JobProgress.tsx'
import { isActive } from '../parts/jobs/list.ts'
import { usePlace } from '../parts/place.tsx'
import { Section } from '../parts/Section.tsx'
import { CheckDesign } from './CheckDesign.tsx'
import { Eligibility } from './cases/Eligibility.tsx'
import classes from './design.module.css'
import { Enough } from './Enough.tsx'
import { FeaturePicker } from './features/FeaturePicker.tsx'
import { DesignFormProvider, type DesignSource, useDesignForm, useNewDesign } from './form.ts'
import { HistoryFields } from './history/HistoryFields.tsx'
import { LearnerPicker } from './learner/LearnerPicker.tsx'
import { Memory } from './Memory.tsx'
import { OutcomeFields } from './outcome/OutcomeFields.tsx'
import { OutcomeMore } from './outcome/OutcomeMore.tsx'
import { QuestionFields } from './outcome/QuestionFields.tsx'
import { MissingField } from './preparation/MissingField.tsx'
import { PreparationFields } from './preparation/PreparationFields.tsx'
import { TermsFields } from './terms/TermsFields.tsx'
import { TuningFields } from './tuning/TuningFields.tsx'
import { ValidationFields } from './validation/ValidationFields.tsx'

/** The form from top to bottom: fields find what they need in the design they stand in. */
const sections: { title: string; fields: Record<string, FunctionComponent> }[] = [
  { title: 'question', fields: { QuestionFields, OutcomeFields, OutcomeMore, Eligibility } },
  { title: 'learner', fields: { LearnerPicker, TuningFields } },
  { title: 'features', fields: { FeaturePicker, MissingField, PreparationFields, TermsFields, HistoryFields } },
  { title: 'validation', fields: { ValidationFields } },
]

/** The design of a model as a form; the same design stands beside it as JSON. */
export const TrainForm = (source: DesignSource) => {
  const { t } = useTranslation('design')
  const form = useNewDesign(source)
  const [started, setStarted] = useState<string | null>(null)
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
    if (form.check() && !train.isPending) train.mutate(form.design)
  }
  return (
    <DesignFormProvider value={form}>
      <form className={classes.train} onSubmit={submit} noValidate>
        <Stack gap="md">
          {sections.map(({ title, fields }) => (
            <Section key={title} title={t(`train.${title}`)}>
              {Object.entries(fields).map(([name, Fields]) => (
                <Fields key={name} />
              ))}
            </Section>
          ))}
        </Stack>
        <div className={classes.aside}>
          <Paper p="md">
            <Start pending={train.isPending} error={train.error} started={started} />
          </Paper>
          <Paper p="md">
            <JsonBlock title={t('train.design')} value={form.design} />
          </Paper>
        </div>
      </form>
    </DesignFormProvider>
  )
}

/** What stands for and against the design, the button that starts the training, and how far that is. */
const Start = ({
  pending,
  error,
  started,
}: {
  pending: boolean
  error: unknown
  /** The job, once there is one. */
  started: string | null
}) => {
  const { t } = useTranslation('design')
  const place = usePlace()
  const { draft, change, columns, rows, design, faults, fault, check } = useDesignForm()
  const job = useJob(started)
  const told = faults.flatMap((name) => fault(name) ?? [])
  const made = job?.state === 'done' && typeof job.result?.model === 'number' ? job.result.model : null
  return (
    <Stack gap="sm">
      <Enough draft={draft} columns={columns} rows={rows} />
      {told.length > 0 && (
        <Alert color="amber" p="xs" role="alert">
          {told.join(' ')}
        </Alert>
      )}
      <Memory design={design} enabled={faults.length === 0} />
      <Button
        type="submit"
        size="md"
        leftSection={<IconPlayerPlay size={17} />}
        loading={pending}
        disabled={job !== undefined && isActive(job)}
      >
        {t('train.start')}
      </Button>
      <CheckDesign
        design={design}
        onCheck={check}
        onExclude={(column) => change({ excluded: [...new Set([...draft.excluded, column])] })}
      />
      {error !== null && <FailureAlert error={error} focus />}
      {job && <JobProgress job={job} />}
      {made !== null && (
        <Button color="moss" leftSection={<IconCheck size={16} />} onClick={() => place.model(made)}>
          {t('train.open')}
        </Button>
      )}
    </Stack>
  )
}
