import { Paper, Stack, Switch, Table, Text, TextInput, Title, Tooltip } from '@mantine/core'
import { IconArrowDown, IconArrowUp, IconClipboardOff, IconFilter } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useMemo, useState } from 'react'
import type { Chart } from '../../contract/patients.ts'
import { textIn, useFormats, useLanguage, useTranslation } from '../language/index.ts'
import { Empty, Waiting } from '../parts/View.tsx'
import classes from './Chart.module.css'
import { Encounters } from './Encounters.tsx'
import { chartOptions } from './PatientView.tsx'
import { Provenance } from './Provenance.tsx'
import { type Entry, entriesOf, groups, newestFirst, readingOf, referenceOf, trendsOf, visitDaysOf } from './record.ts'
import { Trends } from './Trends.tsx'

/** All that is recorded of one patient. */
export const ChartView = ({ patient }: { patient: number }) => {
  const { data } = useQuery(chartOptions(patient))
  return data ? <Record key={patient} chart={data} /> : <Waiting rows={12} />
}

const manyValues = 16

const Record = ({ chart }: { chart: Chart }) => {
  const { t } = useTranslation('chart')
  const language = useLanguage()
  const days = useMemo(() => visitDaysOf(chart), [chart])
  const encounters = useMemo(() => newestFirst(chart.encounters, days), [chart.encounters, days])
  const [chosen, setChosen] = useState(encounters[0]?.encounter ?? null)
  const [wanted, setWanted] = useState('')
  const [asRecorded, setAsRecorded] = useState(false)
  const encounter = encounters.find((each) => each.encounter === chosen) ?? encounters[0]
  const trends = useMemo(() => trendsOf(chart, language), [chart, language])
  const { entries, missing } = useMemo(
    () =>
      encounter
        ? entriesOf(encounter, chart.dictionaries[encounter.study] ?? [], language)
        : { entries: [], missing: [] },
    [encounter, chart.dictionaries, language],
  )
  const shown = entries.filter((entry) =>
    `${entry.label} ${entry.name}`.toLowerCase().includes(wanted.trim().toLowerCase()),
  )
  const hasRaw = entries.some((entry) => entry.value.raw !== null)

  if (!encounter && trends.length === 0)
    return (
      <Empty icon={<IconClipboardOff size={30} />} title={t('nothing')}>
        {t('nothingHelp')}
      </Empty>
    )
  return (
    <div className={classes.layout} data-timeline={encounters.length > 1 || undefined}>
      {encounters.length > 1 && encounter && (
        <Encounters encounters={encounters} days={days} chosen={encounter.encounter} onChoose={setChosen} />
      )}
      <Stack gap="lg" miw={0}>
        {encounter && (
          <section aria-label={t('values')}>
            {(entries.length > manyValues || hasRaw) && (
              <div className={classes.tools}>
                {entries.length > manyValues && (
                  <TextInput
                    size="sm"
                    leftSection={<IconFilter size={15} aria-hidden />}
                    aria-label={t('filter')}
                    placeholder={t('filter')}
                    value={wanted}
                    onChange={(event) => setWanted(event.currentTarget.value)}
                  />
                )}
                {hasRaw && (
                  <Switch
                    label={t('showRaw')}
                    checked={asRecorded}
                    onChange={(event) => setAsRecorded(event.currentTarget.checked)}
                  />
                )}
              </div>
            )}
            {shown.length === 0 && <Text c="dimmed">{wanted ? t('filterNone') : t('noValues')}</Text>}
            <div className={classes.groups}>
              {groups.map((group) => {
                const lines = shown.filter((entry) => entry.group === group)
                return lines.length === 0 ? null : (
                  <Paper key={group} className={classes.group} data-group={group}>
                    <Title order={2} size="h3" className={classes.groupTitle}>
                      {t(`groups.${group}`)}
                    </Title>
                    <Values entries={lines} asRecorded={asRecorded} caption={t(`groups.${group}`)} />
                  </Paper>
                )
              })}
            </div>
            {missing.length > 0 && (
              <details className={classes.missing}>
                <summary>{t('missing', { count: missing.length })}</summary>
                <Missing names={missing} />
              </details>
            )}
          </section>
        )}
        {trends.length > 0 && <Trends trends={trends} />}
        <Provenance chart={chart} encounter={encounter ?? null} />
      </Stack>
    </div>
  )
}

const Missing = ({ names }: { names: string[] }) => {
  const formats = useFormats()
  return <p>{formats.list(names)}</p>
}

const Values = ({ entries, asRecorded, caption }: { entries: Entry[]; asRecorded: boolean; caption: string }) => {
  const { t } = useTranslation('chart')
  const language = useLanguage()
  const formats = useFormats()
  const words = { yes: t('shell:yes'), no: t('shell:no') }
  const withReference = entries.some((entry) => referenceOf(entry.concept, formats) !== null)
  return (
    <Table className={classes.values} layout="fixed">
      <caption className={classes.hidden}>{caption}</caption>
      <colgroup>
        <col className={classes.nameColumn} />
        <col />
        {withReference && <col className={classes.referenceColumn} />}
      </colgroup>
      <Table.Thead className={classes.hidden}>
        <Table.Tr>
          <Table.Th>{t('columns.name')}</Table.Th>
          <Table.Th>{t('columns.value')}</Table.Th>
          {withReference && <Table.Th>{t('columns.reference')}</Table.Th>}
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {entries.map((entry) => {
          const reading = readingOf(entry, language, formats, words)
          const unit = formats.unit(entry.concept?.unit)
          const reference = referenceOf(entry.concept, formats)
          const description = entry.concept?.description
          return (
            <Table.Tr key={entry.name}>
              <Table.Th scope="row" className={classes.name}>
                <Tooltip
                  multiline
                  maw={340}
                  label={
                    <>
                      <strong>{entry.name}</strong>
                      {description && <div>{textIn(description, language)}</div>}
                    </>
                  }
                >
                  <span>{entry.label}</span>
                </Tooltip>
              </Table.Th>
              <Table.Td className={classes.value}>
                <RawHint raw={entry.value.raw} text={t('recordedAs', { raw: entry.value.raw })} hidden={asRecorded}>
                  <span className={classes.reading} data-flag={entry.value.flag ?? undefined}>
                    {entry.value.flag === 'high' && <IconArrowUp size={14} stroke={2.4} aria-hidden />}
                    {entry.value.flag === 'low' && <IconArrowDown size={14} stroke={2.4} aria-hidden />}
                    <b className={typeof entry.value.value === 'number' ? 'tabular' : undefined}>{reading}</b>
                    {unit && <span className={classes.unit}> {unit}</span>}
                    {entry.value.flag && <span className={classes.flag}>{t(`flags.${entry.value.flag}`)}</span>}
                  </span>
                </RawHint>
                {asRecorded && entry.value.raw !== null && (
                  <span className={classes.raw}>{t('recordedAs', { raw: entry.value.raw })}</span>
                )}
              </Table.Td>
              {withReference && (
                <Table.Td className={classes.reference}>
                  {reference && (
                    <span className="tabular">
                      <span className={classes.hidden}>{t('columns.reference')} </span>
                      {reference}
                    </span>
                  )}
                </Table.Td>
              )}
            </Table.Tr>
          )
        })}
      </Table.Tbody>
    </Table>
  )
}

/** The text as it stood in the file, on hover, where it differs from what is shown. */
const RawHint = ({
  raw,
  text,
  hidden,
  children,
}: {
  raw: string | null
  text: string
  hidden: boolean
  children: React.ReactElement<Record<string, unknown>>
}) =>
  raw === null || hidden ? (
    children
  ) : (
    <Tooltip label={text} position="top-start">
      <span className={classes.hasRaw}>{children}</span>
    </Tooltip>
  )
