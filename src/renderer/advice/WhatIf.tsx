import { Alert, Paper, Radio, Select, Slider, Stack, Text, Title } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { IconAdjustmentsOff, IconAlertTriangle } from '@tabler/icons-react'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useCallback, useMemo, useState } from 'react'
import type * as z from 'zod'
import type { ModelCard } from '../../contract/models.ts'
import type { WhatIfSchema } from '../../contract/predictions.ts'
import { type Cell, type Concept, daysPer, type TimeUnit } from '../../contract/values.ts'
import { whatIf } from '../../figures/index.ts'
import { orpc } from '../api.ts'
import { FailureAlert } from '../errors/FailureAlert.tsx'
import { wordsOf } from '../language/formats.ts'
import { useFormats, useLanguage, useText, useTranslation } from '../language/index.ts'
import { FigureBox } from '../parts/FigureBox.tsx'
import { useModelChoice } from '../parts/prediction/choice.ts'
import { Empty, Waiting } from '../parts/View.tsx'
import classes from './advice.module.css'

type Answer = z.infer<typeof WhatIfSchema>

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
  const levelsOf = (column: string) => concepts.find((concept) => concept.name === column)?.levels ?? null
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
      model={model}
      event={words.quoted(event)}
      levels={levelsOf(feature.name)}
      feature={feature.name}
      whole={feature.kind === 'integer'}
      unit={formats.unit(feature.unit)}
      horizon={horizon ?? main}
      timeUnit={timeUnit}
    >
      {choosing}
    </OneFactor>
  )
}

/** A round step of about a hundredth of the range. */
const stepOf = (low: number, high: number): number => {
  const raw = (high - low) / 100
  if (!(raw > 0)) return 1
  const power = 10 ** Math.floor(Math.log10(raw))
  return [1, 2, 5, 10].map((times) => times * power).find((step) => step >= raw) ?? power * 10
}

const OneFactor = ({
  patient,
  model,
  event,
  levels,
  feature,
  whole,
  unit,
  horizon,
  timeUnit,
  children,
}: {
  patient: number
  model: ModelCard
  /** What happens, for survival. */
  event: string
  /** What the codes of the factor mean; null where it is a plain number. */
  levels: Concept['levels']
  feature: string
  whole: boolean
  unit: string
  horizon: number | null
  timeUnit: TimeUnit
  children: React.ReactNode
}) => {
  const { t } = useTranslation('advice')
  const text = useText()
  const formats = useFormats()
  const language = useLanguage()
  const words = wordsOf(language)
  const [value, setValue] = useState<Cell>(null)
  const [asked] = useDebouncedValue(value, 200)
  const query = useQuery(
    orpc.predictions.whatIf.queryOptions({
      input: { patient, model: model.model, feature, value: asked, horizon },
      placeholderData: keepPreviousData,
    }),
  )
  const answer = query.data
  const levelOf = useCallback(
    (code: string): string | null => {
      const level = levels?.find((one) => one.code === code || Number(one.code) === Number(code))
      return level ? text(level.label) : null
    },
    [levels, text],
  )
  const coded = answer?.points.every((point) => levelOf(String(point.value)) !== null) ?? false
  const numeric = !coded && (answer?.points.every((point) => typeof point.value === 'number') ?? false)
  const shown = useMemo(() => shownAt(answer, value), [answer, value])
  const label = text(answer?.label)

  const say = (prediction: number, scale: Answer['scale']) =>
    scale === 'value' ? formats.number(prediction, 2) : words.perHundred(prediction)
  const valueText = (cell: Cell) =>
    cell === null
      ? t('whatIf.notRecorded')
      : typeof cell === 'number' && !coded
        ? `${formats.number(cell, 3)}${unit ? ` ${unit}` : ''}`
        : (levelOf(String(cell)) ?? String(cell))

  const draw = useCallback(
    (size: { width: number; document: Document }) => {
      const words = wordsOf(language)
      return whatIf(
        {
          points: (answer?.points ?? []).flatMap((point) =>
            point.value === null
              ? []
              : [
                  {
                    value: coded ? String(point.value) : point.value,
                    ...(coded ? { label: levelOf(String(point.value)) ?? String(point.value) } : {}),
                    prediction: point.prediction,
                  },
                ],
          ),
          current: answer?.current ?? null,
          before: answer?.before ?? 0,
          chosen: shown?.value ?? null,
          after: shown?.prediction ?? null,
          scale: answer?.scale ?? 'risk',
        },
        {
          ...size,
          locale: language,
          texts: {
            title: t('whatIf.figure', { factor: label }),
            description: t('whatIf.figureHelp'),
            factor: unit ? `${label} (${unit})` : label,
            prediction: answer?.scale === 'value' ? t('whatIf.value') : t('whatIf.axis'),
            now: t('whatIf.now'),
            chosen: t('whatIf.chosen'),
            ...(answer?.scale === 'value' ? {} : { amount: words.perHundred }),
          },
        },
      )
    },
    [answer, shown, coded, levelOf, language, label, unit, t],
  )

  if (query.isError) return <FailureAlert error={query.error} onRetry={() => void query.refetch()} />
  if (!answer) return <Waiting rows={6} />
  const numbers = answer.points.flatMap((point) => (typeof point.value === 'number' ? [point.value] : []))
  const [low, high] = [Math.min(...numbers), Math.max(...numbers)]
  const step = whole ? Math.max(1, Math.round((high - low) / 200)) : stepOf(low, high)
  const asks = questionOf(answer, model.target, event, words.duration, timeUnit, t)
  return (
    <div className={classes.whatIf}>
      <Stack gap="md">
        {children}
        {numeric ? (
          <div>
            <Text size="sm" fw={500} id={`${feature}-slider`}>
              {t('whatIf.chosenValue', { factor: label })}:{' '}
              <strong className="tabular">{valueText(value ?? answer.current)}</strong>
            </Text>
            <Slider
              mt={8}
              mb={26}
              min={low}
              max={high}
              step={step}
              value={typeof value === 'number' ? value : typeof answer.current === 'number' ? answer.current : low}
              onChange={setValue}
              label={(at) => formats.number(at, 3)}
              thumbProps={{
                'aria-labelledby': `${feature}-slider`,
                'aria-valuetext': valueText(value ?? answer.current),
              }}
              marks={[
                { value: low, label: formats.number(low, 2) },
                { value: high, label: formats.number(high, 2) },
              ]}
            />
          </div>
        ) : (
          <Radio.Group
            label={t('whatIf.chosenValue', { factor: label })}
            value={value === null ? (answer.current === null ? null : String(answer.current)) : String(value)}
            onChange={(chosen) =>
              setValue(answer.points.find((point) => String(point.value) === chosen)?.value ?? chosen)
            }
          >
            <Stack gap={6} mt={6}>
              {answer.points.map((point) => (
                <Radio
                  key={String(point.value)}
                  value={String(point.value)}
                  label={
                    String(point.value) === String(answer.current)
                      ? t('whatIf.isNow', { value: valueText(point.value) })
                      : valueText(point.value)
                  }
                />
              ))}
            </Stack>
          </Radio.Group>
        )}
        <div aria-live="polite">
          <Text size="sm" c="dimmed">
            {asks}
          </Text>
          <Text>
            {t('whatIf.before', { value: valueText(answer.current), prediction: say(answer.before, answer.scale) })}
          </Text>
          {shown && shown.value !== answer.current && (
            <>
              <Text>
                {t('whatIf.after', { value: valueText(shown.value), prediction: say(shown.prediction, answer.scale) })}
              </Text>
              <Text fw={640} size="lg">
                {answer.scale === 'value'
                  ? t('whatIf.changeValue', { change: formats.number(shown.prediction - answer.before, 2) })
                  : t('whatIf.change', { change: words.change(answer.before, shown.prediction) })}
              </Text>
            </>
          )}
        </div>
      </Stack>
      <Stack gap="sm">
        <FigureBox draw={draw} />
        <Alert color="amber" icon={<IconAlertTriangle />} title={t('whatIf.cautionTitle')}>
          <Text size="sm">{text(answer.caution)}</Text>
        </Alert>
      </Stack>
    </div>
  )
}

/** The chosen value and its prediction: the core's own where it has answered for this value, else read off the line meanwhile. */
const shownAt = (answer: Answer | undefined, value: Cell): { value: NonNullable<Cell>; prediction: number } | null => {
  if (!answer || value === null) return null
  const exact = answer.points.find((point) => point.value === value)
  if (exact) return { value, prediction: exact.prediction }
  if (typeof value !== 'number') return null
  const points = answer.points.flatMap((point) =>
    typeof point.value === 'number' ? [{ x: point.value, y: point.prediction }] : [],
  )
  const next = points.findIndex((point) => point.x >= value)
  const [before, after] = [points[next - 1], points[next]]
  if (!after) return null
  if (!before) return { value, prediction: after.y }
  const share = (value - before.x) / (after.x - before.x)
  return { value, prediction: before.y + share * (after.y - before.y) }
}

const questionOf = (
  answer: Answer,
  target: string,
  event: string,
  duration: (years: number) => string,
  timeUnit: TimeUnit,
  t: (key: string, values?: Record<string, unknown>) => string,
): string => {
  if (answer.scale === 'risk')
    return t('whatIf.asksRisk', {
      event,
      time: answer.horizon === null ? '' : duration((answer.horizon * daysPer[timeUnit]) / daysPer.years),
    })
  return answer.scale === 'probability'
    ? t('whatIf.asksClass', { class: answer.class ?? target })
    : t('whatIf.asksValue', { target })
}
