import { Paper, Stack, Text, Title } from '@mantine/core'
import { useCallback } from 'react'
import type { ModelDetail } from '../../../contract/models.ts'
import { forestPlot } from '../../../figures/index.ts'
import { useFormats, useLanguage, useTranslation } from '../../language/index.ts'
import { DataTable } from '../../parts/DataTable.tsx'
import { FigureBox } from '../../parts/FigureBox.tsx'
import { pValue } from './pValue.ts'

const z95 = 1.959963984540054

/** Intercepts, also a class's, thresholds between classes in order, and the scale of a distribution are no effects. */
const isEffect = (term: string) => !term.endsWith('(Intercept)') && !term.includes('|') && term !== 'Log(scale)'

/** The table and forest plot of a regression's coefficients. */
export const Coefficients = ({ model }: { model: ModelDetail }) => {
  const { t } = useTranslation('models')
  const formats = useFormats()
  const language = useLanguage()
  const fit = model.fit
  const effect = model.effect ?? 'difference'
  const ratios = effect !== 'difference'
  const shown = (fit?.coefficients ?? []).filter(({ term, standardError }) => isEffect(term) && standardError !== null)
  const draw = useCallback(
    (size: { width: number; document: Document }) =>
      forestPlot(
        {
          rows: shown.map((one) => {
            const of = (value: number) => (ratios ? Math.exp(value) : value)
            const { low, high } = limitsOf(one)
            return { label: one.term, value: of(one.estimate), low: of(low), high: of(high) }
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
            axis: t(`coefficients.axis.${effect}`),
            to: t('folds.to'),
          },
        },
      ),
    [shown, ratios, effect, language, t],
  )
  if (!fit) return null
  const interval = (one: (typeof fit.coefficients)[number]) => {
    if (one.standardError === null || (one.low === null && one.z === null)) return '–'
    const { low, high } = limitsOf(one)
    const of = (value: number) => formats.number(Number((ratios ? Math.exp(value) : value).toPrecision(3)), 8)
    const range = `${of(low)} ${t('folds.to')} ${of(high)}`
    return ratios ? `${of(one.estimate)} (${range})` : range
  }
  const number = (value: number | null) => (value === null ? '–' : formats.number(Number(value.toPrecision(6)), 8))
  return (
    <Paper p="md">
      <Stack gap="xs">
        <Title order={2}>{t('coefficients.title')}</Title>
        <Text size="sm" c="dimmed">
          {t('coefficients.help')}
        </Text>
        {shown.length > 0 && <FigureBox draw={draw} maxWidth={820} />}
        <DataTable
          rows={fit.coefficients}
          name={({ term }) => term}
          columns={[
            { id: 'term', head: t('coefficients.term'), cell: ({ term }) => term, heads: true },
            {
              id: 'estimate',
              head: t('coefficients.estimate'),
              cell: ({ estimate }) => number(estimate),
              number: true,
            },
            {
              id: 'standardError',
              head: t('coefficients.standardError'),
              cell: ({ standardError }) => number(standardError),
              number: true,
            },
            {
              id: 'effect',
              head: t(`coefficients.axis.${effect}`),
              cell: (one) => (isEffect(one.term) ? interval(one) : '–'),
              number: true,
            },
            { id: 'z', head: 'z', cell: ({ z }) => formats.fixed(z, 2), number: true },
            { id: 'p', head: 'p', cell: ({ p }) => pValue(p, formats), number: true },
          ]}
        />
        <Text size="xs" c="dimmed" className="tabular">
          {fit.logLikelihood !== null &&
            t('coefficients.likelihood', {
              full: number(fit.logLikelihood),
              empty: number(fit.nullLogLikelihood),
              iterations: formats.integer(fit.iterations),
            })}{' '}
          {fit.aic !== null && fit.aic !== undefined && t('coefficients.aic', { aic: number(fit.aic) })}{' '}
          {fit.r2 !== null &&
            fit.r2 !== undefined &&
            t(effect === 'difference' ? 'coefficients.r2' : 'coefficients.nagelkerke', {
              r2: formats.fixed(fit.r2, 3),
            })}{' '}
          {fit.dispersion !== null &&
            fit.dispersion !== undefined &&
            t('coefficients.dispersion', { dispersion: formats.fixed(fit.dispersion, 2) })}{' '}
          {fit.converged === false && t('coefficients.notConverged')} {fit.robust && t('coefficients.robust')}
        </Text>
      </Stack>
    </Paper>
  )
}

/** The stated limits, or Wald's of models from before limits were kept. */
const limitsOf = ({ estimate, standardError, low, high }: NonNullable<ModelDetail['fit']>['coefficients'][number]) => ({
  low: low ?? estimate - z95 * (standardError ?? 0),
  high: high ?? estimate + z95 * (standardError ?? 0),
})
