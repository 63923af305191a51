import { createHash } from 'node:crypto'
import { daysAYear } from '../../contract/days.ts'
import { invalidInput, issue, notFound, outOfDomain } from '../../contract/errors.ts'
import type { ExportChoices, ExportReport } from '../../contract/exports.ts'
import type { Said } from '../../contract/say.ts'
import type { Cell, Concept } from '../../contract/values.ts'
import { type Column, columnOf, type Table } from '../cohort/table.ts'
import { overAges } from './ages.ts'
import { classesOf, coded, diversityOf, patientsIn, riskOf } from './anonymity.ts'
import { type ColumnPlan, planColumn, sharedDay } from './columns.ts'
import type { ExportKey } from './key.ts'
import { gatherLifetimes } from './lifetimes.ts'
import { quasiOf, type Releaser, type Releasing, releaserOf } from './release.ts'
import type { Measurements, Person, StudyEvent, StudySource } from './source.ts'
import { exportText } from './texts.ts'

/** A column of the cases on its way out. */
export interface ReleasedColumn {
  plan: ColumnPlan
  cell: (row: number) => Cell
}

/** Repeated measurements of one concept on their way out. */
export interface ReleasedSeries {
  plan: ColumnPlan
  measurements: Measurements
  release: Releaser
  /** Where a patient's measurements stand, by index. */
  from: Int32Array
  to: Int32Array
}

/** All that a writer may write. Patients are indices; what is left out for its class is not in it. */
export interface Released {
  study: string
  columns: ReleasedColumn[]
  series: ReleasedSeries[]
  /** Patients in the order of their pseudonyms, which is an order of the key. */
  order: number[]
  pseudonym: (patient: number) => string
  /** A patient's cases in an order of the key. */
  rowsOf: (patient: number) => number[]
  encounterCode: (row: number) => string
  eventsOf: (patient: number) => StudyEvent[]
  /** Labels of events that are no codes but say nothing of one person: many share them. */
  isSharedLabel: (label: string) => boolean
  people: readonly Person[]
  releasing: Releasing
}

export interface Deidentified {
  report: ExportReport
  released: Released
}

const smallCell = 10
const fewValues = 50
const sharedLabel = 11

/**
 * Decides what leaves the vault, and measures how easily its patients could be told apart. Writes nothing.
 *
 * @param name of the key; null: a key made for this report alone
 *
 * Throws `columnMissing`, `noCases`, and `invalidInput` where a choice contradicts what may be released.
 */
export const deidentify = (
  source: StudySource,
  choices: ExportChoices,
  key: ExportKey,
  name: string | null,
): Deidentified => {
  checkNames(source, choices)
  const people = source.people()
  if (people.length === 0) throw outOfDomain('nothingToExport', { study: source.name })
  const indexOf = new Map(people.map(({ patient }, index) => [patient, index]))
  const table = source.table(readable(source.concepts))
  const events = source.events().filter(({ patient }) => indexOf.has(patient))
  const plans = planAll(source, table, choices)
  const series = plans.measurements.map((plan) => ({ plan, measurements: source.measurements(plan.concept.name) }))

  const columns = plans.cases.flatMap((plan) => {
    const column = columnOf(table, plan.concept.name)
    return column ? [{ plan, column, values: column.values }] : []
  })
  const lifetimes = gatherLifetimes({
    ...{ people, indexOf, table, columns, events },
    series: series.map(({ measurements }) => measurements),
  })
  const shift = Int32Array.from(people, ({ patient }) => (choices.dates === 'shift' ? key.shift(patient) : 0))
  const over = overAges(lifetimes, shift, source.today)
  const last = lifetimes.last.map((day) => (day === Number.NEGATIVE_INFINITY ? source.today : day))
  const releasing: Releasing = { key, choices, shift, over, last }
  noteEndOfFollowUp(plans.cases, table)

  const patientOf = Int32Array.from(table.patients, (patient) => indexOf.get(patient)!)
  const released = columns.flatMap(({ plan, column }): ReleasedColumn[] => {
    const release = releaserOf(plan, column.levels, releasing)
    return release ? [{ plan, cell: (row) => release(column.values[row], patientOf[row]) }] : []
  })
  const risk = measureRisk(source, choices, released, { patientOf, people: people.length })

  const isKept = (patient: number) => risk.keptPatients[patient] === 1
  const rows = rowsByPatient(patientOf, people.length, risk.keptRows)
  const encounterCode = (row: number) => key.encounter(table.encounters[row])
  const pseudonyms = people.map(({ patient }) => key.patient(patient))
  const order = people
    .map((_, index) => index)
    .filter(isKept)
    .sort((a, b) => (pseudonyms[a] < pseudonyms[b] ? -1 : 1))
  const keptEvents = events.filter(({ patient }) => isKept(indexOf.get(patient)!))
  const eventsBy = groupBy(keptEvents, ({ patient }) => indexOf.get(patient)!)
  const labelled = new Map<string, Set<number>>()
  for (const { label, patient } of keptEvents) labelled.set(label, (labelled.get(label) ?? new Set()).add(patient))
  const out = series.flatMap(({ plan, measurements }): ReleasedSeries[] => {
    const levels = plan.concept.kind === 'category' ? (plan.concept.levels ?? []).map(({ code }) => code) : null
    const release = releaserOf(plan, levels, releasing)
    return release ? [{ plan, measurements, release, ...spans(measurements, indexOf, people.length) }] : []
  })
  const measured = out.reduce(
    (sum, { from, to }) => sum + order.reduce((own, patient) => own + to[patient] - from[patient], 0),
    0,
  )

  const facts: Omit<ExportReport, 'digest'> = {
    study: source.name,
    format: choices.format,
    dates: choices.dates,
    ageBand: choices.ageBand,
    key: name,
    files: filesOf(choices.format, {
      cases: rows.count,
      patients: order.length,
      measurements: measured,
      columns: released,
      kinds: keptEvents.map(({ kind }) => kind),
    }),
    columns: [
      ...plans.cases.map((plan) => told(plan, 'cases')),
      ...plans.measurements.map((plan) => told(plan, 'measurements')),
    ],
    ages: { stated: over.filter((one) => one === 1).length, implied: over.filter((one) => one === 2).length },
    quasi: risk.quasi,
    before: risk.before,
    after: risk.after,
    measurements: measured,
    events: keptEvents.length,
    diversity: risk.diversity,
    smallCells: risk.smallCells,
    safeHarbor: safeHarborOf(choices, plans, series, events),
    notes: notesOf(choices, measured + keptEvents.length > 0, plans),
  }
  return {
    report: { ...facts, digest: digestOf(facts, choices, key) },
    released: {
      study: source.name,
      columns: released,
      series: out,
      order,
      pseudonym: (patient) => pseudonyms[patient],
      rowsOf: (patient) => {
        const own = rows.of(patient)
        if (own.length < 2) return own
        return own
          .map((row) => ({ row, code: encounterCode(row) }))
          .sort((a, b) => (a.code < b.code ? -1 : 1))
          .map(({ row }) => row)
      },
      encounterCode,
      eventsOf: (patient) => eventsBy.get(patient) ?? [],
      isSharedLabel: (label) => (labelled.get(label)?.size ?? 0) >= sharedLabel,
      people,
      releasing,
    },
  }
}

const checkNames = ({ name: study, concepts }: StudySource, { drop, keep, quasi, sensitive }: ExportChoices): void => {
  const known = new Set(concepts.map(({ name }) => name))
  for (const column of [...drop, ...keep, ...(quasi ?? []), ...(sensitive === null ? [] : [sensitive])])
    if (!known.has(column)) throw notFound('columnMissing', { study, column })
}

/** Free text is not even read; a site's name is, to be replaced. */
const readable = (concepts: readonly Concept[]): string[] =>
  concepts
    .filter(({ kind, role }) => role !== 'patientKey' && role !== 'patientName' && (kind !== 'text' || role === 'site'))
    .map(({ name }) => name)

const planAll = ({ concepts }: StudySource, table: Table, choices: ExportChoices) => {
  const isEmpty = (column: Column | undefined) => !column || column.values.every((value) => Number.isNaN(value))
  const cases: ColumnPlan[] = []
  const measurements: ColumnPlan[] = []
  for (const { repeated, ...concept } of concepts) {
    const column = columnOf(table, concept.name)
    if (!repeated || !isEmpty(column)) cases.push(planColumn(concept, column ?? null, table.patients, choices))
    if (repeated) measurements.push(planColumn(concept, null, null, choices))
  }
  return { cases, measurements }
}

/** A day of entry and the time from it until a day all share give that day away, and with it the offset. */
const noteEndOfFollowUp = (plans: readonly ColumnPlan[], table: Table): void => {
  const starts = plans.filter(({ release }) => release.as === 'day')
  for (const time of plans.filter(({ followUp, release }) => followUp !== null && release.as !== 'nothing'))
    for (const start of starts) {
      const from = columnOf(table, start.concept.name)!.values
      const elapsed = columnOf(table, time.concept.name)!.values
      const ends = from.map((day, row) => Math.round(day + elapsed[row] * time.followUp! * daysAYear))
      const shared = sharedDay(ends, table.patients)
      if (shared !== null)
        time.look = [
          ...time.look,
          exportText('look.endOnOneDay', { start: start.concept.name, time: time.concept.name, count: shared }),
        ]
    }
}

const measureRisk = (
  { name: study, concepts }: StudySource,
  { quasi: asked, sensitive: askedSensitive, minimumK }: ExportChoices,
  released: readonly ReleasedColumn[],
  { patientOf, people }: { patientOf: Int32Array; people: number },
) => {
  const byName = new Map(released.map((column) => [column.plan.concept.name, column]))
  const named = (column: string, path: string) => {
    const found = byName.get(column)
    if (!found)
      throw invalidInput('columnNotReleased', { column, study, path }, [issue(path, 'notReleased', { column })])
    return found
  }
  const quasi = (asked ?? released.filter(({ plan }) => plan.quasi).map(({ plan }) => plan.concept.name)).map(
    (column) => named(column, 'quasi'),
  )
  const outcome =
    askedSensitive ??
    (['outcomeEvent', 'outcome'] as const)
      .map((role) => concepts.find((concept) => concept.role === role && byName.has(concept.name))?.name)
      .find((found) => found !== undefined) ??
    null
  const sensitive = outcome === null ? null : named(outcome, 'sensitive')

  // A patient without cases (measurements alone) stands in a row of its own, of which nothing is known.
  const cases = patientOf.length
  const has = new Uint8Array(people)
  for (const patient of patientOf) has[patient] = 1
  const others = [...has.keys()].filter((patient) => has[patient] === 0)
  const rows = cases + others.length
  const patients = Int32Array.from({ length: rows }, (_, row) => (row < cases ? patientOf[row] : others[row - cases]))
  const counted = Uint8Array.from({ length: rows }, (_, row) => (row < cases ? 1 : 0))
  const cellOf =
    ({ plan, cell }: ReleasedColumn) =>
    (row: number) =>
      row < cases ? quasiOf(plan, cell(row)) : null
  const classes = classesOf(
    rows,
    quasi.map((column) => coded(rows, cellOf(column))),
  )
  const before = riskOf(classes, patients, counted)
  const sizes = patientsIn(classes, patients)
  const kept = Array.from({ length: rows }, (_, row) => row).filter(
    (row) => minimumK === null || sizes[classes.codes[row]] >= minimumK,
  )
  const take = <T extends Int32Array | Uint8Array>(values: T): T =>
    values.constructor === Int32Array
      ? (Int32Array.from(kept, (row) => values[row]) as T)
      : (Uint8Array.from(kept, (row) => values[row]) as T)
  const keptClasses = { codes: take(classes.codes), count: classes.count }
  const keptPatients = new Uint8Array(people)
  const keptRows = new Uint8Array(cases)
  for (const row of kept) {
    keptPatients[patients[row]] = 1
    if (row < cases) keptRows[row] = 1
  }
  const own = take(patients)
  const codedKept = (column: ReleasedColumn) => {
    const value = cellOf(column)
    return coded(kept.length, (at) => value(kept[at]))
  }
  return {
    quasi: quasi.map(({ plan }) => plan.concept.name),
    before,
    after: minimumK === null ? null : riskOf(keptClasses, own, take(counted)),
    keptRows,
    keptPatients,
    diversity:
      sensitive === null
        ? null
        : { column: sensitive.plan.concept.name, ...diversityOf(keptClasses, codedKept(sensitive), own) },
    smallCells: released.flatMap((column) => {
      const values = codedKept(column)
      if (!column.plan.quasi && values.count > fewValues) return []
      const cellSizes = patientsIn(values, own)
      const value = cellOf(column)
      // A missing value is no cell.
      const missing = kept.findIndex((row) => value(row) === null)
      if (missing >= 0) cellSizes[values.codes[missing]] = 0
      const small = cellSizes.filter((size) => size > 0 && size < smallCell)
      return small.length === 0
        ? []
        : [
            {
              column: column.plan.concept.name,
              cells: small.length,
              patients: small.reduce((sum, size) => sum + size, 0),
            },
          ]
    }),
  }
}

const rowsByPatient = (patientOf: Int32Array, people: number, kept: Uint8Array) => {
  const starts = new Int32Array(people + 1)
  let count = 0
  patientOf.forEach((patient, row) => {
    if (kept[row] === 0) return
    starts[patient + 1]++
    count++
  })
  for (let patient = 0; patient < people; patient++) starts[patient + 1] += starts[patient]
  const next = starts.slice()
  const rows = new Int32Array(count)
  patientOf.forEach((patient, row) => {
    if (kept[row] === 1) rows[next[patient]++] = row
  })
  return { count, of: (patient: number) => [...rows.subarray(starts[patient], starts[patient + 1])] }
}

const spans = ({ patients }: Measurements, indexOf: ReadonlyMap<number, number>, people: number) => {
  const from = new Int32Array(people)
  const to = new Int32Array(people)
  patients.forEach((number, at) => {
    const patient = indexOf.get(number)
    if (patient === undefined) return
    if (to[patient] === 0) from[patient] = at
    to[patient] = at + 1
  })
  return { from, to }
}

const groupBy = <T>(all: readonly T[], of: (one: T) => number): Map<number, T[]> => {
  const groups = new Map<number, T[]>()
  for (const one of all) {
    const group = groups.get(of(one))
    if (group) group.push(one)
    else groups.set(of(one), [one])
  }
  return groups
}

const told = (
  { concept, treatment, paragraph, why, suspected, look }: ColumnPlan,
  place: 'cases' | 'measurements',
): ExportReport['columns'][number] => ({
  column: concept.name,
  kind: concept.kind,
  in: place,
  treatment,
  paragraph,
  why,
  suspected,
  look,
})

export const fhirFiles = {
  condition: 'Condition.ndjson',
  procedure: 'Procedure.ndjson',
  medication: 'MedicationStatement.ndjson',
} as const

const filesOf = (
  format: ExportChoices['format'],
  has: {
    cases: number
    patients: number
    measurements: number
    columns: readonly ReleasedColumn[]
    kinds: StudyEvent['kind'][]
  },
): string[] => {
  const kinds = new Set(has.kinds)
  if (format === 'csv') {
    const more = [...(has.measurements > 0 ? ['measurements.csv'] : []), ...(kinds.size > 0 ? ['events.csv'] : [])]
    return has.cases > 0 || more.length === 0 ? ['cases.csv', ...more] : more
  }
  return [
    'Patient.ndjson',
    ...(has.cases > 0 ? ['Encounter.ndjson'] : []),
    ...((has.cases > 0 && has.columns.length > 0) || has.measurements > 0 || kinds.has('outcome')
      ? ['Observation.ndjson']
      : []),
    ...(['condition', 'procedure', 'medication'] as const)
      .filter((kind) => kinds.has(kind))
      .map((kind) => fhirFiles[kind]),
  ]
}

const safeHarborOf = (
  { dates }: ExportChoices,
  plans: { cases: ColumnPlan[]; measurements: ColumnPlan[] },
  series: readonly { plan: ColumnPlan; measurements: Measurements }[],
  events: readonly StudyEvent[],
): ExportReport['safeHarbor'] => {
  const because: Said[] = []
  const all = [...plans.cases, ...plans.measurements]
  const moved =
    all.some(({ treatment }) => treatment === 'shifted') ||
    series.some(({ measurements }) => measurements.dated.includes(1)) ||
    events.some(({ startDate, endDate }) => startDate !== null || endDate !== null)
  if (dates === 'shift' && moved) because.push(exportText('because.datesMoved'))
  for (const { concept, suspected, treatment } of all)
    if (suspected && treatment === 'kept') because.push(exportText('because.suspectKept', { column: concept.name }))
  return { met: because.length === 0, because }
}

const notesOf = ({ dates, quasi }: ExportChoices, hasMore: boolean, plans: { cases: ColumnPlan[] }): Said[] => [
  ...(dates === 'shift' && plans.cases.some(({ release }) => release.as === 'day')
    ? [exportText('note.movedYears')]
    : []),
  ...(hasMore ? [exportText('note.moreOutside')] : []),
  ...(quasi !== null && quasi.length === 0 ? [exportText('note.noQuasi')] : []),
  exportText('note.keys'),
  exportText('note.knowledge'),
]

const digestOf = (facts: Omit<ExportReport, 'digest'>, choices: ExportChoices, key: ExportKey): string =>
  createHash('sha256')
    .update(JSON.stringify([facts, choices, key.fingerprint]))
    .digest('hex')
