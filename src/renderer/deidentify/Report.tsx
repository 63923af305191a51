import { Alert, Badge, Checkbox, List, Paper, Stack, Table, Text, Title } from '@mantine/core'
import { IconAlertTriangle, IconEye, IconShieldCheck } from '@tabler/icons-react'
import type { ExportReport, ExportRisk } from '../../contract/exports.ts'
import { useFormats, useSaid, useTranslation } from '../language/index.ts'
import { type Choices, mayAsk, withTurned } from './choices.ts'
import classes from './deidentify.module.css'

const treatmentColors = {
  dropped: 'gray',
  generalised: 'sky',
  shifted: 'sky',
  pseudonymised: 'sky',
  kept: 'moss',
} as const

/** What would leave the vault and how easily its patients could be told apart: in words, then in figures. */
export const Report = ({
  report,
  choices,
  onChange,
}: {
  report: ExportReport
  choices: Choices
  onChange: (choices: Choices) => void
}) => {
  const { t } = useTranslation('deidentify')
  const formats = useFormats()
  const said = useSaid()
  const { safeHarbor, before, after, ages, smallCells, diversity, notes } = report
  return (
    <>
      <Title order={2} size="h3">
        {t('report.title')}
      </Title>
      <Alert
        color={safeHarbor.met ? 'moss' : 'amber'}
        icon={safeHarbor.met ? <IconShieldCheck /> : <IconAlertTriangle />}
        title={t(safeHarbor.met ? 'safeHarbor.met' : 'safeHarbor.notMet')}
      >
        {safeHarbor.because.length > 0 && (
          <List size="sm">
            {safeHarbor.because.map((reason) => (
              <List.Item key={JSON.stringify(reason)}>{said(reason)}</List.Item>
            ))}
          </List>
        )}
      </Alert>
      <div className={classes.halves}>
        <Paper p="md">
          <Title order={3} size="h4" mb="xs">
            {t('risk.inWords')}
          </Title>
          <ul className={classes.words}>
            <InWords report={report} />
            <li>
              {t('ages.grouped', { stated: formats.integer(ages.stated), implied: formats.integer(ages.implied) })}
            </li>
            {diversity && (
              <li>
                {diversity.patientsUnder2 > 0
                  ? t('diversity.known', {
                      count: diversity.patientsUnder2,
                      number: formats.integer(diversity.patientsUnder2),
                      column: diversity.column,
                    })
                  : t('diversity.unknown', { column: diversity.column })}
              </li>
            )}
            {(report.measurements > 0 || report.events > 0) && (
              <li>
                {t('also', {
                  measurements: formats.integer(report.measurements),
                  events: formats.integer(report.events),
                })}
              </li>
            )}
            {notes.map((note) => (
              <li key={note.text}>{said(note)}</li>
            ))}
          </ul>
        </Paper>
        <Paper p="md">
          <Title order={3} size="h4" mb="xs">
            {t('risk.inFigures')}
          </Title>
          <Figures before={before} after={after} />
          <Text size="xs" c="dimmed" mt="xs">
            {t('risk.over', { columns: report.quasi.length > 0 ? formats.list(report.quasi) : t('quasi.noColumn') })}
          </Text>
        </Paper>
      </div>
      {smallCells.length > 0 && <SmallCells cells={smallCells} />}
      <Columns report={report} choices={choices} onChange={onChange} />
    </>
  )
}

/** The risk as somebody who has to answer for it would tell it. */
const InWords = ({ report: { before, after, quasi } }: { report: ExportReport }) => {
  const { t } = useTranslation('deidentify')
  const formats = useFormats()
  const risk = after ?? before
  const numbers = (count: number) => ({ count, number: formats.integer(count) })
  if (risk.patients === 0 || risk.smallest === null) return <li>{t('risk.nothingLeft')}</li>
  return (
    <>
      <li>{t('risk.leaves', { cases: formats.integer(risk.cases), patients: formats.integer(risk.patients) })}</li>
      {after && before.patients > after.patients && (
        <li>
          {t('risk.leftOut', {
            ...numbers(before.patients - after.patients),
            cases: formats.integer(before.cases - after.cases),
          })}
        </li>
      )}
      {quasi.length > 0 && (
        <li>
          {risk.unique.patients > 0
            ? t('risk.alone', { ...numbers(risk.unique.patients), of: formats.integer(risk.patients) })
            : t('risk.noneAlone', { ...numbers(risk.smallest), smallest: formats.integer(risk.smallest) })}
        </li>
      )}
      {risk.cases > risk.patients && <li>{t('risk.linked', numbers(risk.linked.unique))}</li>}
    </>
  )
}

const Figures = ({ before, after }: { before: ExportRisk; after: ExportRisk | null }) => {
  const { t } = useTranslation('deidentify')
  const formats = useFormats()
  const both = (count: { patients: number; cases: number }) =>
    t('risk.patientsCases', { patients: formats.integer(count.patients), cases: formats.integer(count.cases) })
  const rows: [string, (risk: ExportRisk) => string][] = [
    [t('risk.rows.cases'), (risk) => formats.integer(risk.cases)],
    [t('risk.rows.patients'), (risk) => formats.integer(risk.patients)],
    [t('risk.rows.classes'), (risk) => formats.integer(risk.classes)],
    [t('risk.rows.smallest'), (risk) => formats.integer(risk.smallest)],
    [t('risk.rows.unique'), (risk) => both(risk.unique)],
    [t('risk.rows.under5'), (risk) => both(risk.under5)],
    [t('risk.rows.under11'), (risk) => both(risk.under11)],
    [t('risk.rows.linkedSmallest'), (risk) => formats.integer(risk.linked.smallest)],
    [t('risk.rows.linkedUnique'), (risk) => formats.integer(risk.linked.unique)],
    [t('risk.rows.linkedUnder5'), (risk) => formats.integer(risk.linked.under5)],
    [t('risk.rows.linkedUnder11'), (risk) => formats.integer(risk.linked.under11)],
  ]
  return (
    <Table fz="sm">
      <Table.Thead>
        <Table.Tr>
          <Table.Th>{t('risk.figure')}</Table.Th>
          <Table.Th ta="right">{t(after ? 'risk.before' : 'risk.released')}</Table.Th>
          {after && <Table.Th ta="right">{t('risk.released')}</Table.Th>}
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {rows.map(([label, of]) => (
          <Table.Tr key={label}>
            <Table.Th scope="row" fw={400}>
              {label}
            </Table.Th>
            <Table.Td ta="right" className="tabular">
              {of(before)}
            </Table.Td>
            {after && (
              <Table.Td ta="right" className="tabular">
                {of(after)}
              </Table.Td>
            )}
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  )
}

const SmallCells = ({ cells }: { cells: ExportReport['smallCells'] }) => {
  const { t } = useTranslation('deidentify')
  const formats = useFormats()
  return (
    <Paper p="md">
      <Title order={3} size="h4">
        {t('cells.title')}
      </Title>
      <Text size="sm" c="dimmed" mb="xs">
        {t('cells.help')}
      </Text>
      <Table fz="sm" maw={640}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t('columns.column')}</Table.Th>
            <Table.Th ta="right">{t('cells.values')}</Table.Th>
            <Table.Th ta="right">{t('cells.patients')}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {cells.map(({ column, cells: values, patients }) => (
            <Table.Tr key={column}>
              <Table.Td>{column}</Table.Td>
              <Table.Td ta="right" className="tabular">
                {formats.integer(values)}
              </Table.Td>
              <Table.Td ta="right" className="tabular">
                {formats.integer(patients)}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Paper>
  )
}

/** What becomes of each column and why; what a person may ask otherwise is asked here. */
const Columns = ({
  report,
  choices,
  onChange,
}: {
  report: ExportReport
  choices: Choices
  onChange: (choices: Choices) => void
}) => {
  const { t } = useTranslation('deidentify')
  const said = useSaid()
  return (
    <Paper p="md">
      <Title order={3} size="h4">
        {t('columns.title')}
      </Title>
      <Text size="sm" c="dimmed" mb="xs">
        {t('columns.help')}
      </Text>
      <Table.ScrollContainer
        minWidth={720}
        scrollAreaProps={{ viewportProps: { tabIndex: 0, 'aria-label': t('columns.title'), role: 'region' } }}
      >
        <Table fz="sm" verticalSpacing={6} style={{ verticalAlign: 'top' }}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t('columns.column')}</Table.Th>
              <Table.Th>{t('columns.becomes')}</Table.Th>
              <Table.Th>{t('columns.rule')}</Table.Th>
              <Table.Th>{t('columns.why')}</Table.Th>
              <Table.Th>{t('columns.ask')}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {report.columns.map((column) => {
              const ask = mayAsk(column, choices)
              const label = ask && t(`columns.${ask}Named`, { column: column.column })
              return (
                <Table.Tr key={`${column.in} ${column.column}`}>
                  <Table.Td miw={90}>
                    {column.column}
                    {column.in === 'measurements' && (
                      <Text size="xs" c="dimmed">
                        {t('columns.measurements')}
                      </Text>
                    )}
                  </Table.Td>
                  <Table.Td>
                    <Badge color={treatmentColors[column.treatment]} miw="max-content">
                      {t(`treatments.${column.treatment}`)}
                    </Badge>
                  </Table.Td>
                  <Table.Td>{column.paragraph === null ? '' : `(${column.paragraph})`}</Table.Td>
                  <Table.Td>
                    {said(column.why)}
                    <Stack gap={2} mt={column.look.length > 0 ? 4 : 0}>
                      {column.look.map((look) => (
                        <Text key={look.text} size="xs" c="var(--warn)">
                          <IconEye size={13} aria-hidden style={{ verticalAlign: -2 }} /> {said(look)}
                        </Text>
                      ))}
                    </Stack>
                  </Table.Td>
                  <Table.Td style={{ whiteSpace: 'nowrap' }}>
                    {ask && label && (
                      <Checkbox
                        size="xs"
                        label={t(`columns.${ask}`)}
                        aria-label={label}
                        checked={choices[ask].includes(column.column)}
                        onChange={() => onChange(withTurned(choices, ask, column.column))}
                      />
                    )}
                  </Table.Td>
                </Table.Tr>
              )
            })}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </Paper>
  )
}
