import { Paper, Stack, Text, Title } from '@mantine/core'
import type { ModelDetail } from '../../../contract/models.ts'
import { useFormats, useText, useTranslation } from '../../language/index.ts'
import { Bar } from '../../parts/Bar.tsx'
import { type Column, DataTable } from '../../parts/DataTable.tsx'
import { Coefficients } from './Coefficients.tsx'
import { JointTests } from './JointTests.tsx'
import { PenaltyPath } from './PenaltyPath.tsx'
import { pValue } from './pValue.ts'

type Feature = ModelDetail['features'][number]

/** What the model looks at: features with importance and missingness, coefficients where it has them. */
export const Inputs = ({ model }: { model: ModelDetail }) => (
  <Stack gap="xl">
    <Features model={model} />
    {model.fit && model.fit.coefficients.length > 0 && <Coefficients model={model} />}
    {model.fit?.tests && model.fit.tests.length > 0 && <JointTests tests={model.fit.tests} />}
    {model.fit?.path && <PenaltyPath path={model.fit.path} />}
    {model.fit?.proportionality && <Proportionality tests={model.fit.proportionality} />}
  </Stack>
)

const Features = ({ model }: { model: ModelDetail }) => {
  const { t } = useTranslation('models')
  const measured = model.features.some(({ permutation }) => permutation)
  const columns = useFeatureColumns(model, measured)
  return (
    <Paper p="md">
      <Title order={2}>{t('inputs.title')}</Title>
      <Text size="sm" c="dimmed" mb="xs">
        {t('inputs.help')} {measured && t(`inputs.permutationHelp.${model.task}`)}
      </Text>
      <DataTable
        rows={model.features}
        columns={columns}
        name={({ name }) => name}
        first={{ column: 'importance', direction: 'descending' }}
      />
    </Paper>
  )
}

const useFeatureColumns = (model: ModelDetail, measured: boolean): (Column<Feature> | false)[] => {
  const { t } = useTranslation('models')
  const text = useText()
  const formats = useFormats()
  const most = Math.max(0, ...model.features.map((feature) => feature.importance ?? 0))
  return [
    {
      id: 'name',
      head: t('inputs.feature'),
      sort: ({ name }) => name,
      cell: ({ name, label, unit }) => (
        <>
          {text(label)}
          {unit && (
            <Text span size="xs" c="dimmed">
              {' '}
              {formats.unit(unit)}
            </Text>
          )}
          <Text size="xs" c="dimmed" ff="monospace">
            {name}
          </Text>
        </>
      ),
      heads: true,
    },
    {
      id: 'importance',
      head: t('inputs.importance'),
      sort: ({ importance }) => importance,
      cell: ({ importance }) =>
        importance === null ? (
          '–'
        ) : (
          <Bar share={most > 0 ? importance / most : 0}>{formats.number(Number(importance.toPrecision(3)))}</Bar>
        ),
      props: { miw: 190 },
    },
    measured && {
      id: 'permutation',
      head: t('inputs.permutation'),
      sort: ({ permutation }) => permutation?.value ?? null,
      cell: ({ permutation }) => <Loss estimate={permutation ?? null} />,
      props: { className: 'tabular' },
    },
    {
      id: 'missing',
      head: t('inputs.missing'),
      sort: ({ missing }) => missing,
      cell: ({ missing }) => (
        <Bar share={missing / Math.max(1, model.rows)} tone="missing">
          {missing === 0 ? t('studies:study.noneMissing') : formats.integer(missing)}
        </Bar>
      ),
      props: { miw: 150 },
    },
    {
      id: 'seen',
      head: t('inputs.seen'),
      cell: ({ levels, low, high }) => (
        <Text size="sm" className="tabular" lineClamp={2}>
          {levels
            ? levels.join(' · ')
            : low !== null && high !== null
              ? t('inputs.range', { low: formats.number(low, 3), high: formats.number(high, 3) })
              : '–'}
        </Text>
      ),
    },
  ]
}

/** Loss of rank when the feature is dealt anew among cases, with its spread over repeats. */
const Loss = ({ estimate }: { estimate: Feature['permutation'] | null }) => {
  const formats = useFormats()
  if (estimate?.value == null) return '–'
  return (
    <Text size="xs">
      {formats.number(Number(estimate.value.toPrecision(3)))}{' '}
      {estimate.high !== null && (
        <Text span size="xs" c="dimmed">
          ± {formats.number(Number((estimate.high - estimate.value).toPrecision(2)))}
        </Text>
      )}
    </Text>
  )
}

/** Whether each feature's hazard ratio holds over the whole follow-up. */
const Proportionality = ({ tests }: { tests: NonNullable<NonNullable<ModelDetail['fit']>['proportionality']> }) => {
  const { t } = useTranslation('models')
  const formats = useFormats()
  const broken = tests.global.p < 0.05
  const rows = [...tests.tests, { term: t('proportionality.all'), ...tests.global }]
  return (
    <Paper p="md">
      <Stack gap="xs">
        <Title order={2}>{t('proportionality.title')}</Title>
        <Text size="sm" c="dimmed">
          {t('proportionality.help')}
        </Text>
        <Text size="sm" fw={600}>
          {t(broken ? 'proportionality.broken' : 'proportionality.holds')}
        </Text>
        <DataTable
          rows={rows}
          name={({ term }) => term}
          columns={[
            { id: 'term', head: t('coefficients.term'), cell: ({ term }) => term, heads: true },
            {
              id: 'chisq',
              head: t('proportionality.chisq'),
              cell: ({ chisq }) => formats.fixed(chisq, 2),
              number: true,
            },
            { id: 'df', head: t('proportionality.df'), cell: ({ df }) => formats.integer(df), number: true },
            {
              id: 'p',
              head: 'p',
              cell: ({ p }) => (
                <Text span inherit fw={p < 0.05 ? 600 : undefined}>
                  {pValue(p, formats)}
                </Text>
              ),
              number: true,
            },
          ]}
        />
      </Stack>
    </Paper>
  )
}
