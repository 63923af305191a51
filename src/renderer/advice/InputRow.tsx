import { Anchor, NumberInput, Select, Text } from '@mantine/core'
import type * as z from 'zod'
import type { ScoreInputSchema } from '../../contract/advice.ts'
import type { Cell } from '../../contract/values.ts'
import { useFormats, useTranslation } from '../language/index.ts'
import classes from './advice.module.css'

export type Input = z.infer<typeof ScoreInputSchema>

/** What a score is computed from: where the value came from, and a field for another one. */
export const InputRow = ({
  input,
  entered,
  onEnter,
}: {
  input: Input
  entered: Cell
  onEnter: (value: Cell) => void
}) => {
  const { t } = useTranslation('advice')
  const formats = useFormats()
  const texts = `scores:input.${input.id}`
  const label = t(`${texts}.label`)
  const unit = formats.unit(input.unit)
  const problem = useProblem(input, label)
  const used = typeof input.value === 'number' ? formats.quantity(Number(input.value.toPrecision(4)), input.unit) : null
  const typed = entered !== null
  const recorded = input.recordedAs ? recordedText(input.recordedAs, formats.quantity) : ''
  const origin = typed
    ? t('inputs.typed')
    : input.from === 'record'
      ? input.recordedAs && used && !sameReading(input.recordedAs, input.value)
        ? t('inputs.converted', { concept: input.concept, recorded, used })
        : t('inputs.record', { concept: input.concept, recorded: recorded || used || '' })
      : input.value !== null
        ? t('inputs.assumed', { value: used ?? String(input.value) })
        : t('inputs.missing')
  return (
    <div className={classes.input}>
      <div>
        <Text size="sm" fw={600}>
          {label}
          {unit && (
            <Text span size="xs" c="dimmed" fw={400}>
              {' '}
              {unit}
            </Text>
          )}
        </Text>
        <Text size="xs" c={input.value === null && !typed ? 'var(--warn)' : 'dimmed'}>
          {origin}
        </Text>
        {typed && (
          <Anchor component="button" type="button" size="xs" onClick={() => onEnter(null)}>
            {t('inputs.reset')}
          </Anchor>
        )}
      </div>
      {input.kind === 'choice' ? (
        <Select
          aria-label={label}
          size="xs"
          data={(input.choices ?? []).map((code) => ({ value: code, label: t(`${texts}.choice.${code}`) }))}
          value={String(entered ?? input.value ?? '') || null}
          onChange={(value) => onEnter(value)}
          placeholder={t('inputs.choose')}
          error={problem}
          clearable={typed}
        />
      ) : (
        <NumberInput
          aria-label={unit ? `${label}, ${unit}` : label}
          size="xs"
          value={typeof entered === 'number' || typeof entered === 'string' ? entered : ''}
          placeholder={typeof input.value === 'number' ? formats.number(input.value, 3) : t('inputs.type')}
          onChange={(value) => onEnter(value === '' ? null : value)}
          hideControls
          error={problem}
        />
      )}
    </div>
  )
}

/** Why the value cannot be used, in a sentence. */
const useProblem = ({ problem, unit }: Input, label: string): string | undefined => {
  const { t } = useTranslation()
  const formats = useFormats()
  if (!problem) return undefined
  if (problem.code === 'unreadable') return t('scores:problem.unreadable', { value: problem.value, input: label })
  if (problem.code === 'otherUnit')
    return t('scores:problem.otherUnit', { from: formats.unit(problem.from), to: formats.unit(problem.to) })
  return t('scores:problem.outOfRange', {
    value: formats.quantity(problem.value, unit),
    low: formats.number(problem.low),
    high: formats.number(problem.high),
  })
}

/** `40.2026009582478 a` -> `40.2 years`; what is no number stays as it is. */
const recordedText = (recordedAs: string, quantity: (value: number, unit: string | null) => string): string => {
  const [, number, unit] = /^(-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)\s*(\S*)$/i.exec(recordedAs) ?? []
  return number === undefined ? recordedAs : quantity(Number(Number(number).toPrecision(4)), unit || null)
}

/** Whether the recorded reading is the number that was used, so that no conversion has to be shown. */
const sameReading = (recordedAs: string, value: Cell): boolean =>
  typeof value === 'number' && Math.abs(Number.parseFloat(recordedAs) - value) <= Math.abs(value) * 1e-9
