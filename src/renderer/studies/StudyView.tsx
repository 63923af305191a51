import { Badge, Button, Group, Paper, Stack, Table, Text, TextInput, VisuallyHidden } from '@mantine/core'
import { IconDatabaseOff, IconDownload, IconEyeOff, IconPencil, IconPlus, IconSearch } from '@tabler/icons-react'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useCallback, useMemo, useState } from 'react'
import type * as z from 'zod'
import type { ColumnSummarySchema } from '../../contract/patients.ts'
import { clinical, staff } from '../../contract/procedure.ts'
import type { Concept } from '../../contract/values.ts'
import { distribution } from '../../figures/index.ts'
import { client, orpc } from '../api.ts'
import { FailureAlert } from '../errors/FailureAlert.tsx'
import { failureOf } from '../errors/failure.ts'
import { useFormats, useLanguage, useText, useTranslation } from '../language/index.ts'
import { FigureBox } from '../parts/FigureBox.tsx'
import classes from '../parts/models.module.css'
import { PlaceLink, usePlace } from '../parts/place.tsx'
import { ScrollX } from '../parts/ScrollX.tsx'
import { saveFile } from '../parts/save.ts'
import { useMay } from '../parts/session.ts'
import { SortHead, useSorting } from '../parts/sorting.tsx'
import { Empty, View, Waiting } from '../parts/View.tsx'
import { ConceptDialog } from './ConceptDialog.tsx'
import { StudySurvival } from './StudySurvival.tsx'

type Summary = z.infer<typeof ColumnSummarySchema>

/** One study: what its columns mean, how they are distributed, and what is missing. */
export const StudyView = ({ study }: { study: string }) => {
  const { t } = useTranslation('models')
  const formats = useFormats()
  const place = usePlace()
  const mayTrain = useMay(clinical)
  const mayExport = useMay(['administrator'])
  const about = useQuery(orpc.studies.get.queryOptions({ input: { study } }))
  const summary = useQuery(orpc.studies.summary.queryOptions({ input: { study }, enabled: mayTrain }))
  const exporting = useMutation({
    mutationFn: async () => {
      const parts: string[] = []
      for await (const part of await client.studies.export({ study })) parts.push(part)
      saveFile(`${study}.csv`, parts, 'text/csv;charset=utf-8')
    },
  })
  if (about.isError) {
    return failureOf(about.error).code === 'notFound' ? (
      <View title={study}>
        <Empty
          icon={<IconDatabaseOff size={32} />}
          title={t('study.notFound')}
          actions={<PlaceLink to="/studies">{t('title')}</PlaceLink>}
        />
      </View>
    ) : (
      <View title={study}>
        <FailureAlert error={about.error} onRetry={() => void about.refetch()} />
      </View>
    )
  }
  const counted = about.data
    ? [
        t('study.cases', { count: about.data.cases }),
        t('study.patients', { count: about.data.patients }),
        t('study.columnsCount', { count: about.data.columns }),
      ].join(' · ')
    : ''
  const columns: Summary[] =
    summary.data?.columns ??
    (about.data?.concepts ?? []).map((concept) => ({ concept, known: -1, missing: -1, quantiles: null, counts: null }))
  return (
    <View
      title={about.data?.title || study}
      subtitle={
        <>
          <PlaceLink to="/studies" size="sm" underline="always">
            {t('title')}
          </PlaceLink>{' '}
          / {study} · {counted}
          {about.data?.source && (
            <>
              {' '}
              · <cite>{about.data.source}</cite>
            </>
          )}
        </>
      }
      wide
      actions={
        <>
          {mayExport && (
            <Button variant="default" leftSection={<IconEyeOff size={16} />} onClick={() => place.deidentify(study)}>
              {t('deidentify:link')}
            </Button>
          )}
          {mayExport && (
            <Button
              variant="default"
              leftSection={<IconDownload size={16} />}
              loading={exporting.isPending}
              onClick={() => exporting.mutate()}
            >
              {t('study.export')}
            </Button>
          )}
          {mayTrain && (
            <Button leftSection={<IconPlus size={16} />} onClick={() => place.train(study)}>
              {t('trainModel')}
            </Button>
          )}
        </>
      }
    >
      {exporting.isError && <FailureAlert error={exporting.error} />}
      {summary.isError && <FailureAlert error={summary.error} onRetry={() => void summary.refetch()} />}
      {about.isPending || (mayTrain && summary.isPending) ? (
        <Waiting rows={10} height={26} />
      ) : (
        <>
          <Columns study={study} rows={summary.data?.rows ?? about.data?.cases ?? 0} columns={columns} />
          {mayTrain && summary.data && <StudySurvival study={study} columns={summary.data.columns} />}
          {mayTrain && (
            <Text size="xs" c="dimmed">
              {t('study.figureHelp', { rows: formats.integer(summary.data?.rows) })}
            </Text>
          )}
        </>
      )}
    </View>
  )
}

const values = {
  name: (column: Summary) => column.concept.name,
  kind: (column: Summary) => column.concept.kind,
  role: (column: Summary) => column.concept.role,
  missing: (column: Summary) => (column.missing < 0 ? null : column.missing),
}

const Columns = ({ study, rows, columns }: { study: string; rows: number; columns: readonly Summary[] }) => {
  const { t } = useTranslation('models')
  const text = useText()
  const formats = useFormats()
  const mayEdit = useMay(staff)
  const [search, setSearch] = useState('')
  const [editing, setEditing] = useState<Concept | null>(null)
  const found = useMemo(() => {
    const sought = search.trim().toLowerCase()
    return sought === ''
      ? columns
      : columns.filter(({ concept }) =>
          `${concept.name} ${concept.label.en} ${concept.label.zh ?? ''}`.toLowerCase().includes(sought),
        )
  }, [columns, search])
  const { sorted, by, toggle } = useSorting(found, values)
  const summarised = columns.some((column) => column.known >= 0)
  return (
    <Stack gap="sm">
      <TextInput
        aria-label={t('study.search')}
        placeholder={t('study.search')}
        leftSection={<IconSearch size={15} />}
        value={search}
        maw={360}
        onChange={(change) => setSearch(change.currentTarget.value)}
      />
      <Paper>
        <ScrollX>
          <Table highlightOnHover>
            <Table.Thead>
              <Table.Tr>
                <SortHead column="name" by={by} onSort={toggle}>
                  {t('study.column')}
                </SortHead>
                <SortHead column="kind" by={by} onSort={toggle}>
                  {t('study.kind')}
                </SortHead>
                <SortHead column="role" by={by} onSort={toggle}>
                  {t('study.role')}
                </SortHead>
                <Table.Th>{t('study.unit')}</Table.Th>
                {summarised && (
                  <>
                    <SortHead column="missing" by={by} onSort={toggle}>
                      {t('study.missing')}
                    </SortHead>
                    <Table.Th>{t('study.distribution')}</Table.Th>
                    <Table.Th>{t('study.summary')}</Table.Th>
                  </>
                )}
                {mayEdit && (
                  <Table.Th>
                    <VisuallyHidden>{t('actions')}</VisuallyHidden>
                  </Table.Th>
                )}
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {sorted.map((column) => {
                const { concept, missing } = column
                return (
                  <Table.Tr key={concept.name}>
                    <Table.Td miw={200} maw={420}>
                      <Group gap={6}>
                        <Text size="sm" fw={600}>
                          {text(concept.label) || concept.name}
                        </Text>
                        {concept.modifiable && (
                          <Badge size="xs" color="petrol" tt="none">
                            {t('study.modifiable')}
                          </Badge>
                        )}
                      </Group>
                      <Text size="xs" c="dimmed" ff="monospace">
                        {concept.name}
                      </Text>
                      {concept.description && (
                        <Text size="xs" c="dimmed">
                          {text(concept.description)}
                        </Text>
                      )}
                    </Table.Td>
                    <Table.Td>{t(`kinds.${concept.kind}`)}</Table.Td>
                    <Table.Td>{t(`roles.${concept.role}`)}</Table.Td>
                    <Table.Td>{formats.unit(concept.unit)}</Table.Td>
                    {summarised && (
                      <>
                        <Table.Td miw={150}>
                          <div className={classes.bar}>
                            <div className={classes.track} aria-hidden>
                              {missing > 0 && (
                                <div
                                  className={classes.fill}
                                  data-tone="missing"
                                  style={{ width: `max(3px, ${(100 * missing) / Math.max(1, rows)}%)` }}
                                />
                              )}
                            </div>
                            <Text size="xs" className="tabular" c={missing === 0 ? 'dimmed' : undefined}>
                              {missing === 0 ? t('study.noneMissing') : formats.integer(missing)}
                            </Text>
                          </div>
                        </Table.Td>
                        <Table.Td miw={190}>
                          <Spread column={column} />
                        </Table.Td>
                        <Table.Td>
                          <Text size="xs" c="dimmed" className="tabular" maw={280} lineClamp={3}>
                            {summaryOf(column, formats.number, text, t)}
                          </Text>
                        </Table.Td>
                      </>
                    )}
                    {mayEdit && (
                      <Table.Td ta="right">
                        <Button
                          size="compact-xs"
                          variant="subtle"
                          leftSection={<IconPencil size={13} />}
                          aria-label={t('study.editNamed', { name: concept.name })}
                          onClick={() => setEditing(concept)}
                        >
                          {t('study.edit')}
                        </Button>
                      </Table.Td>
                    )}
                  </Table.Tr>
                )
              })}
            </Table.Tbody>
          </Table>
        </ScrollX>
      </Paper>
      {sorted.length === 0 && <Text c="dimmed">{t('study.noneFound')}</Text>}
      {editing && <ConceptDialog study={study} concept={editing} onClose={() => setEditing(null)} />}
    </Stack>
  )
}

const identifying = new Set(['patientKey', 'patientName', 'birthDate'])

const Spread = ({ column }: { column: Summary }) => {
  const { t } = useTranslation('models')
  const text = useText()
  const language = useLanguage()
  const { concept, quantiles, counts } = column
  const draw = useCallback(
    ({ width, document }: { width: number; document: Document }) =>
      distribution(
        {
          quantiles,
          counts:
            counts?.map((entry) => {
              const level = concept.levels?.find(({ code }) => code === entry.value)
              return level ? { ...entry, label: text(level.label) } : entry
            }) ?? null,
        },
        {
          width,
          document,
          locale: language,
          texts: { title: t('study.distributionOf', { name: text(concept.label) || concept.name }) },
        },
      ),
    [concept, quantiles, counts, language, text, t],
  )
  if (identifying.has(concept.role) || (!quantiles && !counts?.length)) return null
  return <FigureBox draw={draw} maxWidth={190} />
}

const summaryOf = (
  { concept, quantiles, counts }: Summary,
  number: (value: number, digits?: number) => string,
  text: (value: Concept['label']) => string,
  t: (key: string, values?: Record<string, unknown>) => string,
): string => {
  if (identifying.has(concept.role)) return ''
  if (counts && counts.length > 0 && counts.length <= 12)
    return counts
      .slice(0, 6)
      .map(({ value, count }) => {
        const level = concept.levels?.find(({ code }) => code === value)
        return `${level ? text(level.label) : value} ${number(count)}`
      })
      .join(' · ')
  if (!quantiles) return ''
  const digits = Math.abs(quantiles.median) >= 100 ? 0 : Math.abs(quantiles.median) >= 10 ? 1 : 2
  return t('study.quantiles', {
    median: number(quantiles.median, digits),
    q25: number(quantiles.q25, digits),
    q75: number(quantiles.q75, digits),
  })
}
