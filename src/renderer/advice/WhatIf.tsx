import { Paper, Select, Stack, Text, Title } from '@mantine/core'
import { IconAdjustmentsOff } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { ModelCard } from '../../contract/models.ts'
import { daysPer, type TimeUnit } from '../../contract/values.ts'
import { orpc } from '../api.ts'
import { FailureAlert } from '../errors/FailureAlert.tsx'
import { wordsOf } from '../language/formats.ts'
import { useFormats, useLanguage, useText, useTranslation } from '../language/index.ts'
import { useModelChoice } from '../parts/prediction/choice.ts'
import { Empty, Waiting } from '../parts/View.tsx'
import { OneFactor } from './OneFactor.tsx'

/** How a model's prediction would change with one factor that a doctor could change. */
export const WhatIf = ({ patient }: { patient: number }) => {
  const { t } = useTranslation('advice')
  const choice = useModelChoice(patient, ['survival', 'diagnosis', 'regression'])
  return (
    <Stack gap="sm" component="section">
      <div>
        <Title order={2}>{t('whatIf.title')}</Title>
        <Text size="sm" c="dimmed">
          {t('whatIf.help')}
        </Text>
      </div>
      {choice.error ? (
        <FailureAlert error={choice.error} onRetry={choice.retry} />
      ) : choice.isPending ? (
        <Waiting rows={4} />
      ) : choice.chosen === null ? (
        <Empty icon={<IconAdjustmentsOff size={32} />} title={t('whatIf.noModel')}>
          {t('whatIf.noModelHelp')}
        </Empty>
      ) : (
        <Paper p="md">
          <Factors
            key={choice.chosen.model}
            patient={patient}
            model={choice.chosen}
            models={choice.models}
            onChoose={choice.choose}
          />
        </Paper>
      )}
    </Stack>
  )
}

const Factors = ({
  patient,
  model,
  models,
  onChoose,
}: {
  patient: number
  model: ModelCard
  models: readonly ModelCard[]
  onChoose: (model: number) => void
}) => {
  const { t } = useTranslation('advice')
  const text = useText()
  const formats = useFormats()
  const words = wordsOf(useLanguage())
  const [picked, setPicked] = useState<string | null>(null)
  const [horizon, setHorizon] = useState<number | null>(null)
  const modifiable = useQuery(orpc.predictions.modifiable.queryOptions({ input: { model: model.model } }))
  const detail = useQuery(
    orpc.models.get.queryOptions({ input: { model: model.model }, enabled: model.task === 'survival' }),
  )
  const outcome = detail.data?.design.outcome
  const timeUnit: TimeUnit = outcome?.task === 'survival' ? outcome.timeUnit : 'days'
  const horizons = detail.data?.horizons ?? []
  // Where the survival page and the history stand, so that no two tabs tell of different times.
  const main = detail.data?.mainHorizon ?? null
  // The chart is in memory already: its dictionaries say what codes mean.
  const chart = useQuery(orpc.patients.chart.queryOptions({ input: { patient }, staleTime: 10 * 60_000 }))
  const concepts = chart.data?.dictionaries[model.study] ?? []
  const event = detail.data?.event ? text(detail.data.event) : model.target
  const feature = modifiable.data?.find((one) => one.name === picked) ?? modifiable.data?.[0] ?? null
  const choosing = (
    <Stack gap="sm">
      <Select
        label={t('whatIf.model')}
        data={models.map((one) => ({
          value: String(one.model),
          label: t('whatIf.modelOption', { name: one.name, version: one.version, target: one.target }),
        }))}
        value={String(model.model)}
        allowDeselect={false}
        onChange={(value) => value && onChoose(Number(value))}
      />
      {feature && (
        <Select
          label={t('whatIf.factor')}
          data={(modifiable.data ?? []).map((one) => ({ value: one.name, label: text(one.label) }))}
          value={feature.name}
          allowDeselect={false}
          searchable={(modifiable.data ?? []).length > 8}
          onChange={setPicked}
        />
      )}
      {horizons.length > 1 && (
        <Select
          label={t('whatIf.horizon')}
          data={horizons.map((time) => ({
            value: String(time),
            label: words.duration((time * daysPer[timeUnit]) / daysPer.years),
          }))}
          value={String(horizon ?? main)}
          allowDeselect={false}
          onChange={(value) => value && setHorizon(Number(value))}
        />
      )}
    </Stack>
  )
  if (modifiable.isError) return <FailureAlert error={modifiable.error} onRetry={() => void modifiable.refetch()} />
  if (modifiable.isPending || (model.task === 'survival' && detail.isPending)) return <Waiting rows={4} />
  if (!feature)
    return (
      <Stack gap="sm">
        {choosing}
        <Text c="dimmed">{t('whatIf.noFactor')}</Text>
      </Stack>
    )
  return (
    <OneFactor
      key={feature.name}
      patient={patient}
      model={model.model}
      question={{ target: model.target, event: words.quoted(event), horizon: horizon ?? main, timeUnit }}
      factor={{
        name: feature.name,
        unit: formats.unit(feature.unit),
        whole: feature.kind === 'integer',
        levels: concepts.find((concept) => concept.name === feature.name)?.levels ?? null,
      }}
    >
      {choosing}
    </OneFactor>
  )
}
