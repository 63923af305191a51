import { alignTimes, alignWithEntry } from '../../cohort/curves/times.ts'
import type { SurvivalRows } from './rows.ts'

/**
 * Rows by stratum and, within it, by descending time, so that without late entry the risk set of a time is everything
 * from the stratum's start on. `groups` are the distinct times of a stratum; within a group events come first.
 */
export interface Layout {
  rows: number
  event: Uint8Array
  /** Row of the matrix each sorted row came from. */
  order: Uint32Array
  /** First sorted row of each group, and one past the last. */
  starts: Uint32Array
  times: Float64Array
  /** Events in each group. */
  deaths: Uint32Array
  /** First group of each stratum, and one past the last. One stratum where none are given. */
  strataStarts: Uint32Array
  /** Which strata, in the same order. */
  strata: Int32Array
  /** Null where every row is under observation from the start. */
  entries: {
    /** Sorted rows by stratum and descending entry. */
    order: Uint32Array
    /** Of each group: one past the last of `order` that enters at its time or later, and so is not at risk in it. */
    ends: Uint32Array
    /**
     * Of each sorted row: the first group, down the order, at or before whose time it entered (it lives through those
     * before).
     */
    since: Uint32Array
  } | null
}

/** Lays out rows; times and entries closer than R's `timefix` allows are one. */
export const layOut = ({ time, event, entry, strata }: SurvivalRows): Layout => {
  const rows = time.length
  const [aligned, entered] = entry ? alignWithEntry(time, entry) : [alignTimes(time), null]
  const order = new Uint32Array(rows)
  const parts: { times: Float64Array; starts: Uint32Array; deaths: Uint32Array }[] = []
  const found = strata ? [...new Set(strata)].sort((a, b) => a - b) : [0]
  let from = 0
  for (const stratum of found) {
    const members = strata
      ? Uint32Array.from(strata.keys()).filter((row) => strata[row] === stratum)
      : Uint32Array.from({ length: rows }, (_, row) => row)
    parts.push(groupsOf(members, aligned, event, order, from))
    from += members.length
  }
  const groups = parts.reduce((sum, { times }) => sum + times.length, 0)
  const starts = new Uint32Array(groups + 1)
  const times = new Float64Array(groups)
  const deaths = new Uint32Array(groups)
  const strataStarts = new Uint32Array(parts.length + 1)
  let at = 0
  parts.forEach((part, index) => {
    starts.set(part.starts, at)
    times.set(part.times, at)
    deaths.set(part.deaths, at)
    at += part.times.length
    strataStarts[index + 1] = at
  })
  starts[groups] = rows
  const layout = {
    rows,
    event: Uint8Array.from(order, (row) => (event[row] ? 1 : 0)),
    order,
    starts,
    times,
    deaths,
    strataStarts,
    strata: Int32Array.from(found),
  }
  return { ...layout, entries: entered ? entriesOf(layout, entered) : null }
}

/**
 * A counting sort of the members by (time descending, events first), written to `order` from `from` on; rows keep their
 * order within.
 */
const groupsOf = (
  members: Uint32Array,
  time: Float64Array,
  event: Uint8Array,
  order: Uint32Array,
  from: number,
): { times: Float64Array; starts: Uint32Array; deaths: Uint32Array } => {
  const count = members.length
  const ascending = Float64Array.from(members, (row) => time[row]).sort()
  let distinct = 0
  for (let i = 0; i < count; i++)
    if (i === 0 || ascending[i] !== ascending[distinct - 1]) ascending[distinct++] = ascending[i]
  const times = ascending.slice(0, distinct).reverse()
  const slot = new Uint32Array(count)
  const next = new Uint32Array(2 * distinct + 1)
  for (let i = 0; i < count; i++) {
    slot[i] = 2 * descendingIndex(times, time[members[i]]) + (event[members[i]] === 0 ? 1 : 0)
    next[slot[i] + 1]++
  }
  const deaths = Uint32Array.from({ length: distinct }, (_, group) => next[2 * group + 1])
  for (let i = 0; i < 2 * distinct; i++) next[i + 1] += next[i]
  const starts = Uint32Array.from({ length: distinct }, (_, group) => from + next[2 * group])
  for (let i = 0; i < count; i++) order[from + next[slot[i]]++] = members[i]
  return { times, starts, deaths }
}

const entriesOf = (
  { rows, order, starts, times, strataStarts }: Omit<Layout, 'entries'>,
  entry: Float64Array,
): Layout['entries'] => {
  const leaving = new Uint32Array(rows)
  const ends = new Uint32Array(times.length)
  const since = new Uint32Array(rows)
  for (let stratum = 0; stratum + 1 < strataStarts.length; stratum++) {
    const first = strataStarts[stratum]
    const last = strataStarts[stratum + 1]
    const from = starts[first]
    const to = starts[last]
    const sorted = Uint32Array.from({ length: to - from }, (_, i) => from + i)
    sorted.sort((a, b) => entry[order[b]] - entry[order[a]] || a - b)
    leaving.set(sorted, from)
    let gone = from
    for (let group = first; group < last; group++) {
      while (gone < to && entry[order[leaving[gone]]] >= times[group]) gone++
      ends[group] = gone
    }
    let group = first
    for (const i of sorted) {
      while (group < last && times[group] > entry[order[i]]) group++
      since[i] = group
    }
  }
  return { order: leaving, ends, since }
}

/** Index of a value that is there, in a descending list. */
const descendingIndex = (times: Float64Array, value: number): number => {
  let low = 0
  let high = times.length - 1
  while (low < high) {
    const middle = (low + high) >>> 1
    if (times[middle] > value) low = middle + 1
    else high = middle
  }
  return low
}
