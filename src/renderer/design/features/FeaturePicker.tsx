import { Button, Checkbox, Group, Stack, Text, TextInput } from '@mantine/core'
import { useState } from 'react'
import { useFormats, useTranslation } from '../../language/index.ts'
import { candidates } from '../../parts/suggest.ts'
import classes from '../design.module.css'
import { useDesignForm } from '../form.ts'
import { outcomeColumns } from '../outcome/draft.ts'

/** What the model may look at. */
export const FeaturePicker = () => {
  const { draft, change, columns, rows, labelOf, used, fault } = useDesignForm()
  const { t } = useTranslation('design')
  const formats = useFormats()
  const [search, setSearch] = useState('')
  const offered = candidates(columns, outcomeColumns(draft))
  const sought = search.trim().toLowerCase()
  const shown = offered.filter((column) => labelOf(column).toLowerCase().includes(sought))
  return (
    <>
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
          aria-label={t('studies:study.search')}
          placeholder={t('studies:study.search')}
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
                {t(`models:kinds.${column.concept.kind}`)}
                {column.missing > 0 &&
                  ` · ${t('train.missingOf', { missing: formats.integer(column.missing), rows: formats.integer(rows) })}`}
              </Text>
            </Group>
          ))}
          {shown.length === 0 && (
            <Text size="sm" c="dimmed" p={6}>
              {t('studies:study.noneFound')}
            </Text>
          )}
        </Stack>
      </div>
      {fault('features') && (
        <Text size="xs" c="var(--mantine-color-error)" role="alert">
          {fault('features')}
        </Text>
      )}
    </>
  )
}
