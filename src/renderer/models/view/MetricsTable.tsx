import { Table, Text } from '@mantine/core'
import { Fragment } from 'react'
import type { Assessment } from '../../../contract/models.ts'
import { useTranslation } from '../../language/index.ts'
import { useMetricText } from '../../parts/metrics.ts'
import { ScrollX } from '../../parts/ScrollX.tsx'
import { groupsOf } from './assessed.ts'

/** Every metric with its 95% interval and what it means in plain words; several assessments side by side. */
export const MetricsTable = ({
  columns,
  explained = true,
}: {
  columns: readonly { label: string; assessment: Assessment }[]
  explained?: boolean
}) => {
  const { t } = useTranslation('models')
  const metric = useMetricText()
  return (
    <ScrollX>
      <Table>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t('metrics.metric')}</Table.Th>
            {columns.map((column) => (
              <Table.Th key={column.label}>{column.label}</Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {groupsOf(columns.map((column) => column.assessment)).map(({ group, metrics }) => (
            <Fragment key={group}>
              <Table.Tr>
                <Table.Th colSpan={columns.length + 1} scope="rowgroup" pt="md">
                  <Text size="xs" fw={650} c="dimmed" tt="uppercase">
                    {t(`metrics.groups.${group}`)}
                  </Text>
                </Table.Th>
              </Table.Tr>
              {metrics.map((name) => (
                <Table.Tr key={name}>
                  <Table.Th scope="row" fw={500} maw={480}>
                    {t(`metrics.names.${name}.label`, { defaultValue: name })}
                    {explained && (
                      <Text size="xs" c="dimmed" fw={400}>
                        {t(`metrics.names.${name}.help`, { defaultValue: '' })}
                      </Text>
                    )}
                  </Table.Th>
                  {columns.map(({ label, assessment }) => {
                    const estimate = assessment.metrics[name]
                    return (
                      <Table.Td key={label} className="tabular" style={{ whiteSpace: 'nowrap' }}>
                        {estimate && estimate.value !== null ? metric.estimate(estimate) : '–'}
                      </Table.Td>
                    )
                  })}
                </Table.Tr>
              ))}
            </Fragment>
          ))}
        </Table.Tbody>
      </Table>
    </ScrollX>
  )
}
