import { Button, MultiSelect, NumberInput, Paper, SegmentedControl, Select, Text } from '@mantine/core'
import { IconReportSearch } from '@tabler/icons-react'
import { type FormEvent, type ReactNode, useId } from 'react'
import { type ExportReport, exportDates, exportFormats } from '../../contract/exports.ts'
import { useTranslation } from '../language/index.ts'
import type { Choices } from './choices.ts'
import classes from './deidentify.module.css'

/** How the cases leave. What is asked of single columns is asked in the report, which names them. */
export const ChoicesForm = ({
  choices,
  onChange,
  report,
  pending,
  onShow,
}: {
  choices: Choices
  onChange: (choices: Choices) => void
  report: ExportReport | null
  pending: boolean
  onShow: () => void
}) => {
  const { t } = useTranslation('deidentify')
  const released = [
    ...new Set(
      (report?.columns ?? [])
        .filter(
          (column) => column.in === 'cases' && column.treatment !== 'dropped' && !choices.drop.includes(column.column),
        )
        .map(({ column }) => column),
    ),
  ]
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (!pending) onShow()
  }
  return (
    <Paper p="md">
      <form onSubmit={submit}>
        <div className={classes.fields}>
          <Choice label={t('format.label')} help={t(`format.${choices.format}Help`)}>
            {(id) => (
              <SegmentedControl
                aria-labelledby={id}
                data={exportFormats.map((value) => ({ value, label: t(`format.${value}`) }))}
                value={choices.format}
                onChange={(format) => onChange({ ...choices, format: format as Choices['format'] })}
              />
            )}
          </Choice>
          <Choice label={t('dates.label')} help={t(`dates.${choices.dates}Help`)}>
            {(id) => (
              <SegmentedControl
                aria-labelledby={id}
                data={exportDates.map((value) => ({ value, label: t(`dates.${value}`) }))}
                value={choices.dates}
                onChange={(dates) => onChange({ ...choices, dates: dates as Choices['dates'] })}
              />
            )}
          </Choice>
          <NumberInput
            label={t('ages.label')}
            description={t('ages.help')}
            value={choices.ageBand}
            onChange={(value) => onChange({ ...choices, ageBand: typeof value === 'number' ? value : 1 })}
            min={1}
            max={45}
            allowDecimal={false}
            allowNegative={false}
          />
          <NumberInput
            label={t('minimum.label')}
            description={t('minimum.help')}
            placeholder={t('minimum.none')}
            value={choices.minimumK ?? ''}
            onChange={(value) => onChange({ ...choices, minimumK: typeof value === 'number' ? value : null })}
            min={2}
            max={1000}
            allowDecimal={false}
            allowNegative={false}
          />
          {report && (
            <>
              <MultiSelect
                label={t('quasi.label')}
                description={t('quasi.help')}
                placeholder={choices.quasi === null ? t('quasi.usual') : undefined}
                data={released}
                value={choices.quasi ?? []}
                onChange={(quasi) => onChange({ ...choices, quasi: quasi.length === 0 ? null : quasi })}
                searchable
                clearable
                maxDropdownHeight={260}
                clearButtonProps={{ 'aria-label': t('audit:filter.clear') }}
              />
              <Select
                label={t('sensitive.label')}
                description={t('sensitive.help')}
                placeholder={t('sensitive.usual')}
                data={released}
                value={choices.sensitive}
                onChange={(sensitive) => onChange({ ...choices, sensitive })}
                searchable
                clearable
                clearButtonProps={{ 'aria-label': t('audit:filter.clear') }}
              />
            </>
          )}
        </div>
        <Button type="submit" mt="md" leftSection={<IconReportSearch size={16} />} loading={pending}>
          {t('report.show')}
        </Button>
        <Text size="sm" c="dimmed" mt={6}>
          {t('report.first')}
        </Text>
      </form>
    </Paper>
  )
}

const Choice = ({ label, help, children }: { label: string; help: string; children: (id: string) => ReactNode }) => {
  const id = useId()
  return (
    <div className={classes.choice}>
      <Text size="sm" fw={500} id={id}>
        {label}
      </Text>
      {children(id)}
      <Text size="xs" c="dimmed">
        {help}
      </Text>
    </div>
  )
}
