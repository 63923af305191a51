import { NumberInput, Select, Switch, TextInput } from '@mantine/core'
import type { Parameter } from '../../../contract/models.ts'
import { useFormats, useTranslation } from '../../language/index.ts'
import { useLearnerTexts } from '../../parts/metrics.ts'

/** One parameter of a learner, drawn from its description. */
export const ParameterField = ({
  learner,
  parameter,
  value,
  onChange,
}: {
  learner: string
  parameter: Parameter
  value: number | string | boolean
  onChange: (value: number | string | boolean) => void
}) => {
  const { t } = useTranslation('design')
  const texts = useLearnerTexts()
  const label = texts.parameterLabel(learner, parameter.name)
  const said = texts.parameterDescription(learner, parameter.name)
  const formats = useFormats()
  const { type, min, max } = parameter
  const bounds =
    min !== null && max !== null
      ? t('train.between', { min: formats.number(min), max: formats.number(max) })
      : min !== null
        ? t('train.atLeast', { min: formats.number(min) })
        : max !== null
          ? t('train.atMost', { max: formats.number(max) })
          : ''
  const usual =
    type === 'number' || type === 'integer'
      ? t('train.default', { value: formats.number(Number(parameter.default)) })
      : ''
  const description = `${said} ${[bounds, usual].filter(Boolean).join(' ')}`.trim()
  if (type === 'boolean')
    return (
      <Switch
        label={label}
        description={description}
        checked={value === true}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
    )
  if (type === 'choice')
    return (
      <Select
        label={label}
        description={description}
        data={parameter.choices ?? []}
        value={String(value)}
        allowDeselect={false}
        onChange={(chosen) => chosen !== null && onChange(chosen)}
      />
    )
  if (type === 'text')
    return (
      <TextInput
        label={label}
        description={said}
        value={String(value)}
        {...(max === null ? {} : { maxLength: max })}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
    )
  return (
    <NumberInput
      label={label}
      description={description}
      value={Number(value)}
      {...(min === null ? {} : { min })}
      {...(max === null ? {} : { max })}
      allowDecimal={type === 'number'}
      decimalScale={type === 'number' ? 8 : 0}
      step={type === 'integer' ? 1 : stepFor(Number(parameter.default))}
      onChange={(typed) => onChange(typed === '' ? parameter.default : Number(typed))}
    />
  )
}

const stepFor = (usual: number) => (usual === 0 ? 0.1 : 10 ** Math.floor(Math.log10(Math.abs(usual))))
