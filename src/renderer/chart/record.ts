import { dayOf } from '../../contract/days.ts'
import type { Chart, ChartValueSchema, EncounterSchema, SeriesSchema } from '../../contract/patients.ts'
import type { Concept } from '../../contract/values.ts'
import type { Formats } from '../language/formats.ts'
import { type Language, textIn } from '../language/text.ts'

type ChartValue = (typeof ChartValueSchema)['_output']
export type Encounter = (typeof EncounterSchema)['_output']
type Series = (typeof SeriesSchema)['_output']

export const groups = ['measurements', 'findings', 'notes', 'outcome'] as const
export type Group = (typeof groups)[number]

/** A line of the chart: what was recorded, and what the dictionary says it means. */
export interface Entry {
  name: string
  label: string
  value: ChartValue
  concept: Concept | null
  group: Group
}

/** Said elsewhere on the page: in the patient's header. */
const inHeader = new Set(['patientKey', 'patientName', 'birthDate', 'sex'])

const groupOf = (concept: Concept | null): Group => {
  if (!concept) return 'notes'
  if (concept.role === 'outcome' || concept.role === 'outcomeTime' || concept.role === 'outcomeEvent') return 'outcome'
  // A number whose values are codes with names (1 = treated) reads as a finding.
  if (concept.kind === 'category' || concept.kind === 'boolean' || (concept.levels?.length ?? 0) > 0) return 'findings'
  return concept.kind === 'number' || concept.kind === 'integer' ? 'measurements' : 'notes'
}

/** What an encounter holds, in the dictionary's order, with the names of what is not recorded. */
export const entriesOf = (
  encounter: Encounter,
  dictionary: readonly Concept[],
  language: Language,
): { entries: Entry[]; missing: string[] } => {
  const concepts = new Map(dictionary.map((concept, order) => [concept.name, { concept, order }]))
  const order = (name: string) => concepts.get(name)?.order ?? Number.MAX_SAFE_INTEGER
  const entries: Entry[] = []
  const recorded = new Set<string>()
  for (const value of encounter.values) {
    const concept = concepts.get(value.concept)?.concept ?? null
    if (value.value === null) continue
    recorded.add(value.concept)
    if (concept && inHeader.has(concept.role)) continue
    entries.push({
      name: value.concept,
      label: concept ? textIn(concept.label, language) : value.concept,
      value,
      concept,
      group: groupOf(concept),
    })
  }
  entries.sort((a, b) => order(a.name) - order(b.name))
  const missing = dictionary
    .filter((concept) => !recorded.has(concept.name) && !inHeader.has(concept.role))
    .map((concept) => textIn(concept.label, language))
  return { entries, missing }
}

/**
 * Day of each encounter since the patient's first, where a study counts days instead of dates (`day` of pbcseq): the
 * one observation in days that grows from row to row. Studies with dates, with one encounter, or with none or several
 * such columns have no entry.
 */
export const visitDaysOf = (chart: Pick<Chart, 'encounters' | 'dictionaries'>): Map<number, number> => {
  const days = new Map<number, number>()
  for (const [study, dictionary] of Object.entries(chart.dictionaries)) {
    const visits = chart.encounters.filter((each) => each.study === study).toSorted((a, b) => a.row - b.row)
    if (visits.length < 2 || visits.some((each) => each.date !== null)) continue
    const counting = dictionary
      .filter((concept) => concept.role === 'observation' && concept.unit === 'd')
      .map((concept) => visits.map((visit) => visit.values.find((value) => value.concept === concept.name)?.value))
      .filter((values): values is number[] =>
        values.every((value, at) => typeof value === 'number' && (at === 0 || value > (values[at - 1] as number))),
      )
    if (counting.length !== 1) continue
    for (const [at, visit] of visits.entries()) days.set(visit.encounter, counting[0]![at]!)
  }
  return days
}

/** Newest first: by date, then by day of visit, then by the row of the file; those without a date come last. */
export const newestFirst = (
  encounters: readonly Encounter[],
  days: ReadonlyMap<number, number> = new Map(),
): Encounter[] =>
  encounters.toSorted(
    (a, b) =>
      (b.date ?? '').localeCompare(a.date ?? '') ||
      (days.get(b.encounter) ?? 0) - (days.get(a.encounter) ?? 0) ||
      b.batch - a.batch ||
      b.row - a.row,
  )

/** How a recorded value reads in the language of the app, without its unit. */
export const readingOf = (
  { value, concept }: Pick<Entry, 'value' | 'concept'>,
  language: Language,
  formats: Formats,
  words: { yes: string; no: string },
): string => {
  const level = concept?.levels?.find((each) => each.code === String(value.value))
  if (level) return textIn(level.label, language)
  if (typeof value.value === 'boolean') return value.value ? words.yes : words.no
  if (concept?.kind === 'date' && typeof value.value === 'string') return formats.date(value.value)
  // Identifiers and codes that happen to be numbers are not given thousands separators.
  if (typeof value.value === 'number' && (concept?.kind === 'number' || concept?.kind === 'integer'))
    // As many digits as a measurement carries; what stood in the file is a hover away.
    return formats.number(value.value, Math.abs(value.value) >= 1 ? 3 : 6)
  return value.text
}

/** The reference range as a doctor writes it: 3.5–5, ≥ 3.5, ≤ 5. */
export const referenceOf = (concept: Concept | null, formats: Formats): string | null => {
  const { low, high } = concept?.reference ?? { low: null, high: null }
  if (low !== null && high !== null) return `${formats.number(low)}–${formats.number(high)}`
  if (low !== null) return `≥ ${formats.number(low)}`
  if (high !== null) return `≤ ${formats.number(high)}`
  return null
}

export interface Trend {
  key: string
  label: string
  concept: Concept | null
  study: string
  /** Days as the file counts them, or since 1970-01-01 where `dated`. */
  points: { day: number; value: number }[]
  dated: boolean
}

/** Everything measured more than once: the long series, and numbers of encounters with a date or a day. */
export const trendsOf = (chart: Chart, language: Language): Trend[] => {
  const conceptOf = (study: string, name: string) =>
    chart.dictionaries[study]?.find((concept) => concept.name === name) ?? null
  const trend = (series: Series): Trend => {
    const concept = conceptOf(series.study, series.concept)
    return {
      key: `${series.study}\n${series.concept}`,
      label: concept ? textIn(concept.label, language) : series.concept,
      concept,
      study: series.study,
      points: series.points,
      dated: series.dated,
    }
  }
  const trends = chart.series.filter((series) => series.points.length > 1).map(trend)
  const seen = new Set(trends.map((each) => each.key))
  const days = visitDaysOf(chart)
  const fromEncounters = new Map<string, Series>()
  for (const encounter of chart.encounters) {
    const day = encounter.date === null ? days.get(encounter.encounter) : dayOf(encounter.date)
    if (day === undefined) continue
    for (const value of encounter.values) {
      const key = `${encounter.study}\n${value.concept}`
      const concept = conceptOf(encounter.study, value.concept)
      if (seen.has(key) || typeof value.value !== 'number' || groupOf(concept) !== 'measurements') continue
      const series: Series = fromEncounters.get(key) ?? {
        concept: value.concept,
        study: encounter.study,
        points: [],
        results: [],
        dated: encounter.date !== null,
      }
      series.points.push({ day, value: value.value })
      fromEncounters.set(key, series)
    }
  }
  for (const series of fromEncounters.values()) {
    series.points.sort((a, b) => a.day - b.day)
    const values = new Set(series.points.map((point) => point.value))
    const isTheDay = !series.dated && series.points.every((point) => point.day === point.value)
    if (values.size > 1 && !isTheDay) trends.push(trend(series))
  }
  return trends
}
