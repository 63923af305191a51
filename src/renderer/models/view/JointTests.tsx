import { Paper, Stack, Table, Text, Title } from '@mantine/core'
import type { TermTest } from '../../../contract/models.ts'
import { useFormats, useTranslation } from '../../language/index.ts'
import { ScrollX } from '../../parts/ScrollX.tsx'

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
        <ScrollX>
          <Table>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{t('coefficients.term')}</Table.Th>
                <Table.Th>{t('tests.method')}</Table.Th>
                <Table.Th ta="right">{t('tests.statistic')}</Table.Th>
                <Table.Th ta="right">{t('proportionality.df')}</Table.Th>
                <Table.Th ta="right">p</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {tests.map(({ term, kind, method, statistic, df, residualDf, p }) => (
                <Table.Tr key={`${kind} ${term}`}>
                  <Table.Th scope="row" fw={500}>
                    {kind === 'nonlinear' ? t('tests.nonlinear', { term }) : term}
                  </Table.Th>
                  <Table.Td>{t(`tests.methods.${method}`)}</Table.Td>
                  <Table.Td ta="right" className="tabular">
                    {formats.fixed(statistic, 2)}
                  </Table.Td>
                  <Table.Td ta="right" className="tabular">
                    {formats.integer(df)}
                    {residualDf !== null && `, ${formats.number(residualDf, 1)}`}
                  </Table.Td>
                  <Table.Td ta="right" className="tabular">
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
