import { Button, Checkbox, Group, Select, Stack, Text, TextInput } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { missingPolicies } from '../../../contract/design.ts'
import { useFormats, useTranslation } from '../../language/index.ts'
import classes from '../../parts/models.module.css'
import { Section } from '../../parts/Section.tsx'
import { candidates, type Summary } from '../../parts/suggest.ts'
import type { Draft } from '../draft.ts'
import { outcomeColumns } from '../outcome/draft.ts'

/** What the model may look at, and what becomes of gaps. */
export const FeaturePicker = ({
  draft,
  change,
  columns,
  rows,
  labelOf,
  fault,
  children,
}: {
  draft: Draft
  change: (part: Partial<Draft>) => void
  columns: readonly Summary[]
  rows: number
  labelOf: (column: Summary) => string
  fault: string | undefined
  children?: ReactNode
}) => {
  const { t } = useTranslation('models')
  const formats = useFormats()
  const [search, setSearch] = useState('')
  const offered = candidates(columns, outcomeColumns(draft))
  const used = offered.filter(({ concept }) => !draft.excluded.includes(concept.name))
  const sought = search.trim().toLowerCase()
  const shown = offered.filter((column) => labelOf(column).toLowerCase().includes(sought))
  const holes = used.reduce((sum, column) => Math.max(sum, column.missing), 0)
  return (
    <Section title={t('train.features')}>
      <Group justify="space-between" gap="sm">
        <Text size="sm" c="dimmed">
          {t('train.featuresUsed', { used: used.length, offered: offered.length })}
        </Text>
        <Group gap={6}>
          <Button size="compact-xs" variant="default" onClick={() => change({ excluded: [] })}>
            {t('train.all')}
          </Button>
          <Button
            size="compact-xs"
            variant="default"
            onClick={() => change({ excluded: offered.map(({ concept }) => concept.name) })}
          >
            {t('train.noneOfThem')}
          </Button>
        </Group>
      </Group>
      {offered.length > 12 && (
        <TextInput
          size="xs"
          aria-label={t('study.search')}
          placeholder={t('study.search')}
          value={search}
          onChange={(event) => setSearch(event.currentTarget.value)}
        />
      )}
      <div className={classes.features}>
        <Stack gap={0} p={6}>
          {shown.map((column) => (
            <Group key={column.concept.name} justify="space-between" wrap="nowrap" gap="sm" px={6} py={5}>
              <Checkbox
                size="xs"
                label={labelOf(column)}
                checked={!draft.excluded.includes(column.concept.name)}
                onChange={(event) =>
                  change({
                    excluded: event.currentTarget.checked
                      ? draft.excluded.filter((name) => name !== column.concept.name)
                      : [...draft.excluded, column.concept.name],
                  })
                }
              />
              <Text size="xs" c="dimmed" className="tabular" style={{ whiteSpace: 'nowrap' }}>
                {t(`kinds.${column.concept.kind}`)}
                {column.missing > 0 &&
                  ` · ${t('train.missingOf', { missing: formats.integer(column.missing), rows: formats.integer(rows) })}`}
              </Text>
            </Group>
          ))}
          {shown.length === 0 && (
            <Text size="sm" c="dimmed" p={6}>
              {t('study.noneFound')}
            </Text>
          )}
        </Stack>
      </div>
      {fault && (
        <Text size="xs" c="var(--mantine-color-error)" role="alert">
          {fault}
        </Text>
      )}
      <Select
        label={t('train.missing')}
        description={t(`train.missingHelp.${draft.missing ?? 'auto'}`)}
        maw={420}
        data={[
          { value: '', label: t('train.missings.auto') },
          ...missingPolicies.map((policy) => ({ value: policy, label: t(`train.missings.${policy}`) })),
        ]}
        value={draft.missing ?? ''}
        allowDeselect={false}
        onChange={(policy) => change({ missing: (policy || null) as Draft['missing'] })}
      />
      {holes === 0 && (
        <Text size="xs" c="dimmed">
          {t('train.nothingMissing')}
        </Text>
      )}
      {children}
    </Section>
  )
}
