import { invalidInput } from '../../contract/errors.ts'
import type { Parameter } from '../../contract/models.ts'
import type { Parameters } from './learner.ts'

type Describe = (
  name: string,
  label: Parameter['label'],
  description: Parameter['description'],
  range: [min: number, value: number, max: number],
) => Parameter

/** A parameter that is a number, from its least value, default and greatest value. */
export const number: Describe = (name, label, description, [min, value, max]) => ({
  name,
  label,
  description,
  type: 'number',
  default: value,
  min,
  max,
  choices: null,
})
/** A parameter that is a whole number. */
export const integer: Describe = (...described) => ({ ...number(...described), type: 'integer' })

const problemOf = (parameter: Parameter, value: unknown): string | null => {
  const { type, min, max, choices } = parameter
  if (type === 'boolean') return typeof value === 'boolean' ? null : 'must be true or false'
  if (type === 'text') {
    if (typeof value !== 'string') return 'must be text'
    return max !== null && value.length > max ? `must be at most ${max} characters long` : null
  }
  if (type === 'choice') return choices?.includes(String(value)) ? null : `must be one of ${choices?.join(', ')}`
  if (typeof value !== 'number' || !Number.isFinite(value)) return 'must be a number'
  if (type === 'integer' && !Number.isInteger(value)) return 'must be a whole number'
  if (min !== null && value < min) return `must be at least ${min}`
  if (max !== null && value > max) return `must be at most ${max}`
  return null
}

/** Completes parameters with the learner's defaults and checks each; throws `invalidInput` naming all that are wrong. */
export const completeParameters = (
  learner: { id: string; parameters: readonly Parameter[] },
  given: Parameters,
): Parameters => {
  const known = new Map(learner.parameters.map((parameter) => [parameter.name, parameter]))
  const issues: { path: string; reason: string }[] = []
  for (const [name, value] of Object.entries(given)) {
    const parameter = known.get(name)
    const reason = parameter
      ? problemOf(parameter, value)
      : `is not a parameter of ${learner.id}; it has ${[...known.keys()].join(', ') || 'none'}`
    if (reason) issues.push({ path: name, reason })
  }
  if (issues.length > 0) {
    const said = issues.map(({ path, reason }) => `${path} ${reason}`).join('; ')
    throw invalidInput('badParameter', `${learner.id}: ${said}.`, issues)
  }
  return Object.fromEntries(learner.parameters.map(({ name, default: value }) => [name, given[name] ?? value]))
}
