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
  const [chosen, setChosen] = useState<ReasonGroup | null>(null)
  const [saving, setSaving] = useState(false)
  const [failed, setFailed] = useState<unknown>(null)
  const shown = errors.filter((error) => matches(error, chosen))
  const placeOf = usePlaceOf()
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
      {reasons && <Reasons reasons={reasons} total={total} chosen={chosen} onChoose={setChosen} />}
      <ErrorTable errors={shown} />
      {shown.length === 0 && <Text c="dimmed">{t('rejected.notAmongShown')}</Text>}
      {!all && errors.length < total && (
        <Text size="xs" c="dimmed" mt="xs">
          {t('rejected.firstOnly', { count: errors.length })}
        </Text>
      )}
    </Paper>
  )
}

const keyOf = ({ code, column }: ReasonGroup) => `${code}\n${column ?? ''}`

/** How many rows were rejected for what; of several reasons one can be chosen. */
const Reasons = ({
  reasons,
  total,
  chosen,
  onChoose,
}: {
  reasons: ImportReport['byReason']
  total: number
  chosen: ReasonGroup | null
  onChoose: (reason: ReasonGroup | null) => void
}) => {
  const { t } = useTranslation('intake')
  const formats = useFormats()
  const told = ({ code, column, count }: ImportReport['byReason'][number]) =>
    `${column ? `${column}: ` : ''}${t(`codes.${code}`)} · ${formats.integer(count)}`
  const [only] = reasons
  if (!only) return null
  if (reasons.length === 1)
    return (
      <Text size="sm" mb="xs">
        {told(only)}
      </Text>
    )
  return (
    <Chip.Group
      value={chosen ? keyOf(chosen) : ''}
      onChange={(value) => onChoose(reasons.find((each) => keyOf(each) === value) ?? null)}
    >
      <Group gap={6} mb="sm" role="group" aria-label={t('rejected.byReason')}>
        <Chip value="" size="xs" variant="light">
          {t('rejected.all')} · {formats.integer(total)}
        </Chip>
        {byCount(reasons).map((reason) => (
          <Chip key={keyOf(reason)} value={keyOf(reason)} size="xs" variant="light">
            {told(reason)}
          </Chip>
        ))}
      </Group>
    </Chip.Group>
  )
}

/** Where a row stands in its file. */
const usePlaceOf = () => {
  const { t } = useTranslation('intake')
  const formats = useFormats()
  return ({ place }: RowError): string => {
    if (place.kind === 'line') return t('rejected.atLine', { line: formats.integer(place.line) })
    return place.kind === 'cell' ? place.cell : place.path
  }
}

const ErrorTable = ({ errors }: { errors: readonly RowError[] }) => {
  const { t } = useTranslation('intake')
  const warningText = useWarningText()
  const formats = useFormats()
  const placeOf = usePlaceOf()
  return (
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
          {errors.map((error) => (
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
  )
}
