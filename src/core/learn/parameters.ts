import { faultOf, type Issue, invalidInput, issueAt, named } from '../../contract/errors.ts'
import type { Parameter } from '../../contract/models.ts'
import type { Said } from '../../contract/say.ts'
import type { Parameters } from './learner.ts'

/** A parameter as it is described, with the type of its name and value. */
export type Setting<N extends string, V> = Parameter & { name: N /** In the type alone. */; value?: V }

type Range = [min: number, value: number, max: number]

/** A parameter that is a number, from its least value, default and greatest value. */
export const number = <const N extends string>(name: N, [min, value, max]: Range): Setting<N, number> => ({
  name,
  type: 'number',
  default: value,
  min,
  max,
  choices: null,
})

/** A parameter that is a whole number. */
export const integer = <const N extends string>(name: N, range: Range): Setting<N, number> => ({
  ...number(name, range),
  type: 'integer',
})

/** A parameter that is one of several words, the first unless said. */
export const choice = <const N extends string, const C extends string>(
  name: N,
  choices: readonly C[],
  value: C = choices[0],
): Setting<N, C> => ({ name, type: 'choice', default: value, min: null, max: null, choices: [...choices] })

export const boolean = <const N extends string>(name: N, value: boolean): Setting<N, boolean> => ({
  name,
  type: 'boolean',
  default: value,
  min: null,
  max: null,
  choices: null,
})

/** A parameter that is a text, empty unless given. @param longest characters; null: any number */
export const text = <const N extends string>(name: N, longest: number | null): Setting<N, string> => ({
  name,
  type: 'text',
  default: '',
  min: null,
  max: longest,
  choices: null,
})

/** A learner's parameters: described for those who list them, typed for the fit that reads them. */
export interface Settings<V> {
  list: readonly Parameter[]
  /** The parameters as values, defaults where none is given. Names and limits are checked by `completeParameters`. */
  read(given: Parameters): V
}

type ValuesOf<L extends readonly Setting<string, unknown>[]> = {
  [S in L[number] as S['name']]: S extends Setting<string, infer V> ? V : never
}
/** The type of what a learner's settings read. */
export type Infer<S> = S extends Settings<infer V> ? V : never

export const describe = <const L extends readonly Setting<string, unknown>[]>(...list: L): Settings<ValuesOf<L>> => ({
  list,
  read: (given) =>
    Object.fromEntries(list.map(({ name, default: value }) => [name, given[name] ?? value])) as ValuesOf<L>,
})

/** A parameter of another learner, with another default or range where given. */
export const sharedWith = <V, const N extends keyof V & string>(
  { list }: Settings<V>,
  name: N,
  over: Partial<Pick<Parameter, 'default' | 'min' | 'max'>> = {},
): Setting<N, V[N]> => ({ ...(list.find((one) => one.name === name) as Parameter), ...over, name })

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
