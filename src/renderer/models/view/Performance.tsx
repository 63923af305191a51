import { Alert, Paper, Stack, Table, Text, Title } from '@mantine/core'
import { useCallback, useMemo } from 'react'
import type { ModelDetail } from '../../../contract/models.ts'
import { daysPer } from '../../../contract/values.ts'
import { forestPlot } from '../../../figures/index.ts'
import { wordsOf } from '../../language/formats.ts'
import { useFormats, useLanguage, useTranslation } from '../../language/index.ts'
import { FigureBox } from '../../parts/FigureBox.tsx'
import { useLearnerName, useMetricText } from '../../parts/metrics.ts'
import { ScrollX } from '../../parts/ScrollX.tsx'
import { AssessmentFigures } from './AssessmentFigures.tsx'
import { referenceOf } from './assessed.ts'
import { MetricsTable } from './MetricsTable.tsx'
import { SecondOpinion } from './SecondOpinion.tsx'

/** How well the model does, on which cases, beside its comparator. */
export const Performance = ({ model }: { model: ModelDetail }) => {
  const { t } = useTranslation('models')
  const formats = useFormats()
  const learner = useLearnerName()
  const words = wordsOf(useLanguage())
  const { assessment, comparatorAssessment, comparator, crossValidation, design } = model
  const own = learner(model.learner)
  const other = comparator ? learner(comparator.learner) : t('performance.comparator')
  const series = useMemo(
    () => [
      { label: own, assessment },
      ...(comparatorAssessment
        ? [{ label: other === own ? t('performance.comparator') : other, assessment: comparatorAssessment }]
        : []),
    ],
    [own, other, assessment, comparatorAssessment, t],
  )
  const horizon =
    assessment.horizon !== null && design.outcome.task === 'survival'
      ? words.duration((assessment.horizon * daysPer[design.outcome.timeUnit]) / daysPer.years)
      : null
  return (
    <Stack gap="xl">
      <Stack gap="xs">
        {model.assessedOn === 'apparent' ? (
          <Alert color="amber" title={t('performance.apparentTitle')}>
            {t('performance.on.apparent', { n: formats.integer(assessment.rows) })}
          </Alert>
        ) : (
          <Text>
            {t(`performance.on.${model.assessedOn}`, { n: formats.integer(assessment.rows) })}
            {assessment.events !== null &&
              ` ${t('performance.events', { events: formats.integer(assessment.events) })}`}
            {horizon && ` ${t('performance.horizon', { time: horizon })}`}
          </Text>
        )}
        {model.setCoverage && model.setCoverage.value !== null && (
          <Text size="sm" c="dimmed">
            {t('performance.coverage', { coverage: words.withInterval(model.setCoverage) })}
          </Text>
        )}
      </Stack>
      <Paper p="md">
        <Title order={2} mb="sm">
          {t('figures.title')}
        </Title>
        <AssessmentFigures series={series} values={model.task === 'regression'} />
      </Paper>
      <Paper p="md">
        <Title order={2} mb="xs">
          {t('metrics.title')}
        </Title>
        <MetricsTable columns={series} />
      </Paper>
      {crossValidation && crossValidation.length > 0 && <Folds model={model} />}
      {model.secondOpinion && <SecondOpinion model={model} opinion={model.secondOpinion} />}
    </Stack>
  )
}

/** The headline metric in each fold of the cross-validation, as a forest plot and a table. */
const Folds = ({ model }: { model: ModelDetail }) => {
  const { t } = useTranslation('models')
  const language = useLanguage()
  const metric = useMetricText()
  const folds = model.crossValidation ?? []
  const name = model.headline.metric
  const names = Object.keys(folds[0]?.metrics ?? {}).filter((one) => one !== 'threshold' && one !== 'tau')
  const draw = useCallback(
    (size: { width: number; document: Document }) =>
      forestPlot(
        {
          rows: folds.map((fold) => ({
            label: t('folds.fold', { fold: fold.fold }),
            ...(fold.metrics[name] ?? { value: null, low: null, high: null }),
          })),
          reference: referenceOf(name),
          digits: 3,
        },
        {
          ...size,
          locale: language,
          texts: {
            title: t('folds.title'),
            description: t('folds.help'),
            axis: t(`metrics.names.${name}.label`, { defaultValue: name }),
            to: t('folds.to'),
          },
        },
      ),
    [folds, name, language, t],
  )
  return (
    <Paper p="md">
      <Stack gap="xs">
        <Title order={2}>{t('folds.title')}</Title>
        <Text size="sm" c="dimmed">
          {t('folds.help')}
        </Text>
        <FigureBox
          draw={draw}
          maxWidth={760}
          table={
            <ScrollX>
              <Table>
                <Table.Thead>
                  <Table.Tr>
                    <Table.Th>{t('folds.column')}</Table.Th>
                    {names.map((one) => (
                      <Table.Th key={one}>{t(`metrics.names.${one}.label`, { defaultValue: one })}</Table.Th>
                    ))}
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {folds.map((fold) => (
                    <Table.Tr key={fold.fold}>
                      <Table.Th scope="row">{fold.fold}</Table.Th>
                      {names.map((one) => (
                        <Table.Td key={one} className="tabular">
                          {fold.metrics[one] ? metric.estimate(fold.metrics[one]) : '–'}
                        </Table.Td>
                      ))}
                    </Table.Tr>
                  ))}
                </Table.Tbody>
              </Table>
            </ScrollX>
          }
        />
      </Stack>
    </Paper>
  )
}
