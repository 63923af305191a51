import type { StudyDesign } from '../../contract/design.ts'
import { invalidInput } from '../../contract/errors.ts'
import { quantileOf } from '../numbers/quantile.ts'
import { type Random, randomOf, shuffle } from '../numbers/random.ts'
import type { Outcome } from './matrix.ts'
import { columnOf, type Table } from './table.ts'

type Settings = Pick<StudyDesign, 'seed' | 'validation'>

/** Streams of the design's seed, apart from those of learners. */
const holdOutStream = 0x5b117
const foldStream = 0xf01d5

/**
 * Divides rows into those a model is developed on and those held out to test it, both as rows of the table, ascending.
 * Rows of one patient never part. See docs/methods.md, Splits.
 *
 * - `random`: patients at random.
 * - `stratified`: at random within each class, within events and censored, or within fifths of the value.
 * - `time`: patients whose first row has `splitColumn` at or after a cut; the cut that comes nearest to the asked
 *   share.
 * - `site`: whole sites by `splitColumn`, drawn at random until nearest to the share; a patient belongs to the site of
 *   the first row.
 *
 * `rows` are table rows, `outcome` is in their order. Throws `invalidInput` where one side would be empty.
 */
export const splitRows = (
  table: Table,
  rows: ArrayLike<number>,
  outcome: Outcome,
  design: Settings,
): { development: Int32Array; test: Int32Array } => {
  const { test: share, split, splitColumn } = design.validation
  const all = Int32Array.from(rows)
  if (share === 0) return { development: all.slice().sort(), test: new Int32Array(0) }
  const groups = groupsOf(table, all)
  const random = randomOf(design.seed, holdOutStream)
  let held: boolean[]
  if (split === 'time' || split === 'site') {
    const keys = keysOf(table, all, groups, split, splitColumn)
    held = split === 'time' ? latest(keys, groups, share) : sites(keys, groups, share, random)
  } else {
    const strata = split === 'stratified' ? strataOf(outcome, groups) : new Int32Array(groups.length)
    held = drawn(strata, share, random)
  }
  const test = rowsOf(all, groups, held, true)
  const development = rowsOf(all, groups, held, false)
  if (test.length === 0 || development.length === 0)
    throw invalidInput('emptySplit', { percent: Math.round(share * 100), patients: groups.length })
  return { development, test }
}

/**
 * Rows held out by each fold of a cross-validation: every row once, rows of one patient in one fold, strata spread
 * evenly. With the split `site`, whole sites are dealt to the folds (internal-external validation); there are no more
 * folds than sites. `rows` are table rows, `outcome` is in their order; each fold's rows ascend. Throws `invalidInput`
 * where there are fewer patients than folds.
 */
export const foldsOf = (table: Table, rows: ArrayLike<number>, outcome: Outcome, design: Settings): Int32Array[] => {
  const { folds, split, splitColumn } = design.validation
  const all = Int32Array.from(rows)
  const groups = groupsOf(table, all)
  const random = randomOf(design.seed, foldStream)
  if (split === 'site') {
    const keys = keysOf(table, all, groups, split, splitColumn)
    const names = shuffle([...new Set(keys)], random)
    if (names.length < 2) throw invalidInput('oneSite')
    const sizes = new Map(names.map((name) => [name, 0]))
    groups.forEach((members, group) => {
      sizes.set(keys[group], (sizes.get(keys[group]) ?? 0) + members.length)
    })
    // Largest sites first, each to the fold with the fewest rows.
    names.sort((a, b) => (sizes.get(b) ?? 0) - (sizes.get(a) ?? 0))
    const filled = new Array<number>(Math.min(folds, names.length)).fill(0)
    const foldOf = new Map<number, number>()
    for (const name of names) {
      const fold = filled.indexOf(Math.min(...filled))
      filled[fold] += sizes.get(name) ?? 0
      foldOf.set(name, fold)
    }
    return filled.map((_, fold) =>
      rowsOf(
        all,
        groups,
        keys.map((key) => foldOf.get(key) === fold),
        true,
      ),
    )
  }
  if (groups.length < folds) throw invalidInput('tooFewForFolds', { folds, patients: groups.length })
  const strata = split === 'random' ? new Int32Array(groups.length) : strataOf(outcome, groups)
  const fold = new Int32Array(groups.length)
  let next = 0
  for (const members of byStratum(strata, random)) for (const group of members) fold[group] = next++ % folds
  return Array.from({ length: folds }, (_, k) =>
    rowsOf(
      all,
      groups,
      Array.from(fold, (value) => value === k),
      true,
    ),
  )
}

/** Positions (into `rows`) of each patient's rows; patients in the order of their first row in the table. */
const groupsOf = (table: Table, rows: Int32Array): number[][] => {
  const order = Int32Array.from(rows.keys()).sort((a, b) => rows[a] - rows[b])
  const groups = new Map<number, number[]>()
  for (const position of order) {
    const patient = table.patients[rows[position]]
    const members = groups.get(patient)
    if (members) members.push(position)
    else groups.set(patient, [position])
  }
  return [...groups.values()]
}

const rowsOf = (rows: Int32Array, groups: number[][], held: boolean[], wanted: boolean): Int32Array => {
  const taken: number[] = []
  groups.forEach((members, group) => {
    if (held[group] === wanted) for (const position of members) taken.push(rows[position])
  })
  return Int32Array.from(taken).sort()
}

/**
 * A patient's stratum: the rarest class among the rows, whether any row has the event or a competing one, or the fifth
 * of the mean value.
 */
const strataOf = (outcome: Outcome, groups: number[][]): Int32Array => {
  if (outcome.task === 'diagnosis') {
    const counts = new Float64Array(outcome.classes.length)
    for (const label of outcome.y) counts[label]++
    return Int32Array.from(groups, (members) =>
      members.map((position) => outcome.y[position]).reduce((a, b) => (counts[b] < counts[a] ? b : a)),
    )
  }
  if (outcome.task === 'survival')
    return Int32Array.from(groups, (members) => {
      if (members.some((position) => outcome.event[position] === 1)) return 1
      return members.some((position) => outcome.competing?.[position] === 1) ? 2 : 0
    })
  const means = Float64Array.from(
    groups,
    (members) => members.reduce((sum, position) => sum + outcome.y[position], 0) / members.length,
  )
  const ascending = means.slice().sort()
  const cuts = [0.2, 0.4, 0.6, 0.8].map((share) => quantileOf(ascending, share))
  return Int32Array.from(means, (mean) => cuts.filter((cut) => mean > cut).length)
}

const byStratum = (strata: Int32Array, random: Random): number[][] => {
  const members = new Map<number, number[]>()
  strata.forEach((stratum, group) => {
    const list = members.get(stratum)
    if (list) list.push(group)
    else members.set(stratum, [group])
  })
  return [...members.keys()].sort((a, b) => a - b).map((stratum) => shuffle(members.get(stratum) ?? [], random))
}

/** Draws the share from each stratum; what rounding leaves over goes where it is missed most. */
const drawn = (strata: Int32Array, share: number, random: Random): boolean[] => {
  const held = new Array<boolean>(strata.length).fill(false)
  const lists = byStratum(strata, random)
  const wanted = lists.map((list) => list.length * share)
  const taken = wanted.map(Math.floor)
  let left = Math.min(strata.length - 1, Math.max(1, Math.round(strata.length * share)))
  left -= taken.reduce((sum, count) => sum + count, 0)
  const byRemainder = lists.map((_, index) => index)
  byRemainder.sort((a, b) => wanted[b] - taken[b] - (wanted[a] - taken[a]) || a - b)
  for (const index of byRemainder) {
    if (left <= 0) break
    if (taken[index] >= lists[index].length) continue
    taken[index]++
    left--
  }
  lists.forEach((list, index) => {
    for (const group of list.slice(0, taken[index])) held[group] = true
  })
  return held
}

/** The split column's value at each patient's first row with one. Throws where there is none for somebody. */
const keysOf = (
  table: Table,
  rows: Int32Array,
  groups: number[][],
  split: 'time' | 'site',
  name: string | null,
): number[] => {
  if (!name) throw invalidInput('noSplitColumn', { split })
  const column = columnOf(table, name)
  if (!column) throw invalidInput('unknownColumn', { column: name })
  if (split === 'time' && column.levels) throw invalidInput('splitNotATime', { column: name })
  let without = 0
  const keys = groups.map((members) => {
    const values = members.map((position) => column.values[rows[position]]).filter((value) => !Number.isNaN(value))
    if (values.length === 0) without++
    return split === 'time' ? Math.min(...values) : values[0]
  })
  if (without > 0)
    throw invalidInput('splitColumnMissing', { column: name, patients: without, all: groups.length, split })
  return keys
}

const latest = (times: number[], groups: number[][], share: number): boolean[] => {
  const total = groups.reduce((sum, members) => sum + members.length, 0)
  const order = groups.map((_, group) => group).sort((a, b) => times[b] - times[a])
  let cut = Number.NaN
  let distance = Number.POSITIVE_INFINITY
  let held = 0
  for (let i = 0; i < order.length; i++) {
    held += groups[order[i]].length
    const last = i + 1 === order.length
    if (last || times[order[i + 1]] === times[order[i]]) continue
    if (Math.abs(held / total - share) < distance) {
      distance = Math.abs(held / total - share)
      cut = times[order[i]]
    }
  }
  if (Number.isNaN(cut)) throw invalidInput('oneTime')
  return times.map((time) => time >= cut)
}

const sites = (keys: number[], groups: number[][], share: number, random: Random): boolean[] => {
  const sizes = new Map<number, number>()
  groups.forEach((members, group) => {
    sizes.set(keys[group], (sizes.get(keys[group]) ?? 0) + members.length)
  })
  if (sizes.size < 2) throw invalidInput('oneSite')
  const total = [...sizes.values()].reduce((sum, size) => sum + size, 0)
  const order = shuffle(
    [...sizes.keys()].sort((a, b) => a - b),
    random,
  )
  const chosen = new Set<number>()
  let held = 0
  for (const site of order) {
    const size = sizes.get(site) ?? 0
    if (chosen.size === sizes.size - 1) break
    if (Math.abs((held + size) / total - share) >= Math.abs(held / total - share) && chosen.size > 0) continue
    if (held + size === total) continue
    chosen.add(site)
    held += size
  }
  return keys.map((key) => chosen.has(key))
}
