import { invalidInput } from '../../../contract/errors.ts'

/**
 * Times as R survival compares them (`aeqSurv`): two that differ by less than 1.5e-8, absolute or relative to the mean
 * time, are one, so that rounding (months to years and back) does not break ties. Returns the times given where none is
 * that close.
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

/** Times and entries on one scale: an entry as close to a time as `alignTimes` allows is that time. */
export const alignWithEntry = (time: Float64Array, entry: Float64Array): [Float64Array, Float64Array] => {
  const both = new Float64Array(2 * time.length)
  both.set(time)
  both.set(entry, time.length)
  const aligned = alignTimes(both)
  return [aligned.subarray(0, time.length), aligned.subarray(time.length)]
}

/** Throws where times, entries or events cannot be learned from. */
export const checkTimes = (learner: string, time: Float64Array, event: Uint8Array, entry?: Float64Array): void => {
  if (time.length === 0) throw invalidInput('noRows', { learner })
  if (time.length !== event.length) throw new TypeError('times and events differ in number')
  let negative = 0
  let unknown = 0
  for (const value of time) {
    if (!Number.isFinite(value)) unknown++
    else if (value < 0) negative++
  }
  if (unknown > 0) throw invalidInput('missingOutcome', { learner, rows: unknown })
  if (negative > 0) throw invalidInput('negativeTime', { learner, rows: negative })
  if (!entry) return
  if (entry.length !== time.length) throw new TypeError('times and entries differ in number')
  const [ends, starts] = alignWithEntry(time, entry)
  let late = 0
  for (let i = 0; i < ends.length; i++) if (!(starts[i] < ends[i])) late++
  if (late > 0) throw invalidInput('entryNotBeforeTime', { learner, rows: late })
}
