import { Paper, Stack, Text, Title } from '@mantine/core'
import type { ModelDetail, SecondOpinion as Opinion } from '../../../contract/models.ts'
import { useFormats, useTranslation } from '../../language/index.ts'
import { Fact, Facts } from '../../parts/Facts.tsx'
import { useLearnerName, useMetricText } from '../../parts/metrics.ts'

/** Kappa in words (Landis and Koch 1977). */
const agreements = [
  [0.8, 'almostPerfect'],
  [0.6, 'substantial'],
  [0.4, 'moderate'],
  [0.2, 'fair'],
  [Number.NEGATIVE_INFINITY, 'slight'],
] as const

const agreementOf = (kappa: number) => agreements.find(([least]) => kappa > least)?.[1] ?? 'slight'

/** How far a forest of another implementation says the same of the same held-out cases. */
export const SecondOpinion = ({ model, opinion }: { model: ModelDetail; opinion: Opinion }) => {
  const { t } = useTranslation('models')
  const formats = useFormats()
  const metric = useMetricText()
  const learner = useLearnerName()
  const kappa = opinion.kappa?.value ?? null
  return (
    <Paper p="md" component="section" maw={820}>
      <Stack gap="xs">
        <Title order={2}>{t('second.title')}</Title>
        <Text size="sm" c="dimmed">
          {t('second.help', {
            learner: opinion.learner,
            trees: formats.integer(opinion.trees),
            rows: formats.integer(opinion.rows),
            time: formats.duration(Number(opinion.seconds.toPrecision(2))),
          })}
        </Text>
        {opinion.estimate === null ? (
          <Text>{t('second.tooSlow')}</Text>
        ) : (
          <>
            {kappa !== null && <Text fw={600}>{t(`second.agreement.${agreementOf(kappa)}`)}</Text>}
            <Facts>
              {opinion.metric !== null && (
                <Fact name={t('second.other', { metric: metric(opinion.metric) })} className="tabular">
                  {metric.estimate(opinion.estimate)}
                </Fact>
              )}
              {opinion.difference && (
                <Fact name={t('second.difference', { learner: learner(model.learner) })} className="tabular">
                  {metric.estimate(opinion.difference, 3)}
                </Fact>
              )}
              {opinion.kappa && (
                <Fact name={t('second.kappa')} className="tabular">
                  {metric.estimate(opinion.kappa, 2)}
                </Fact>
              )}
              {opinion.correlation !== null && (
                <Fact name={t('second.correlation')} className="tabular">
                  {formats.fixed(opinion.correlation, 3)}
                </Fact>
              )}
            </Facts>
          </>
        )}
      </Stack>
    </Paper>
  )
}
