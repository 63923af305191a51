import { Alert, Radio, Slider, Stack, Text } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { IconAlertTriangle } from '@tabler/icons-react'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { type ReactNode, useCallback, useMemo, useState } from 'react'
import type * as z from 'zod'
import type { WhatIfSchema } from '../../contract/predictions.ts'
import { type Cell, type Concept, daysPer, type TimeUnit } from '../../contract/values.ts'
import { whatIf } from '../../figures/index.ts'
import { orpc } from '../api.ts'
import { FailureAlert } from '../errors/FailureAlert.tsx'
import { wordsOf } from '../language/formats.ts'
import { useFormats, useLanguage, useText, useTranslation } from '../language/index.ts'
import { FigureBox } from '../parts/FigureBox.tsx'
import { Waiting } from '../parts/View.tsx'
import classes from './advice.module.css'

type Answer = z.infer<typeof WhatIfSchema>
type Shown = { value: NonNullable<Cell>; prediction: number } | null

/** What a model is asked about: the outcome it tells of, and when. */
interface Question {
  target: string
  /** What happens, for survival. */
  event: string
  horizon: number | null
  timeUnit: TimeUnit
}

/** The factor as the model has it. */
interface Factor {
  name: string
  unit: string
  whole: boolean
  /** What its codes mean; null where it is a plain number. */
  levels: Concept['levels']
}

/** One factor to change, and what the model then says. */
export const OneFactor = ({
  patient,
  model,
  question,
  factor,
  children,
}: {
  patient: number
  model: number
  question: Question
  factor: Factor
  children: ReactNode
}) => {
  const { t } = useTranslation('advice')
  const text = useText()
  const [value, setValue] = useState<Cell>(null)
  const [asked] = useDebouncedValue(value, 200)
  const query = useQuery(
    orpc.predictions.whatIf.queryOptions({
      input: { patient, model, feature: factor.name, value: asked, horizon: question.horizon },
      placeholderData: keepPreviousData,
    }),
  )
  const answer = query.data
  const shown = useMemo(() => shownAt(answer, value), [answer, value])
  if (query.isError) return <FailureAlert error={query.error} onRetry={() => void query.refetch()} />
  if (!answer) return <Waiting rows={6} />
  return (
    <div className={classes.whatIf}>
      <Stack gap="md">
        {children}
        <Choice answer={answer} factor={factor} value={value} onChange={setValue} />
        <Told answer={answer} factor={factor} question={question} shown={shown} />
      </Stack>
      <Stack gap="sm">
        <Course answer={answer} factor={factor} shown={shown} />
        <Alert color="amber" icon={<IconAlertTriangle />} title={t('whatIf.cautionTitle')}>
          <Text size="sm">{text(answer.caution)}</Text>
        </Alert>
      </Stack>
    </div>
  )
}

/** How values of the factor are told: codes by what they mean, where each has a meaning. */
const useValues = (answer: Answer, { levels, unit }: Factor) => {
  const { t } = useTranslation('advice')
  const text = useText()
  const formats = useFormats()
  const levelOf = useCallback(
    (code: string): string | null => {
      const level = levels?.find((one) => one.code === code || Number(one.code) === Number(code))
      return level ? text(level.label) : null
    },
    [levels, text],
  )
  const coded = answer.points.every((point) => levelOf(String(point.value)) !== null)
  const told = (cell: Cell): string => {
    if (cell === null) return t('whatIf.notRecorded')
    if (typeof cell === 'number' && !coded) return `${formats.number(cell, 3)}${unit ? ` ${unit}` : ''}`
    return levelOf(String(cell)) ?? String(cell)
  }
  return { coded, levelOf, told }
}

/** A slider for a number, else one of the values there are. */
const Choice = (props: { answer: Answer; factor: Factor; value: Cell; onChange: (value: Cell) => void }) => {
  const { coded } = useValues(props.answer, props.factor)
  const numeric = !coded && props.answer.points.every((point) => typeof point.value === 'number')
  return numeric ? <NumberChoice {...props} /> : <LevelChoice {...props} />
}

const NumberChoice = ({ answer, factor, value, onChange }: Parameters<typeof Choice>[0]) => {
  const { t } = useTranslation('advice')
  const text = useText()
  const formats = useFormats()
  const { told } = useValues(answer, factor)
  const numbers = answer.points.flatMap((point) => (typeof point.value === 'number' ? [point.value] : []))
  const [low, high] = [Math.min(...numbers), Math.max(...numbers)]
  const id = `${factor.name}-slider`
  return (
    <div>
      <Text size="sm" fw={500} id={id}>
        {t('whatIf.chosenValue', { factor: text(answer.label) })}:{' '}
        <strong className="tabular">{told(value ?? answer.current)}</strong>
      </Text>
      <Slider
        mt={8}
        mb={26}
        min={low}
        max={high}
        step={factor.whole ? Math.max(1, Math.round((high - low) / 200)) : stepOf(low, high)}
        value={typeof value === 'number' ? value : typeof answer.current === 'number' ? answer.current : low}
        onChange={onChange}
        label={(at) => formats.number(at, 3)}
        thumbProps={{ 'aria-labelledby': id, 'aria-valuetext': told(value ?? answer.current) }}
        marks={[
          { value: low, label: formats.number(low, 2) },
          { value: high, label: formats.number(high, 2) },
        ]}
      />
    </div>
  )
}

const LevelChoice = ({ answer, factor, value, onChange }: Parameters<typeof Choice>[0]) => {
  const { t } = useTranslation('advice')
  const text = useText()
  const { told } = useValues(answer, factor)
  const current = value ?? answer.current
  return (
    <Radio.Group
      label={t('whatIf.chosenValue', { factor: text(answer.label) })}
      value={current === null ? null : String(current)}
      onChange={(chosen) => onChange(answer.points.find((point) => String(point.value) === chosen)?.value ?? chosen)}
    >
      <Stack gap={6} mt={6}>
        {answer.points.map((point) => (
          <Radio
            key={String(point.value)}
            value={String(point.value)}
            label={
              String(point.value) === String(answer.current)
                ? t('whatIf.isNow', { value: told(point.value) })
                : told(point.value)
            }
          />
        ))}
      </Stack>
    </Radio.Group>
  )
}

/** What the model says now, what it would say, and how much that is. */
const Told = ({
  answer,
  factor,
  question,
  shown,
}: {
  answer: Answer
  factor: Factor
  question: Question
  shown: Shown
}) => {
  const { t } = useTranslation('advice')
  const formats = useFormats()
  const words = wordsOf(useLanguage())
  const asks = useQuestion(answer, question)
  const { told } = useValues(answer, factor)
  const said = (prediction: number) =>
    answer.scale === 'value' ? formats.number(prediction, 2) : words.perHundred(prediction)
  return (
    <div aria-live="polite">
      <Text size="sm" c="dimmed">
        {asks}
      </Text>
      <Text>{t('whatIf.before', { value: told(answer.current), prediction: said(answer.before) })}</Text>
      {shown && shown.value !== answer.current && (
        <>
          <Text>{t('whatIf.after', { value: told(shown.value), prediction: said(shown.prediction) })}</Text>
          <Text fw={640} size="lg">
            {answer.scale === 'value'
              ? t('whatIf.changeValue', { change: formats.number(shown.prediction - answer.before, 2) })
              : t('whatIf.change', { change: words.change(answer.before, shown.prediction) })}
          </Text>
        </>
      )}
    </div>
  )
}

const useQuestion = (answer: Answer, { target, event, timeUnit }: Question): string => {
  const { t } = useTranslation('advice')
  const words = wordsOf(useLanguage())
  const years = answer.horizon === null ? null : (answer.horizon * daysPer[timeUnit]) / daysPer.years
  if (answer.scale === 'risk') return t('whatIf.asksRisk', { event, time: years === null ? '' : words.duration(years) })
  return answer.scale === 'probability'
    ? t('whatIf.asksClass', { class: answer.class ?? target })
    : t('whatIf.asksValue', { target })
}

/** The prediction over all values of the factor. */
const Course = ({ answer, factor, shown }: { answer: Answer; factor: Factor; shown: Shown }) => {
  const { t } = useTranslation('advice')
  const text = useText()
  const language = useLanguage()
  const { coded, levelOf } = useValues(answer, factor)
  const label = text(answer.label)
  const draw = useCallback(
    (size: { width: number; document: Document }) => {
      const words = wordsOf(language)
      return whatIf(
        {
          points: answer.points.flatMap(({ value, prediction }) => {
            if (value === null) return []
            const code = String(value)
            return [coded ? { value: code, label: levelOf(code) ?? code, prediction } : { value, prediction }]
          }),
          current: answer.current,
          before: answer.before,
          chosen: shown?.value ?? null,
          after: shown?.prediction ?? null,
          scale: answer.scale,
        },
        {
          ...size,
          locale: language,
          texts: {
            title: t('whatIf.figure', { factor: label }),
            description: t('whatIf.figureHelp'),
            factor: factor.unit ? `${label} (${factor.unit})` : label,
            prediction: answer.scale === 'value' ? t('whatIf.value') : t('whatIf.axis'),
            now: t('whatIf.now'),
            chosen: t('whatIf.chosen'),
            ...(answer.scale === 'value' ? {} : { amount: words.perHundred }),
          },
        },
      )
    },
    [answer, shown, coded, levelOf, language, label, factor.unit, t],
  )
  return <FigureBox draw={draw} />
}

/** A round step of about a hundredth of the range. */
const stepOf = (low: number, high: number): number => {
  const raw = (high - low) / 100
  if (!(raw > 0)) return 1
  const power = 10 ** Math.floor(Math.log10(raw))
  return [1, 2, 5, 10].map((times) => times * power).find((step) => step >= raw) ?? power * 10
}

/**
 * The chosen value and its prediction: the core's own where it has answered for this value, else read off the line
 * meanwhile.
 */
const shownAt = (answer: Answer | undefined, value: Cell): Shown => {
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
