import { Paper, Stack, Table, Text, Title } from '@mantine/core'
import type { ModelDetail } from '../../../contract/models.ts'
import { useFormats, useText, useTranslation } from '../../language/index.ts'
import classes from '../../parts/models.module.css'
import { ScrollX } from '../../parts/ScrollX.tsx'
import { SortHead, useSorting } from '../../parts/sorting.tsx'
import { Coefficients } from './Coefficients.tsx'
import { JointTests } from './JointTests.tsx'
import { PenaltyPath } from './PenaltyPath.tsx'

type Feature = ModelDetail['features'][number]

const values = {
  name: (feature: Feature) => feature.name,
  importance: (feature: Feature) => feature.importance,
  permutation: (feature: Feature) => feature.permutation?.value ?? null,
  missing: (feature: Feature) => feature.missing,
}

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
  const text = useText()
  const formats = useFormats()
  const { sorted, by, toggle } = useSorting(model.features, values, { column: 'importance', direction: 'descending' })
  const most = Math.max(0, ...model.features.map((feature) => feature.importance ?? 0))
  const measured = model.features.some(({ permutation }) => permutation)
  return (
    <Paper p="md">
      <Title order={2}>{t('inputs.title')}</Title>
      <Text size="sm" c="dimmed" mb="xs">
        {t('inputs.help')} {measured && t(`inputs.permutationHelp.${model.task}`)}
      </Text>
      <ScrollX>
        <Table>
          <Table.Thead>
            <Table.Tr>
              <SortHead column="name" by={by} onSort={toggle}>
                {t('inputs.feature')}
              </SortHead>
              <SortHead column="importance" by={by} onSort={toggle}>
                {t('inputs.importance')}
              </SortHead>
              {measured && (
                <SortHead column="permutation" by={by} onSort={toggle}>
                  {t('inputs.permutation')}
                </SortHead>
              )}
              <SortHead column="missing" by={by} onSort={toggle}>
                {t('inputs.missing')}
              </SortHead>
              <Table.Th>{t('inputs.seen')}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {sorted.map((feature) => (
              <Table.Tr key={feature.name}>
                <Table.Th scope="row" fw={500}>
                  {text(feature.label)}
                  {feature.unit && (
                    <Text span size="xs" c="dimmed">
                      {' '}
                      {formats.unit(feature.unit)}
                    </Text>
                  )}
                  <Text size="xs" c="dimmed" ff="monospace">
                    {feature.name}
                  </Text>
                </Table.Th>
                <Table.Td miw={190}>
                  {feature.importance === null ? (
                    '–'
                  ) : (
                    <div className={classes.bar}>
                      <div className={classes.track} aria-hidden>
                        <div
                          className={classes.fill}
                          style={{ width: `${most > 0 ? (100 * feature.importance) / most : 0}%` }}
                        />
                      </div>
                      <Text size="xs" className="tabular">
                        {formats.number(Number(feature.importance.toPrecision(3)))}
                      </Text>
                    </div>
                  )}
                </Table.Td>
                {measured && (
                  <Table.Td className="tabular">
                    <Loss estimate={feature.permutation ?? null} />
                  </Table.Td>
                )}
                <Table.Td miw={150}>
                  <div className={classes.bar}>
                    <div className={classes.track} aria-hidden>
                      {feature.missing > 0 && (
                        <div
                          className={classes.fill}
                          data-tone="missing"
                          style={{ width: `max(3px, ${(100 * feature.missing) / Math.max(1, model.rows)}%)` }}
                        />
                      )}
                    </div>
                    <Text size="xs" className="tabular">
                      {feature.missing === 0 ? t('study.noneMissing') : formats.integer(feature.missing)}
                    </Text>
                  </div>
                </Table.Td>
                <Table.Td>
                  <Text size="sm" className="tabular" lineClamp={2}>
                    {feature.levels
                      ? feature.levels.join(' · ')
                      : feature.low !== null && feature.high !== null
                        ? t('inputs.range', {
                            low: formats.number(feature.low, 3),
                            high: formats.number(feature.high, 3),
                          })
                        : '–'}
                  </Text>
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </ScrollX>
    </Paper>
  )
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
        <ScrollX>
          <Table>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{t('coefficients.term')}</Table.Th>
                <Table.Th ta="right">{t('proportionality.chisq')}</Table.Th>
                <Table.Th ta="right">{t('proportionality.df')}</Table.Th>
                <Table.Th ta="right">p</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {rows.map(({ term, chisq, df, p }) => (
                <Table.Tr key={term}>
                  <Table.Th scope="row" fw={500}>
                    {term}
                  </Table.Th>
                  <Table.Td ta="right" className="tabular">
                    {formats.fixed(chisq, 2)}
                  </Table.Td>
                  <Table.Td ta="right" className="tabular">
                    {formats.integer(df)}
                  </Table.Td>
                  <Table.Td ta="right" className="tabular" fw={p < 0.05 ? 600 : undefined}>
                    {p < 0.0001 ? `< ${formats.number(0.0001)}` : formats.fixed(p, 4)}
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </ScrollX>
      </Stack>
    </Paper>
  )
}
