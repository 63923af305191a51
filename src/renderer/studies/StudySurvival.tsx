import { Chip, Group, Paper, Select, Stack, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useCallback, useState } from 'react'
import type * as z from 'zod'
import type { ColumnSummarySchema } from '../../contract/patients.ts'
import { type TimeUnit, timeUnits } from '../../contract/values.ts'
import { cumulativeIncidence, survivalCurve } from '../../figures/index.ts'
import { orpc } from '../api.ts'
import { FailureAlert } from '../errors/FailureAlert.tsx'
import { useFormats, useLanguage, useText, useTranslation } from '../language/index.ts'
import { FigureBox } from '../parts/FigureBox.tsx'
import { timeUnitOf } from '../parts/suggest.ts'
import { Waiting } from '../parts/View.tsx'

type Summary = z.infer<typeof ColumnSummarySchema>

/**
 * Kaplan-Meier curve of a study that has a time and an event, or cumulative incidences where competing events are
 * named; which values mean what is chosen here.
 */
export const StudySurvival = ({ study, columns }: { study: string; columns: readonly Summary[] }) => {
  const { t } = useTranslation('models')
  const text = useText()
  const formats = useFormats()
  const language = useLanguage()
  const time = columns.find(({ concept }) => concept.role === 'outcomeTime')
  const event = columns.find(({ concept }) => concept.role === 'outcomeEvent')
  const [picked, setPicked] = useState<string[]>([])
  const [rivals, setRivals] = useState<string[]>([])
  const [unit, setUnit] = useState<TimeUnit>(timeUnitOf(time?.concept.unit ?? null))
  const curve = useQuery(
    orpc.studies.survival.queryOptions({
      input: {
        study,
        time: time?.concept.name ?? '',
        event: { column: event?.concept.name ?? '', values: picked },
        competing: rivals.length > 0 ? { values: rivals } : null,
      },
      enabled: time !== undefined && event !== undefined && picked.length > 0,
    }),
  )
  const data = curve.data
  const last = time?.quantiles?.max ?? 0
  const draw = useCallback(
    (size: { width: number; document: Document }) => {
      const time = { years: t('units.years'), months: t('units.months'), days: t('units.days') }
      const texts = { atRisk: t('studySurvival.atRisk'), followUpEnds: t('studySurvival.followUpEnds'), time }
      const less = (values: readonly number[]) => values.map((value) => 1 - value)
      if (data?.competing)
        return cumulativeIncidence(
          {
            timeUnit: unit,
            followUp: last,
            causes: [
              { label: t('studySurvival.event'), curve: data },
              { label: t('studySurvival.competing'), curve: data.competing },
            ].map(({ label, curve }) => ({
              label,
              times: data.times,
              incidence: less(curve.survival),
              low: less(curve.high),
              high: less(curve.low),
            })),
            atRisk: data.times.map((at, index) => ({ time: at, n: data.atRisk[index] ?? 0 })),
          },
          {
            ...size,
            locale: language,
            texts: {
              ...texts,
              title: t('studySurvival.incidence'),
              description: t('studySurvival.incidenceHelp'),
              had: t('studySurvival.had'),
            },
          },
        )
      return survivalCurve(
        {
          timeUnit: unit,
          patient: null,
          followUp: last,
          cohort: data
            ? {
                times: data.times,
                survival: data.survival,
                low: data.low,
                high: data.high,
                atRisk: data.times.map((at, index) => ({ time: at, n: data.atRisk[index] ?? 0 })),
                n: data.atRisk[0] ?? 0,
                events: 0,
              }
            : null,
        },
        {
          ...size,
          locale: language,
          texts: {
            title: t('studySurvival.title'),
            description: t('studySurvival.help'),
            cohort: t('studySurvival.curve'),
            free: t('studySurvival.free'),
            ...texts,
            few: t('studySurvival.few'),
          },
        },
      )
    },
    [data, unit, last, language, t],
  )
  if (!time || !event) return null
  const named = (value: string) => {
    const level = event.concept.levels?.find(({ code }) => code === value)
    return level ? `${value} = ${text(level.label)}` : value
  }
  return (
    <Paper p="md" component="section" maw={820}>
      <Stack gap="sm">
        <Title order={2}>{t('studySurvival.title')}</Title>
        <Text size="sm" c="dimmed">
          {t(rivals.length > 0 ? 'studySurvival.incidenceHelp' : 'studySurvival.help')}
        </Text>
        <Group gap="md" align="flex-end">
          <div>
            <Text size="sm" fw={500} mb={4}>
              {t('train.eventValues', { column: event.concept.name })}
            </Text>
            <Chip.Group
              multiple
              value={picked}
              onChange={(values) => {
                setPicked(values)
                setRivals(rivals.filter((value) => !values.includes(value)))
              }}
            >
              <Group gap={6}>
                {(event.counts ?? []).map(({ value, count }) => (
                  <Chip key={value} value={value} size="xs">
                    {named(value)} ({formats.integer(count)})
                  </Chip>
                ))}
              </Group>
            </Chip.Group>
          </div>
          {picked.length > 0 && (
            <div>
              <Text size="sm" fw={500} mb={4}>
                {t('train.competingValues')}
              </Text>
              <Chip.Group multiple value={rivals} onChange={setRivals}>
                <Group gap={6}>
                  {(event.counts ?? [])
                    .filter(({ value }) => !picked.includes(value))
                    .map(({ value, count }) => (
                      <Chip key={value} value={value} size="xs">
                        {named(value)} ({formats.integer(count)})
                      </Chip>
                    ))}
                </Group>
              </Chip.Group>
            </div>
          )}
          <Select
            label={t('train.timeUnit')}
            size="xs"
            w={130}
            data={timeUnits.map((value) => ({ value, label: t(`units.${value}`) }))}
            value={unit}
            allowDeselect={false}
            onChange={(value) => value && setUnit(value as TimeUnit)}
          />
        </Group>
        {curve.isError ? (
          <FailureAlert error={curve.error} onRetry={() => void curve.refetch()} />
        ) : picked.length === 0 ? (
          <Text size="sm">{t('studySurvival.pick')}</Text>
        ) : curve.isPending ? (
          <Waiting rows={4} />
        ) : (
          <FigureBox draw={draw} />
        )}
      </Stack>
    </Paper>
  )
}
