import { Group, Paper, Select, Stack, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useCallback, useState } from 'react'
import { type TimeUnit, timeUnits } from '../../contract/values.ts'
import { cumulativeIncidence, survivalCurve } from '../../figures/index.ts'
import { type client, orpc } from '../api.ts'
import { FailureAlert } from '../errors/FailureAlert.tsx'
import { useLanguage, useTranslation } from '../language/index.ts'
import { FigureBox } from '../parts/FigureBox.tsx'
import { type Summary, timeUnitOf } from '../parts/suggest.ts'
import { Asked, ValueChips } from '../parts/ValueChips.tsx'
import { Waiting } from '../parts/View.tsx'

type Curve = Awaited<ReturnType<typeof client.studies.survival>>

/**
 * Kaplan-Meier curve of a study that has a time and an event, or cumulative incidences where competing events are
 * named; which values mean what is chosen here.
 */
export const StudySurvival = ({ study, columns }: { study: string; columns: readonly Summary[] }) => {
  const { t } = useTranslation('studies')
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
  const draw = useDraw(curve.data, unit, time?.quantiles?.max ?? 0)
  if (!time || !event) return null
  return (
    <Paper p="md" component="section" maw={820}>
      <Stack gap="sm">
        <Title order={2}>{t('studySurvival.title')}</Title>
        <Text size="sm" c="dimmed">
          {t(rivals.length > 0 ? 'studySurvival.incidenceHelp' : 'studySurvival.help')}
        </Text>
        <Group gap="md" align="flex-end">
          <Asked title={t('design:train.eventValues', { column: event.concept.name })}>
            <ValueChips
              column={event}
              size="xs"
              chosen={picked}
              onChange={(values) => {
                setPicked(values)
                setRivals(rivals.filter((value) => !values.includes(value)))
              }}
            />
          </Asked>
          {picked.length > 0 && (
            <Asked title={t('design:train.competingValues')}>
              <ValueChips column={event} size="xs" without={picked} chosen={rivals} onChange={setRivals} />
            </Asked>
          )}
          <Select
            label={t('design:train.timeUnit')}
            size="xs"
            w={130}
            data={timeUnits.map((value) => ({ value, label: t(`models:units.${value}`) }))}
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

/** The curves as a figure. `last`: the end of the follow-up, in the unit of the curve. */
const useDraw = (curve: Curve | undefined, timeUnit: TimeUnit, last: number) => {
  const { t } = useTranslation('studies')
  const locale = useLanguage()
  return useCallback(
    (size: { width: number; document: Document }) => {
      const shared = {
        atRisk: t('studySurvival.atRisk'),
        followUpEnds: t('studySurvival.followUpEnds'),
        time: { years: t('models:units.years'), months: t('models:units.months'), days: t('models:units.days') },
      }
      const atRisk = (curve?.times ?? []).map((at, index) => ({ time: at, n: curve?.atRisk[index] ?? 0 }))
      if (curve?.competing)
        return cumulativeIncidence(
          {
            timeUnit,
            followUp: last,
            causes: [
              { label: t('studySurvival.event'), ...incidenceOf(curve.times, curve) },
              { label: t('studySurvival.competing'), ...incidenceOf(curve.times, curve.competing) },
            ],
            atRisk,
          },
          {
            ...size,
            locale,
            texts: {
              ...shared,
              title: t('studySurvival.incidence'),
              description: t('studySurvival.incidenceHelp'),
              had: t('studySurvival.had'),
            },
          },
        )
      return survivalCurve(
        {
          timeUnit,
          patient: null,
          followUp: last,
          cohort: curve ? { ...curve, atRisk, n: curve.atRisk[0] ?? 0, events: 0 } : null,
        },
        {
          ...size,
          locale,
          texts: {
            ...shared,
            title: t('studySurvival.title'),
            description: t('studySurvival.help'),
            cohort: t('studySurvival.curve'),
            free: t('studySurvival.free'),
            few: t('studySurvival.few'),
          },
        },
      )
    },
    [curve, timeUnit, last, locale, t],
  )
}

/** What a curve of the free leaves. */
const incidenceOf = (times: readonly number[], free: { survival: number[]; low: number[]; high: number[] }) => {
  const rest = (values: readonly number[]) => values.map((value) => 1 - value)
  return { times, incidence: rest(free.survival), low: rest(free.high), high: rest(free.low) }
}
