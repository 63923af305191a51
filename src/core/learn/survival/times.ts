import { invalidInput } from '../../../contract/errors.ts'

/**
 * Times as R survival compares them (`aeqSurv`): two that differ by less than 1.5e-8, absolute or relative to the mean time, are
 * one, so that rounding (months to years and back) does not break ties. Returns the times given where none is that close.
 */
export const alignTimes = (times: Float64Array): Float64Array => {
  const sorted = times.slice().sort()
  let distinct = 0
  let sum = 0
  for (let i = 0; i < sorted.length; i++) {
    if (i > 0 && sorted[i] === sorted[i - 1]) continue
    sorted[distinct++] = sorted[i]
    sum += Math.abs(sorted[distinct - 1])
  }
  const tolerance = 2 ** -26
  const mean = sum / distinct
  const to = new Map<number, number>()
  let cut = sorted[0]
  for (let i = 1; i < distinct; i++) {
    const gap = sorted[i] - sorted[i - 1]
    if (gap <= tolerance || gap / mean <= tolerance) to.set(sorted[i], cut)
    else cut = sorted[i]
  }
  return to.size === 0 ? times : times.map((time) => to.get(time) ?? time)
}

/** Throws where times or events cannot be learned from. */
export const checkTimes = (what: string, time: Float64Array, event: Uint8Array): void => {
  if (time.length === 0)
    throw invalidInput('noRows', `${what}: there is no row to learn from; check the filters and missing values.`)
  if (time.length !== event.length) throw new TypeError('times and events differ in number')
  let negative = 0
  let unknown = 0
  for (const value of time) {
    if (!Number.isFinite(value)) unknown++
    else if (value < 0) negative++
  }
  if (unknown > 0)
    throw invalidInput('missingOutcome', `${what}: ${unknown} rows have no time; leave out the rows without it.`, [], {
      rows: unknown,
    })
  if (negative > 0)
    throw invalidInput(
      'negativeTime',
      `${what}: ${negative} rows have a negative time; times count from the start of observation, so correct these rows.`,
      [],
      { rows: negative },
    )
}

/** Index of the last of ascending `steps` that is not after `time`; -1 where all are. */
export const stepAt = (steps: ArrayLike<number>, time: number): number => {
  let low = 0
  let high = steps.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (steps[middle] <= time) low = middle + 1
    else high = middle
  }
  return low - 1
}
