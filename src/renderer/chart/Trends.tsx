import { Modal, Table, Text, Title, UnstyledButton } from '@mantine/core'
import { useState } from 'react'
import { isoDay } from '../../contract/days.ts'
import { useFormats, useTranslation } from '../language/index.ts'
import classes from './Chart.module.css'
import type { Trend } from './record.ts'
import { TrendPlot } from './TrendPlot.tsx'

/** Small plots of everything measured more than once; each opens with its numbers. */
export const Trends = ({ trends }: { trends: readonly Trend[] }) => {
  const { t } = useTranslation('chart')
  const formats = useFormats()
  const [opened, setOpened] = useState<Trend | null>(null)
  const [last, setLast] = useState<Trend | null>(null)
  const trend = opened ?? last
  return (
    <section aria-labelledby="trends">
      <Title order={2} size="h3" id="trends" mb="xs">
        {t('trends')}
      </Title>
      <div className={classes.trends}>
        {trends.map((each) => (
          <UnstyledButton
            key={each.key}
            className={classes.trend}
            onClick={() => {
              setOpened(each)
              setLast(each)
            }}
          >
            <span className={classes.trendHead}>
              <Text size="sm" fw={550} component="span">
                {each.label}
              </Text>
              <span className="tabular">
                <b>{formats.number(each.points.at(-1)?.value, 3)}</b>{' '}
                <span className={classes.unit}>{formats.unit(each.concept?.unit)}</span>
              </span>
            </span>
            <TrendPlot trend={each} />
          </UnstyledButton>
        ))}
      </div>
      <Modal
        opened={opened !== null}
        onClose={() => setOpened(null)}
        size="lg"
        title={trend?.label}
        closeButtonProps={{ 'aria-label': t('shell:close') }}
      >
        {trend && (
          <>
            <TrendPlot trend={trend} large />
            <Table mt="md" stickyHeader>
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>{trend.dated ? t('trend.date') : t('trend.day')}</Table.Th>
                  <Table.Th ta="right">
                    {t('columns.value')} {formats.unit(trend.concept?.unit)}
                  </Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {trend.points.map((point, order) => (
                  // biome-ignore lint/suspicious/noArrayIndexKey: two values of one day are told apart by their order
                  <Table.Tr key={`${point.day} ${order}`}>
                    <Table.Td className="tabular">
                      {trend.dated ? formats.date(isoDay(point.day)) : formats.integer(point.day)}
                    </Table.Td>
                    <Table.Td className="tabular" ta="right">
                      {formats.number(point.value)}
                    </Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </>
        )}
      </Modal>
    </section>
  )
}
