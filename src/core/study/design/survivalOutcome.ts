import type { OutcomeDesign } from '../../../contract/design.ts'
import { invalidInput } from '../../../contract/errors.ts'
import type { Outcome } from '../../cohort/matrix.ts'
import type { Column, Table } from '../../cohort/table.ts'
import { cellText, codeTest, required } from '../cells.ts'

type SurvivalDesign = Extract<OutcomeDesign, { task: 'survival' }>

const competingColumn = ({ event, competing }: SurvivalDesign): string | null =>
  competing ? (competing.column ?? event.column) : null

/** Columns that say when follow-up began and ended, and how. */
export const timeColumns = (design: SurvivalDesign): string[] => {
  const columns = [design.from, design.entry, design.time, design.event.column, competingColumn(design)]
  return [...new Set(columns.filter((name) => name !== null && name !== undefined))]
}

/** All columns of the outcome and its strata. */
export const survivalColumns = (design: SurvivalDesign): string[] => [
  ...timeColumns(design),
  ...(design.strata ? [design.strata] : []),
]

/**
 * Whether a row says when its follow-up ended and how. A competing event that has a column of its own may be unrecorded
 * where the event itself was seen.
 */
export const recordedTest = (table: Table, design: SurvivalDesign): ((row: number) => boolean) => {
  const [time, event] = [numbers(table, design.time), required(table, design.event.column)]
  const entry = design.entry ? numbers(table, design.entry) : null
  const from = design.from ? numbers(table, design.from) : null
  const other = competingColumn(design)
  const competing = other ? required(table, other) : null
  const happened = codeTest(event, design.event.values)
  return (row) =>
    !Number.isNaN(time.values[row]) &&
    !(from && Number.isNaN(from.values[row])) &&
    !Number.isNaN(event.values[row]) &&
    !(entry && Number.isNaN(entry.values[row])) &&
    (!competing || happened(event.values[row]) || !Number.isNaN(competing.values[row]))
}

/**
 * Times and ends of follow-up of rows that record them. Throws `invalidInput` where a time is negative, an entry does
 * not come before its time, `from` comes after it, a value means both the event and a competing one, or no row has the
 * event.
 */
export const survivalOutcome = (table: Table, design: SurvivalDesign, rows: Int32Array): Outcome => {
  const time = required(table, design.time)
  const event = required(table, design.event.column)
  const negative = rows.find((row) => time.values[row] < 0)
  if (negative !== undefined) throw invalidInput('timeNegative', { time: design.time, row: negative + 1 })
  if (design.from && design.entry) throw invalidInput('fromAndEntry', { from: design.from, entry: design.entry })
  const from = design.from ? required(table, design.from) : null
  const past = from ? rows.filter((row) => from.values[row] > time.values[row]) : []
  if (design.from && past.length > 0)
    throw invalidInput('fromAfterTime', { from: design.from, time: design.time, rows: past.length, row: past[0] + 1 })
  const entry = design.entry ? required(table, design.entry) : null
  const late = entry ? rows.filter((row) => !(entry.values[row] < time.values[row])) : []
  if (design.entry && late.length > 0)
    throw invalidInput('entryAfterTime', {
      entry: design.entry,
      time: design.time,
      rows: late.length,
      row: late[0] + 1,
    })
  const { competing } = design
  const other = competingColumn(design)
  const twice = other === event.name ? competing!.values.filter((value) => design.event.values.includes(value)) : []
  if (twice.length > 0) throw invalidInput('eventAndCompeting', { column: event.name, values: twice })
  const happened = codeTest(event, design.event.values)
  const ending = other ? required(table, other) : null
  const competed = ending ? codeTest(ending, competing!.values) : () => false
  const times = floats(rows.length)
  const entries = floats(entry ? rows.length : 0)
  const events = bytes(rows.length)
  const rivals = bytes(ending ? rows.length : 0)
  let count = 0
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]
    times[i] = time.values[row] - (from ? from.values[row] : 0)
    if (entry) entries[i] = entry.values[row]
    events[i] = happened(event.values[row]) ? 1 : 0
    if (ending && events[i] === 0) rivals[i] = competed(ending.values[row]) ? 1 : 0
    count += events[i]
  }
  if (count === 0) {
    const found = [...new Set(Array.from(rows, (row) => cellText(event, event.values[row])))].slice(0, 8)
    throw invalidInput('eventNeverSeen', { column: event.name, values: design.event.values, found: found.map(String) })
  }
  return {
    task: 'survival',
    time: times,
    event: events,
    ...(entry ? { entry: entries } : {}),
    ...(ending ? { competing: rivals } : {}),
    ...clusterOf(table, rows),
  }
}

/** The patient of each row, where some have several rows. */
export const clusterOf = (table: Table, rows: ArrayLike<number>): { cluster?: Int32Array } => {
  const cluster = Int32Array.from(rows, (row) => table.patients[row])
  return new Set(cluster).size < cluster.length ? { cluster } : {}
}

const numbers = (table: Table, name: string): Column => {
  const column = required(table, name)
  if (column.levels) throw invalidInput('timeNotANumber', { column: name })
  return column
}

const floats = (length: number) => new Float64Array(new SharedArrayBuffer(length * 8))
const bytes = (length: number) => new Uint8Array(new SharedArrayBuffer(length))
