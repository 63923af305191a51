import { faultOf, type Issue, invalidInput, issueAt, named } from '../../contract/errors.ts'
import type { Parameter } from '../../contract/models.ts'
import type { Said } from '../../contract/say.ts'
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

const problemOf = (parameter: Parameter, value: unknown): Said | null => {
  const { type, min, max, choices } = parameter
  if (type === 'boolean') return typeof value === 'boolean' ? null : faultOf('mustBeYesNo')
  if (type === 'text') {
    if (typeof value !== 'string') return faultOf('mustBeText')
    return max !== null && value.length > max ? faultOf('tooLong', { max }) : null
  }
  if (type === 'choice')
    return choices?.includes(String(value)) ? null : faultOf('mustBeOneOf', { known: [...(choices ?? [])] })
  if (typeof value !== 'number' || !Number.isFinite(value)) return faultOf('mustBeNumber')
  if (type === 'integer' && !Number.isInteger(value)) return faultOf('mustBeWhole')
  if (min !== null && value < min) return faultOf('atLeast', { min })
  if (max !== null && value > max) return faultOf('atMost', { max })
  return null
}

/**
 * Completes parameters with the learner's defaults and checks each; throws `invalidInput` naming all that are wrong.
 */
export const completeParameters = (
  learner: { id: string; parameters: readonly Parameter[] },
  given: Parameters,
): Parameters => {
  const known = new Map(learner.parameters.map((parameter) => [parameter.name, parameter]))
  const issues: Issue[] = []
  for (const [name, value] of Object.entries(given)) {
    const parameter = known.get(name)
    const fault = parameter
      ? problemOf(parameter, value)
      : known.size > 0
        ? faultOf('notAParameterOf', { learner: learner.id, known: [...known.keys()] })
        : faultOf('hasNoParameters', { learner: learner.id })
    if (fault) issues.push(issueAt(name, fault))
  }
  if (issues.length > 0) throw invalidInput('badParameter', { learner: learner.id, faults: named(issues) }, issues)
  return Object.fromEntries(learner.parameters.map(({ name, default: value }) => [name, given[name] ?? value]))
}
