import type { Range, TuningDesign } from '../../../contract/design.ts'
import { BedsideError, faultOf, invalidInput, issueAt, named, sentenceIn } from '../../../contract/errors.ts'
import type { Parameter } from '../../../contract/models.ts'
import type { Said } from '../../../contract/say.ts'
import type { Task } from '../../../contract/values.ts'
import type { Learner, Parameters } from '../../learn/learner.ts'
import { completeParameters } from '../../learn/parameters.ts'

type Value = number | string | boolean

/** One searched parameter: a range mapped to [0, 1], or a list of values. */
export interface Dimension {
  name: string
  range: Range
  whole: boolean
  simpler: 'high' | 'low' | null
}

export interface Space {
  dimensions: Dimension[]
  /** What the design or the learner starts from, complete. */
  start: Parameters
  effort: string | null
}

/** A point of the space: a number in [0, 1] for a range, the index of a value for a list. */
export type Point = number[]

/**
 * The space a design searches: the learner's own ranges, with those the design names in their place; a parameter that
 * the design sets is not searched. Throws `invalidInput` where nothing is left to search or a range does not fit its
 * parameter.
 */
export const spaceOf = (
  learner: Learner,
  task: Task,
  given: Parameters,
  { space }: TuningDesign,
  rows: number,
  columns: number,
): Space => {
  const own = learner.search?.(task, rows, columns) ?? { ranges: {}, simpler: {} }
  const ranges: Record<string, Range> = { ...own.ranges, ...space }
  for (const name of Object.keys(given)) if (!(name in space)) delete ranges[name]
  const byName = new Map(learner.parameters.map((parameter) => [parameter.name, parameter]))
  const issues = Object.entries(space).flatMap(([name, range]) => {
    const parameter = byName.get(name)
    const fault = parameter ? rangeProblem(parameter, range) : faultOf('notAParameter', { learner: learner.id })
    return fault ? [issueAt(`tuning.space.${name}`, fault)] : []
  })
  if (issues.length > 0) throw invalidInput('badSpace', { faults: named(issues) }, issues)
  const dimensions = Object.entries(ranges)
    .filter(([, range]) => !('values' in range ? range.values.length < 2 : range.low === range.high))
    .map(([name, range]) => ({
      name,
      range,
      whole: byName.get(name)?.type === 'integer',
      simpler: own.simpler[name] ?? null,
    }))
  if (dimensions.length === 0) throw invalidInput('nothingToTune', { learner: learner.id })
  const fixed = Object.fromEntries(Object.entries({ ...own.start, ...given }).filter(([name]) => byName.has(name)))
  return { dimensions, start: completeParameters(learner, fixed), effort: own.effort ?? null }
}

const rangeProblem = (parameter: Parameter, range: Range): Said | null => {
  const check = (value: Value): Said | null => {
    try {
      completeParameters({ id: parameter.name, parameters: [parameter] }, { [parameter.name]: value })
      return null
    } catch (error) {
      if (!(error instanceof BedsideError)) throw error
      return sentenceIn(error.failure)
    }
  }
  if ('values' in range) return range.values.map(check).find((problem) => problem !== null) ?? null
  if (parameter.type !== 'number' && parameter.type !== 'integer') return faultOf('listValues')
  if (!(range.low <= range.high)) return faultOf('lowAboveHigh')
  if (range.log && !(range.low > 0)) return faultOf('logFrom0')
  return check(range.low) ?? check(range.high)
}

const toUnit = (range: Extract<Range, { low: number }>, value: number): number => {
  const { low, high, log } = range
  const within = Math.min(high, Math.max(low, value))
  return log ? Math.log(within / low) / Math.log(high / low) : (within - low) / (high - low)
}

/** The parameters at a point. */
export const parametersAt = ({ dimensions, start }: Space, point: Point): Parameters => {
  const parameters: Parameters = { ...start }
  dimensions.forEach(({ name, range, whole }, d) => {
    if ('values' in range) {
      parameters[name] = range.values[point[d]]
      return
    }
    const { low, high, log } = range
    const value = log ? low * (high / low) ** point[d] : low + (high - low) * point[d]
    const bounded = Math.min(high, Math.max(low, value))
    // Four digits are more than a search can tell apart, and read better.
    parameters[name] = whole ? Math.round(bounded) : Math.min(high, Math.max(low, Number(bounded.toPrecision(4))))
  })
  return parameters
}

/** Where the start stands, as near as the ranges allow. */
export const startPoint = ({ dimensions, start }: Space): Point =>
  dimensions.map(({ name, range }) => {
    if ('values' in range) return Math.max(0, range.values.indexOf(start[name]))
    return toUnit(range, Number(start[name]))
  })

/** A point as the Gaussian process sees it: lists by one column a value. */
export const coordinatesOf = ({ dimensions }: Space, point: Point): number[] =>
  dimensions.flatMap(({ range }, d) =>
    'values' in range ? range.values.map((_, k) => (k === point[d] ? Math.SQRT1_2 : 0)) : [point[d]],
  )

/** 0 for the simplest setting, 1 for the most complex; over the parameters that have a simpler end. */
export const complexityOf = ({ dimensions }: Space, parameters: Parameters): number => {
  const shares = dimensions.flatMap(({ name, range, simpler }) => {
    if (!simpler) return []
    const place =
      'values' in range ? placeAmong(range.values, parameters[name]) : toUnit(range, Number(parameters[name]))
    return [simpler === 'high' ? 1 - place : place]
  })
  return shares.length > 0 ? shares.reduce((sum, one) => sum + one, 0) / shares.length : 0
}

/**
 * 0 for the smallest of the values, 1 for the largest, however they are listed; by their order where they are no
 * numbers.
 */
const placeAmong = (values: readonly Value[], value: Value): number => {
  const numbers = values.every((one) => typeof one === 'number')
  const ordered = numbers ? [...values].sort((a, b) => Number(a) - Number(b)) : values
  return Math.max(0, ordered.indexOf(value)) / (values.length - 1)
}
