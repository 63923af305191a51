import { Paper, Stack, Text, Title } from '@mantine/core'
import type { TermTest } from '../../../contract/models.ts'
import { useFormats, useTranslation } from '../../language/index.ts'
import { DataTable } from '../../parts/DataTable.tsx'
import { pValue } from './pValue.ts'

/** Whether each feature, each bend and each interaction adds anything, all its coefficients together. */
export const JointTests = ({ tests }: { tests: readonly TermTest[] }) => {
  const { t } = useTranslation('models')
  const formats = useFormats()
  return (
    <Paper p="md">
      <Stack gap="xs">
        <Title order={2}>{t('tests.title')}</Title>
        <Text size="sm" c="dimmed">
          {t('tests.help')}
        </Text>
        <DataTable
          rows={tests}
          name={({ kind, term }) => `${kind} ${term}`}
          columns={[
            {
              id: 'term',
              head: t('coefficients.term'),
              cell: ({ kind, term }) => (kind === 'nonlinear' ? t('tests.nonlinear', { term }) : term),
              heads: true,
            },
            { id: 'method', head: t('tests.method'), cell: ({ method }) => t(`tests.methods.${method}`) },
            {
              id: 'statistic',
              head: t('tests.statistic'),
              cell: ({ statistic }) => formats.fixed(statistic, 2),
              number: true,
            },
            {
              id: 'df',
              head: t('proportionality.df'),
              cell: ({ df, residualDf }) =>
                formats.integer(df) + (residualDf === null ? '' : `, ${formats.number(residualDf, 1)}`),
              number: true,
            },
            { id: 'p', head: 'p', cell: ({ p }) => pValue(p, formats), number: true },
          ]}
        />
      </Stack>
    </Paper>
  )
}
