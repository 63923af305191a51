import { Badge, Button, Group, Paper, Stack, Text, TextInput, VisuallyHidden } from '@mantine/core'
import { IconPencil, IconSearch } from '@tabler/icons-react'
import { useCallback, useState } from 'react'
import type * as z from 'zod'
import type { ColumnSummarySchema } from '../../contract/patients.ts'
import { staff } from '../../contract/procedure.ts'
import type { Concept } from '../../contract/values.ts'
import { distribution } from '../../figures/index.ts'
import { useFormats, useLanguage, useText, useTranslation } from '../language/index.ts'
import { Bar } from '../parts/Bar.tsx'
import { type Column, DataTable } from '../parts/DataTable.tsx'
import { FigureBox } from '../parts/FigureBox.tsx'
import { useMay } from '../parts/session.ts'
import { ConceptDialog } from './ConceptDialog.tsx'

type Summary = z.infer<typeof ColumnSummarySchema>

/** What the columns of a study mean, how they are distributed, and what is missing. */
export const StudyColumns = ({
  study,
  rows,
  columns,
}: {
  study: string
  rows: number
  columns: readonly Summary[]
}) => {
  const { t } = useTranslation('studies')
  const [search, setSearch] = useState('')
  const [editing, setEditing] = useState<Concept | null>(null)
  const sought = search.trim().toLowerCase()
  const found = columns.filter(({ concept: { name, label } }) =>
    [name, ...Object.values(label)].join(' ').toLowerCase().includes(sought),
  )
  const summarised = columns.some((column) => column.known >= 0)
  const shown = useColumns({ rows, summarised, onEdit: setEditing })
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
        <DataTable rows={found} columns={shown} name={({ concept }) => concept.name} highlightOnHover />
      </Paper>
      {found.length === 0 && <Text c="dimmed">{t('study.noneFound')}</Text>}
      {editing && <ConceptDialog study={study} concept={editing} onClose={() => setEditing(null)} />}
    </Stack>
  )
}

const useColumns = ({
  rows,
  summarised,
  onEdit,
}: {
  rows: number
  /** Whether there is more of the columns than what they mean. */
  summarised: boolean
  onEdit: (concept: Concept) => void
}): (Column<Summary> | false)[] => {
  const { t } = useTranslation('studies')
  const text = useText()
  const formats = useFormats()
  const mayEdit = useMay(staff)
  return [
    {
      id: 'name',
      head: t('study.column'),
      sort: ({ concept }) => concept.name,
      cell: ({ concept }) => <Named concept={concept} />,
      props: { miw: 200, maw: 420 },
    },
    {
      id: 'kind',
      head: t('study.kind'),
      sort: ({ concept }) => concept.kind,
      cell: ({ concept }) => t(`models:kinds.${concept.kind}`),
    },
    {
      id: 'role',
      head: t('study.role'),
      sort: ({ concept }) => concept.role,
      cell: ({ concept }) => t(`models:roles.${concept.role}`),
    },
    { id: 'unit', head: t('study.unit'), cell: ({ concept }) => formats.unit(concept.unit) },
    summarised && {
      id: 'missing',
      head: t('study.missing'),
      sort: ({ missing }) => (missing < 0 ? null : missing),
      cell: ({ missing }) => (
        <Bar share={missing / Math.max(1, rows)} tone="missing" dimmed={missing === 0}>
          {missing === 0 ? t('study.noneMissing') : formats.integer(missing)}
        </Bar>
      ),
      props: { miw: 150 },
    },
    summarised && {
      id: 'distribution',
      head: t('study.distribution'),
      cell: (column) => <Spread column={column} />,
      props: { miw: 190 },
    },
    summarised && {
      id: 'summary',
      head: t('study.summary'),
      cell: (column) => (
        <Text size="xs" c="dimmed" className="tabular" maw={280} lineClamp={3}>
          {summaryOf(column, { number: formats.number, text, t })}
        </Text>
      ),
    },
    mayEdit && {
      id: 'acts',
      head: <VisuallyHidden>{t('models:actions')}</VisuallyHidden>,
      cell: ({ concept }) => (
        <Button
          size="compact-xs"
          variant="subtle"
          leftSection={<IconPencil size={13} />}
          aria-label={t('study.editNamed', { name: concept.name })}
          onClick={() => onEdit(concept)}
        >
          {t('study.edit')}
        </Button>
      ),
      props: { ta: 'right' },
    },
  ]
}

const Named = ({ concept }: { concept: Concept }) => {
  const { t } = useTranslation('studies')
  const text = useText()
  return (
    <>
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
    </>
  )
}

const identifying = new Set(['patientKey', 'patientName', 'birthDate'])

const Spread = ({ column }: { column: Summary }) => {
  const { t } = useTranslation('studies')
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
  {
    number,
    text,
    t,
  }: {
    number: (value: number, digits?: number) => string
    text: (value: Concept['label']) => string
    t: (key: string, values?: Record<string, unknown>) => string
  },
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
