import { Badge, Button, Group, List, Stack, Table, Text, Title } from '@mantine/core'
import type { Collinearity, Leak, SampleSize } from '../../contract/models.ts'
import { useFormats, useTranslation } from '../language/index.ts'
import { ScrollX } from './ScrollX.tsx'

const colours = { pass: 'moss', fail: 'brick', unknown: 'gray' } as const

/** Whether there are enough cases for so many parameters, and which criterion asks for how many. */
export const SampleSizeShown = ({ size }: { size: SampleSize }) => {
  const { t } = useTranslation('models')
  const formats = useFormats()
  return (
    <Stack gap={4}>
      <Group justify="space-between" gap="xs">
        <Title order={3} size="h4">
          {t('checks.size')}
        </Title>
        <Badge color={colours[size.verdict]} miw="max-content">
          {t(`checks.verdicts.${size.verdict}`)}
        </Badge>
      </Group>
      <Text size="sm">
        {size.unknown !== null
          ? t(`checks.unknown.${size.unknown}`)
          : t(size.events === null ? 'checks.sizeText' : 'checks.sizeTextEvents', {
              rows: formats.integer(size.rows),
              events: formats.integer(size.events),
              parameters: formats.integer(size.parameters),
              needed: formats.integer(size.needed),
            })}
      </Text>
      {size.criteria.length > 0 && (
        <List size="xs" c="dimmed">
          {size.criteria.map(({ name, rows }) => (
            <List.Item key={name}>{t(`checks.criteria.${name}`, { rows: formats.integer(rows) })}</List.Item>
          ))}
        </List>
      )}
    </Stack>
  )
}

/** Columns that say too much about the outcome; `onExclude` leaves one out. */
export const LeaksShown = ({ leaks, onExclude }: { leaks: readonly Leak[]; onExclude?: (column: string) => void }) => {
  const { t } = useTranslation('models')
  const formats = useFormats()
  return (
    <Stack gap={4}>
      <Group justify="space-between" gap="xs">
        <Title order={3} size="h4">
          {t('checks.leaks')}
        </Title>
        <Badge color={leaks.length > 0 ? 'brick' : 'moss'} miw="max-content">
          {leaks.length > 0 ? t('checks.found', { count: leaks.length }) : t('checks.none')}
        </Badge>
      </Group>
      {leaks.length === 0 ? (
        <Text size="sm">{t('checks.noLeaks')}</Text>
      ) : (
        leaks.map(({ column, kind, area }) => (
          <Group key={`${column} ${kind}`} justify="space-between" gap="xs" wrap="nowrap" align="flex-start">
            <Text size="sm">{t(`checks.leak.${kind}`, { column, area: formats.fixed(area, 3) })}</Text>
            {onExclude && (
              <Button
                size="compact-xs"
                variant="default"
                style={{ flex: 'none' }}
                aria-label={t('checks.excludeNamed', { column })}
                onClick={() => onExclude(column)}
              >
                {t('checks.exclude')}
              </Button>
            )}
          </Group>
        ))
      )}
    </Stack>
  )
}

/** Columns that repeat each other: their coefficients share one effect, however well the model predicts. */
export const CollinearityShown = ({ collinearity }: { collinearity: Collinearity }) => {
  const { t } = useTranslation('models')
  const formats = useFormats()
  const { pairs, inflation, condition } = collinearity
  const found = pairs.length + inflation.length
  return (
    <Stack gap={4}>
      <Group justify="space-between" gap="xs">
        <Title order={3} size="h4">
          {t('checks.collinearity')}
        </Title>
        <Badge color={found > 0 ? 'amber' : 'moss'} miw="max-content">
          {found > 0 ? t('checks.found', { count: found }) : t('checks.none')}
        </Badge>
      </Group>
      <Text size="sm">
        {t(found > 0 ? 'checks.repeats' : 'checks.noRepeats')}{' '}
        {condition === null ? t('checks.singular') : t('checks.condition', { condition: formats.number(condition, 1) })}
      </Text>
      {found > 0 && (
        <ScrollX>
          <Table fz="xs">
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{t('checks.columns')}</Table.Th>
                <Table.Th ta="right">{t('checks.measure')}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {pairs.map(({ terms: [first, second], correlation }) => (
                <Table.Tr key={`${first} ${second}`}>
                  <Table.Td>{t('checks.pair', { first, second })}</Table.Td>
                  <Table.Td ta="right" className="tabular">
                    r = {formats.fixed(correlation, 3)}
                  </Table.Td>
                </Table.Tr>
              ))}
              {inflation.map(({ term, factor }) => (
                <Table.Tr key={term}>
                  <Table.Td>{term}</Table.Td>
                  <Table.Td ta="right" className="tabular">
                    {factor === null ? t('checks.combination') : `VIF ${formats.number(factor, 1)}`}
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </ScrollX>
      )}
    </Stack>
  )
}
