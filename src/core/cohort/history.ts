import type { SummaryDesign } from '../../contract/design.ts'
import { invalidInput } from '../../contract/errors.ts'
import type { Sequences } from './matrix.ts'
import { sharedFloats } from './table.ts'

/** One measurement over time, of all patients: by patient, then day, then order of recording. */
export interface Course {
  name: string
  unit: string | null
  patients: Int32Array
  days: Float64Array
  /** NaN: recorded, but not as a number; such an entry is no measurement. */
  values: Float64Array
}

/** When each case was, in the clock of the courses' days. */
export interface CaseClock {
  /** The day a case's history is told from. NaN: nothing says; then the patient's last measurement. */
  origin: Float64Array
  /** The last moment that still belongs to the case: nothing measured later is read. */
  until: Float64Array
}

/** A clock where nothing says when a case was: all measurements of its patient belong to it. */
export const withoutTimes = (rows: number): CaseClock => ({
  origin: new Float64Array(rows).fill(Number.NaN),
  until: new Float64Array(rows).fill(Number.POSITIVE_INFINITY),
})

/** First position of `values` between `from` and `to` that is not below (or, with `after`, that is above) a value. */
const search = (values: ArrayLike<number>, from: number, to: number, value: number, after: boolean): number => {
  let low = from
  let high = to
  while (low < high) {
    const middle = (low + high) >>> 1
    if (after ? values[middle] <= value : values[middle] < value) low = middle + 1
    else high = middle
  }
  return low
}

/**
 * Where in a course the measurements of one case lie: up to its moment, and within the window before it where there is
 * one.
 */
const rangeOf = (
  { patients, days }: Course,
  patient: number,
  origin: number,
  until: number,
  window: number | null,
): [from: number, to: number] => {
  const first = search(patients, 0, patients.length, patient, false)
  const end = search(patients, first, patients.length, patient, true)
  const to = search(days, first, end, until, true)
  const start = Number.isNaN(origin) && to > first ? days[to - 1] : origin
  return [window === null ? first : search(days, first, to, start - window, false), to]
}

/**
 * Beyond it the steps of all cases together, some four times in memory while a net learns, would not fit on a
 * workstation.
 */
const mostCells = 2.5e7

/**
 * What was measured over time up to each case, oldest first: a step for each moment at which any channel was measured,
 * NaN where another was not. Times are days before the case, 0 at its own moment, negative before. Of two values of one
 * channel at one moment the later recorded counts.
 */
export const sequencesOf = (
  patients: ArrayLike<number>,
  clock: CaseClock,
  courses: readonly Course[],
  window: number | null,
): Sequences => {
  const rows = patients.length
  const width = courses.length
  const offsets = new Int32Array(new SharedArrayBuffer((rows + 1) * 4))
  const ranges = (row: number) =>
    courses.map((course) => rangeOf(course, patients[row], clock.origin[row], clock.until[row], window))
  /** Walks through the moments of a case; returns how many there are. */
  const walk = (row: number, take: (step: number, day: number, channel: number, value: number) => void): number => {
    const at = ranges(row)
    let steps = 0
    for (;;) {
      let day = Number.POSITIVE_INFINITY
      for (let channel = 0; channel < width; channel++) {
        const { days, values } = courses[channel]
        const range = at[channel]
        while (range[0] < range[1] && Number.isNaN(values[range[0]])) range[0]++
        if (range[0] < range[1] && days[range[0]] < day) day = days[range[0]]
      }
      if (day === Number.POSITIVE_INFINITY) return steps
      for (let channel = 0; channel < width; channel++) {
        const { days, values } = courses[channel]
        const range = at[channel]
        for (; range[0] < range[1] && days[range[0]] === day; range[0]++)
          if (!Number.isNaN(values[range[0]])) take(steps, day, channel, values[range[0]])
      }
      steps++
    }
  }
  for (let row = 0; row < rows; row++) {
    offsets[row + 1] = offsets[row] + walk(row, () => {})
    if (offsets[row + 1] * width > mostCells) throw invalidInput('sequencesTooLong', { millions: mostCells / 1e6 })
  }
  const times = sharedFloats(offsets[rows])
  const values = sharedFloats(offsets[rows] * width).fill(Number.NaN)
  for (let row = 0; row < rows; row++) {
    const first = offsets[row]
    walk(row, (step, day, channel, value) => {
      times[first + step] = day
      values[(first + step) * width + channel] = value
    })
    const origin = Number.isNaN(clock.origin[row]) ? times[offsets[row + 1] - 1] : clock.origin[row]
    for (let step = first; step < offsets[row + 1]; step++) times[step] -= origin
  }
  return { channels: courses.map(({ name, unit }) => ({ name, unit })), offsets, times, values }
}

/** Name of a summary's column: `bili:slope`, `bili:mean@365` within a window. */
export const summaryName = ({ concept, of, window }: SummaryDesign): string =>
  `${concept}:${of}${window ? `@${window}` : ''}`

/**
 * Sums up one course for each case: the last value, mean, least, most, slope a day (least squares; two moments or
 * more), count of measurements, or days since the last. NaN where there is nothing to sum up; a count is 0 then.
 */
export const summaryValues = (
  patients: ArrayLike<number>,
  clock: CaseClock,
  course: Course,
  { of, window }: Pick<SummaryDesign, 'of' | 'window'>,
): Float64Array => {
  const summary = sharedFloats(patients.length)
  for (let row = 0; row < patients.length; row++) {
    const origin = clock.origin[row]
    const [from, to] = rangeOf(course, patients[row], origin, clock.until[row], window ?? null)
    summary[row] = summaryOf(course, from, to, origin, of)
  }
  return summary
}

const summaryOf = ({ days, values }: Course, from: number, to: number, origin: number, of: SummaryDesign['of']) => {
  let [count, last, sum, low, high, daySum] = [0, -1, 0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0]
  for (let at = from; at < to; at++) {
    if (Number.isNaN(values[at])) continue
    count++
    last = at
    sum += values[at]
    daySum += days[at]
    if (values[at] < low) low = values[at]
    if (values[at] > high) high = values[at]
  }
  if (of === 'count') return count
  if (count === 0) return Number.NaN
  if (of === 'last') return values[last]
  if (of === 'mean') return sum / count
  if (of === 'min') return low
  if (of === 'max') return high
  if (of === 'sinceLast') return Number.isNaN(origin) ? 0 : Math.max(0, origin - days[last])
  let [squares, products] = [0, 0]
  for (let at = from; at < to; at++) {
    if (Number.isNaN(values[at])) continue
    const day = days[at] - daySum / count
    squares += day * day
    products += day * (values[at] - sum / count)
  }
  return squares > 0 ? products / squares : Number.NaN
}
