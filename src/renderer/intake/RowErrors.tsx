import { Button, Chip, Code, Group, Paper, Table, Text, Title } from '@mantine/core'
import { IconDownload } from '@tabler/icons-react'
import { useState } from 'react'
import type { ImportReport, RowError } from '../../contract/intake.ts'
import { FailureAlert } from '../errors/FailureAlert.tsx'
import { useFormats, useTranslation, useWarningText } from '../language/index.ts'
import { saveFile } from '../parts/save.ts'
import { rowErrorsCsv } from './csv.ts'
import classes from './Intake.module.css'
import { byCount, matches, type ReasonGroup } from './report.ts'

/**
 * Why rows were rejected: grouped by reason, each row with its place in the file, and the whole list as CSV.
 *
 * @param all fetches every rejected row for the download, where more are kept than are shown
 */
export const RowErrors = ({
  errors,
  total,
  reasons,
  file,
  all,
}: {
  errors: readonly RowError[]
  total: number
  reasons: ImportReport['byReason'] | null
  file: string
  all?: () => Promise<RowError[]>
}) => {
  const { t } = useTranslation('intake')
  const warningText = useWarningText()
  const formats = useFormats()
  const [chosen, setChosen] = useState<ReasonGroup | null>(null)
  const [saving, setSaving] = useState(false)
  const [failed, setFailed] = useState<unknown>(null)
  const shown = errors.filter((error) => matches(error, chosen))
  const placeOf = ({ place }: RowError): string => {
    if (place.kind === 'line') return t('rejected.atLine', { line: formats.integer(place.line) })
    return place.kind === 'cell' ? place.cell : place.path
  }
  const save = async () => {
    setSaving(true)
    setFailed(null)
    try {
      const list = all ? await all() : errors
      const header = ['row', 'place', 'column', 'reason', 'text', 'detail'].map((each) => t(`rejected.${each}`))
      saveFile(
        `${file.replace(/\.[^.]*$/, '')} ${t('rejected.fileName')}.csv`,
        [rowErrorsCsv(header, list, { placeOf, reasonOf: (error) => t(`codes.${error.code}`), detailOf: warningText })],
        'text/csv;charset=utf-8',
      )
    } catch (error) {
      setFailed(error)
    } finally {
      setSaving(false)
    }
  }
  const keyOf = (reason: ReasonGroup) => `${reason.code}\n${reason.column ?? ''}`
  return (
    <Paper className={classes.panel}>
      <Group justify="space-between" mb="sm" gap="xs">
        <Title order={2} size="h3">
          {t('rejected.title')}
        </Title>
        <Button
          variant="default"
          size="xs"
          leftSection={<IconDownload size={14} />}
          loading={saving}
          onClick={() => void save()}
        >
          {t('rejected.save')}
        </Button>
      </Group>
      {failed !== null && <FailureAlert error={failed} />}
      {reasons && reasons.length > 1 && (
        <Chip.Group
          value={chosen ? keyOf(chosen) : ''}
          onChange={(value) => setChosen(reasons.find((each) => keyOf(each) === value) ?? null)}
        >
          <Group gap={6} mb="sm" role="group" aria-label={t('rejected.byReason')}>
            <Chip value="" size="xs" variant="light">
              {t('rejected.all')} · {formats.integer(total)}
            </Chip>
            {byCount(reasons).map((reason) => (
              <Chip key={keyOf(reason)} value={keyOf(reason)} size="xs" variant="light">
                {reason.column ? `${reason.column}: ` : ''}
                {t(`codes.${reason.code}`)} · {formats.integer(reason.count)}
              </Chip>
            ))}
          </Group>
        </Chip.Group>
      )}
      {reasons?.length === 1 && reasons[0] && (
        <Text size="sm" mb="xs">
          {reasons[0].column ? `${reasons[0].column}: ` : ''}
          {t(`codes.${reasons[0].code}`)} · {formats.integer(reasons[0].count)}
        </Text>
      )}
      <Table.ScrollContainer minWidth={640} mah={420}>
        <Table fz="sm" stickyHeader>
          <Table.Thead>
            <Table.Tr>
              <Table.Th ta="right" w={80}>
                {t('rejected.row')}
              </Table.Th>
              <Table.Th w={110}>{t('rejected.place')}</Table.Th>
              <Table.Th>{t('rejected.column')}</Table.Th>
              <Table.Th>{t('rejected.reason')}</Table.Th>
              <Table.Th>{t('rejected.text')}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {shown.map((error) => (
              <Table.Tr key={`${error.row} ${error.column} ${error.code}`}>
                <Table.Td ta="right" className="tabular">
                  {formats.integer(error.row)}
                </Table.Td>
                <Table.Td className="tabular">{placeOf(error)}</Table.Td>
                <Table.Td>{error.column ?? t('rejected.wholeRow')}</Table.Td>
                <Table.Td>
                  {t(`codes.${error.code}`)}
                  <Text size="xs" c="dimmed">
                    {warningText(error)}
                  </Text>
                </Table.Td>
                <Table.Td>
                  {error.text !== null && <Code style={{ overflowWrap: 'anywhere' }}>{error.text}</Code>}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      {shown.length === 0 && <Text c="dimmed">{t('rejected.notAmongShown')}</Text>}
      {!all && errors.length < total && (
        <Text size="xs" c="dimmed" mt="xs">
          {t('rejected.firstOnly', { count: errors.length })}
        </Text>
      )}
    </Paper>
  )
}
