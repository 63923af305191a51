import { Paper, Stack, Table, Text, Title } from '@mantine/core'
import { useCallback } from 'react'
import type { ModelDetail } from '../../contract/models.ts'
import { forestPlot } from '../../figures/index.ts'
import { useFormats, useLanguage, useText, useTranslation } from '../language/index.ts'
import { FigureBox } from '../prediction/FigureBox.tsx'
import { ScrollX } from '../prediction/ScrollX.tsx'
import classes from './models.module.css'
import { SortHead, useSorting } from './sorting.tsx'

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

const z95 = 1.959963984540054

const notEffects = new Set(['(Intercept)', 'Log(scale)'])
/** Learners of survival whose coefficients are no log hazard ratios. */
const ownAxis = new Set(['aft', 'fineGray'])

const Coefficients = ({ model }: { model: ModelDetail }) => {
  const { t } = useTranslation('models')
  const formats = useFormats()
  const language = useLanguage()
  const fit = model.fit
  const ratios = model.task !== 'regression'
  const shown = (fit?.coefficients ?? []).filter(
    ({ term, standardError }) => !notEffects.has(term) && standardError !== null,
  )
  const axis = ownAxis.has(model.learner) ? model.learner : model.task
  const draw = useCallback(
    (size: { width: number; document: Document }) =>
      forestPlot(
        {
          rows: shown.map(({ term, estimate, standardError }) => {
            const of = (value: number) => (ratios ? Math.exp(value) : value)
            const reach = z95 * (standardError ?? 0)
            return { label: term, value: of(estimate), low: of(estimate - reach), high: of(estimate + reach) }
          }),
          reference: ratios ? 1 : 0,
          logarithmic: ratios,
          digits: 3,
        },
        {
          ...size,
          locale: language,
          texts: {
            title: t('coefficients.title'),
            description: t('coefficients.help'),
            axis: t(`coefficients.axis.${axis}`),
            to: t('folds.to'),
          },
        },
      ),
    [shown, ratios, axis, language, t],
  )
  if (!fit) return null
  const number = (value: number | null) => (value === null ? '–' : formats.number(Number(value.toPrecision(6)), 8))
  return (
    <Paper p="md">
      <Stack gap="xs">
        <Title order={2}>{t('coefficients.title')}</Title>
        <Text size="sm" c="dimmed">
          {t('coefficients.help')}
        </Text>
        {shown.length > 0 && <FigureBox draw={draw} maxWidth={820} />}
        <ScrollX>
          <Table>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{t('coefficients.term')}</Table.Th>
                <Table.Th ta="right">{t('coefficients.estimate')}</Table.Th>
                <Table.Th ta="right">{t('coefficients.standardError')}</Table.Th>
                <Table.Th ta="right">z</Table.Th>
                <Table.Th ta="right">p</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {fit.coefficients.map((one) => (
                <Table.Tr key={one.term}>
                  <Table.Th scope="row" fw={500}>
                    {one.term}
                  </Table.Th>
                  <Table.Td ta="right" className="tabular">
                    {number(one.estimate)}
                  </Table.Td>
                  <Table.Td ta="right" className="tabular">
                    {number(one.standardError)}
                  </Table.Td>
                  <Table.Td ta="right" className="tabular">
                    {formats.fixed(one.z, 2)}
                  </Table.Td>
                  <Table.Td ta="right" className="tabular">
                    {one.p === null ? '–' : one.p < 0.0001 ? `< ${formats.number(0.0001)}` : formats.fixed(one.p, 4)}
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </ScrollX>
        <Text size="xs" c="dimmed" className="tabular">
          {t('coefficients.likelihood', {
            full: number(fit.logLikelihood),
            empty: number(fit.nullLogLikelihood),
            iterations: formats.integer(fit.iterations),
          })}{' '}
          {fit.converged === false && t('coefficients.notConverged')} {fit.robust && t('coefficients.robust')}
        </Text>
      </Stack>
    </Paper>
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
