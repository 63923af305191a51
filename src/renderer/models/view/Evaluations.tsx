import { Alert, Button, Group, Paper, Select, Stack, Text, Title } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useMemo, useState } from 'react'
import type { Evaluation, ModelDetail } from '../../../contract/models.ts'
import { clinical, staff } from '../../../contract/procedure.ts'
import { orpc } from '../../api.ts'
import { FailureAlert } from '../../errors/FailureAlert.tsx'
import { useFormats, useTranslation, useWarningText } from '../../language/index.ts'
import { Flow } from '../../parts/Flow.tsx'
import { followJob, useJob } from '../../parts/jobs/follow.ts'
import { JobProgress } from '../../parts/jobs/JobProgress.tsx'
import { useMay } from '../../parts/session.ts'
import { Waiting } from '../../parts/View.tsx'
import { AssessmentFigures } from './AssessmentFigures.tsx'
import { MetricsTable } from './MetricsTable.tsx'

/** How the model does on cases of other studies, and a way to measure it on one more. */
export const Evaluations = ({ model }: { model: ModelDetail }) => {
  const { t } = useTranslation('models')
  const mayEvaluate = useMay(clinical)
  const evaluations = useQuery(orpc.models.evaluations.queryOptions({ input: { model: model.model } }))
  return (
    <Stack gap="lg">
      {mayEvaluate && <Start model={model} />}
      {evaluations.isError ? (
        <FailureAlert error={evaluations.error} onRetry={() => void evaluations.refetch()} />
      ) : evaluations.isPending ? (
        <Waiting rows={5} />
      ) : evaluations.data.length === 0 ? (
        <Text c="dimmed">{t('evaluations.none')}</Text>
      ) : (
        evaluations.data.map((evaluation) => <One key={evaluation.evaluation} evaluation={evaluation} model={model} />)
      )}
    </Stack>
  )
}

const Start = ({ model }: { model: ModelDetail }) => {
  const { t } = useTranslation('models')
  const maySee = useMay(staff)
  const studies = useQuery(orpc.studies.list.queryOptions({ enabled: maySee }))
  const [study, setStudy] = useState<string | null>(null)
  const [started, setStarted] = useState<string | null>(null)
  const job = useJob(started)
  const evaluate = useMutation(
    orpc.models.evaluate.mutationOptions({
      onSuccess: ({ job }) => {
        setStarted(job)
        void followJob(job)
      },
    }),
  )
  return (
    <Paper p="md" maw={760}>
      <Stack gap="sm">
        <Title order={2}>{t('evaluations.start')}</Title>
        <Text size="sm" c="dimmed">
          {t('evaluations.help')}
        </Text>
        <Group align="flex-end" gap="sm">
          <Select
            label={t('evaluations.study')}
            placeholder={t('evaluations.choose')}
            flex="1 1 240px"
            data={(studies.data ?? []).map((one) => ({
              value: one.name,
              label:
                one.name === model.study
                  ? t('evaluations.ownStudy', { study: one.name })
                  : t('evaluations.studyOption', { study: one.name, count: one.cases }),
            }))}
            value={study}
            onChange={setStudy}
          />
          <Button
            disabled={!study}
            loading={evaluate.isPending}
            onClick={() => study && evaluate.mutate({ model: model.model, study })}
          >
            {t('evaluations.evaluate')}
          </Button>
        </Group>
        {evaluate.isError && <FailureAlert error={evaluate.error} focus />}
        {job && job.state !== 'done' && <JobProgress job={job} />}
      </Stack>
    </Paper>
  )
}

const One = ({ evaluation, model }: { evaluation: Evaluation; model: ModelDetail }) => {
  const { t } = useTranslation('models')
  const warningText = useWarningText()
  const formats = useFormats()
  const series = useMemo(
    () => [
      { label: t('evaluations.on', { study: evaluation.study }), assessment: evaluation.assessment },
      { label: t('evaluations.own', { study: model.study }), assessment: model.assessment },
    ],
    [evaluation, model, t],
  )
  return (
    <Paper p="md" component="article">
      <Stack gap="md">
        <div>
          <Title order={2}>{t('evaluations.on', { study: evaluation.study })}</Title>
          <Text size="sm" c="dimmed">
            {formats.dateTime(evaluation.at)} · {t('cases', { count: evaluation.assessment.rows })}
            {evaluation.assessment.events !== null && ` · ${t('events', { count: evaluation.assessment.events })}`}
          </Text>
        </div>
        {evaluation.warnings.map((warning) => (
          <Alert key={`${warning.reason} ${warning.message}`} color="amber" p="xs">
            {warningText(warning)}
          </Alert>
        ))}
        <AssessmentFigures series={series} values={model.task === 'regression'} />
        <MetricsTable columns={series} explained={false} />
        <div>
          <Title order={3}>{t('evaluations.flow')}</Title>
          <Flow flow={evaluation.flow} />
        </div>
      </Stack>
    </Paper>
  )
}
