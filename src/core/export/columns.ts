import { daysAYear } from '../../contract/days.ts'
import type { ExportChoices, ExportReport } from '../../contract/exports.ts'
import type { Said } from '../../contract/say.ts'
import type { Concept } from '../../contract/values.ts'
import type { Column } from '../cohort/table.ts'
import { exportText } from './texts.ts'
import {
  ageScale,
  directIdentifier,
  identifyingText,
  looksLikeKey,
  looksLikeSite,
  mayBePlace,
  saysBirth,
  saysDate,
  saysFollowUp,
  yearsPer,
} from './words.ts'

/**
 * How the values of a column leave the vault.
 *
 * - `nothing`: not at all
 * - `value`: as recorded
 * - `age`: whole years or bands, 90 and more as 90; `scale` years per unit
 * - `ageLevels`: levels of ages, those of 90 and more as one
 * - `duration`: as recorded up to 90 years; `scale` years per unit
 * - `day`: the day, moved; `year`: its year alone
 * - `decimalYear`: a date written as a decimal year, moved
 * - `birthYear`: year of a birth date; `birthNumber`: of a number that is a year
 * - `site`: a code of the export key
 */
export type Release =
  | { as: 'nothing' | 'value' | 'ageLevels' | 'day' | 'year' | 'decimalYear' | 'birthYear' | 'birthNumber' | 'site' }
  | { as: 'age' | 'duration'; scale: number }

export interface ColumnPlan {
  concept: Concept
  release: Release
  treatment: ExportReport['columns'][number]['treatment']
  paragraph: string | null
  why: Said
  suspected: boolean
  look: Said[]
  /** What somebody may know of a person from elsewhere. */
  quasi: boolean
  /** Elapsed time that adds to an age; years per unit. */
  followUp: number | null
  /** A whole number that is a calendar year. */
  calendarYear: boolean
}

interface Ruling extends Partial<ColumnPlan> {
  release: Release
  treatment: ColumnPlan['treatment']
  why: Said
}

const dropped = (why: Said, paragraph: string | null, suspected = false): Ruling => ({
  release: { as: 'nothing' },
  treatment: 'dropped',
  why,
  paragraph,
  suspected,
})

/**
 * Decides for one column. `column` null: repeated measurements, of whose values nothing is known beforehand. What is
 * only suspected to identify is dropped too, and released where `choices.keep` names it; an identifier by role, and
 * free text, never is.
 */
export const planColumn = (
  concept: Concept,
  column: Column | null,
  patients: Int32Array | null,
  choices: Pick<ExportChoices, 'dates' | 'ageBand' | 'drop' | 'keep'>,
): ColumnPlan => {
  const facts = column ? factsOf(column) : null
  const base = {
    concept,
    paragraph: null,
    suspected: false,
    look: [],
    quasi: false,
    followUp: null,
    calendarYear: false,
  }
  const certain = certainRuling(concept)
  if (certain) return { ...base, ...certain }
  if (choices.drop.includes(concept.name)) return { ...base, ...dropped(exportText('why.asked'), null) }
  const suspicion = suspicionOf(concept, column, facts)
  if (suspicion && !(suspicion.suspected && choices.keep.includes(concept.name))) return { ...base, ...suspicion }
  const ruling = { ...base, ...rulingOf(concept, { column, facts, patients }, choices) }
  if (suspicion) ruling.look = [exportText('look.keptAgainst', { why: suspicion.why }), ...ruling.look]
  if (mayBePlace(concept)) ruling.look = [...ruling.look, exportText('look.mayBePlace')]
  return { ...ruling, suspected: suspicion !== null || ruling.suspected }
}

/** What no one may ask to keep. */
const certainRuling = (concept: Concept): Ruling | null => {
  if (concept.role === 'patientKey') return dropped(exportText('why.patientKey'), 'H')
  if (concept.role === 'patientName') return dropped(exportText('why.patientName'), 'A')
  if (concept.kind === 'text' && concept.role !== 'site') return dropped(exportText('why.freeText'), 'R')
  return null
}

const suspicionOf = (concept: Concept, column: Column | null, facts: Facts | null): Ruling | null => {
  const { kind, role } = concept
  const number = kind === 'number' || kind === 'integer'
  if (role === 'site' || role === 'birthDate' || role === 'sex' || kind === 'date') return null
  const named = directIdentifier(concept)
  if (named && !(saysBirth(concept) && number))
    return dropped(
      exportText('why.identifierByName', { what: named.what }),
      named.paragraph,
      !number || (facts?.high ?? 0) < 10_000,
    )
  if (looksLikeKey(concept) && !looksLikeSite(concept)) return dropped(exportText('why.keyByName'), 'R', true)
  for (const { label } of concept.levels ?? []) {
    const what = Object.values(label)
      .map(identifyingText)
      .find((found) => found !== null)
    if (what) return dropped(exportText('why.labelLooksLike', { what }), 'R', true)
  }
  if (kind === 'category' && column?.levels) {
    for (const level of column.levels) {
      const what = identifyingText(level)
      if (what) return dropped(exportText('why.valueLooksLike', { what }), 'R', true)
    }
    if (ageScale(concept) === null && column.levels.length > 10 && column.levels.length * 2 > (facts?.known ?? 0))
      return dropped(exportText('why.mostlyUnique'), 'R', true)
  }
  if (number && facts && concept.unit === null && concept.coding.length === 0) {
    if (facts.compactDates) return dropped(exportText('why.compactDates'), 'C', true)
    if (facts.whole && facts.low >= 15_000 && facts.high <= 80_000 && saysDate(concept))
      return dropped(exportText('why.spreadsheetDates'), 'C', true)
    if (facts.whole && facts.high >= 100_000 && facts.known >= 10 && facts.distinct > facts.known * 0.9)
      return dropped(exportText('why.recordNumbers'), 'R', true)
  }
  return null
}

const rulingOf = (
  concept: Concept,
  { column, facts, patients }: { column: Column | null; facts: Facts | null; patients: Int32Array | null },
  { dates, ageBand, keep }: Pick<ExportChoices, 'dates' | 'ageBand' | 'keep'>,
): Ruling => {
  const { kind, role, unit, name } = concept
  if (role === 'site' || (kind !== 'date' && !unit && looksLikeSite(concept)))
    return {
      release: { as: 'site' },
      treatment: 'pseudonymised',
      paragraph: 'B',
      why: exportText('why.siteCode'),
      look: [exportText('look.siteBySize')],
      quasi: true,
    }
  if (kind === 'date') {
    if (role === 'birthDate' || saysBirth(concept))
      return {
        release: { as: 'birthYear' },
        treatment: 'generalised',
        paragraph: 'C',
        why: dates === 'shift' ? exportText('why.birthYearMoved') : exportText('why.birthYear'),
        quasi: true,
      }
    if (dates === 'year')
      return {
        release: { as: 'year' },
        treatment: 'generalised',
        paragraph: 'C',
        why: exportText('why.yearAlone'),
        quasi: true,
      }
    const shared = column && patients ? sharedDay(column.values, patients) : null
    if (shared !== null && !keep.includes(name))
      return {
        release: { as: 'year' },
        treatment: 'generalised',
        paragraph: 'C',
        why: exportText('why.yearOfSharedDay', { count: shared }),
        suspected: true,
        quasi: true,
      }
    return {
      release: { as: 'day' },
      treatment: 'shifted',
      paragraph: 'C',
      why: exportText('why.moved'),
      look: shared === null ? [] : [exportText('look.sharedDay', { count: shared })],
      quasi: true,
    }
  }
  const scale = ageScale(concept)
  if (kind === 'category' && scale !== null)
    return {
      release: { as: 'ageLevels' },
      treatment: 'generalised',
      paragraph: 'C',
      why: exportText('why.ageLevels'),
      quasi: true,
    }
  if (kind === 'category' || kind === 'boolean') return kept(role === 'sex')
  if (facts && isCalendarYear(concept, facts)) {
    if (saysBirth(concept))
      return {
        release: { as: 'birthNumber' },
        treatment: 'generalised',
        paragraph: 'C',
        why: exportText('why.birthNumber'),
        quasi: true,
      }
    if (facts.whole)
      return {
        ...kept(true),
        calendarYear: true,
        why: exportText('why.calendarYear'),
      }
    return {
      release: { as: 'decimalYear' },
      treatment: dates === 'year' ? 'generalised' : 'shifted',
      paragraph: 'C',
      why: dates === 'year' ? exportText('why.decimalYearAlone') : exportText('why.decimalYearMoved'),
      quasi: true,
    }
  }
  if (scale !== null)
    return {
      release: { as: 'age', scale },
      treatment: 'generalised',
      paragraph: 'C',
      why: ageBand === 1 ? exportText('why.ageYears') : exportText('why.ageBands', { band: ageBand }),
      quasi: true,
    }
  if (unit === null && facts && (role === 'outcomeTime' || saysFollowUp(concept)))
    return {
      ...kept(false),
      why: exportText('why.elapsed'),
      followUp: likelyScale(facts.high),
    }
  const elapsed = unit === null ? undefined : yearsPer[unit]
  if (elapsed !== undefined) {
    const followUp = role === 'outcomeTime' || saysFollowUp(concept) ? elapsed : null
    const long = facts !== null && facts.high * elapsed >= 90
    return {
      release: { as: 'duration', scale: elapsed },
      treatment: long ? 'generalised' : 'kept',
      why: long ? exportText('why.elapsedLong') : exportText('why.elapsed'),
      paragraph: long ? 'C' : null,
      followUp,
    }
  }
  return kept(role === 'sex')
}

const kept = (quasi: boolean): Ruling => ({
  release: { as: 'value' },
  treatment: 'kept',
  why: exportText('why.noIdentifier'),
  quasi,
})

/** Years per unit of a time whose unit nobody gave: years, months or days, the longest that a life has room for. */
const likelyScale = (high: number): number => {
  if (high <= 60) return 1
  return high <= 720 ? 1 / 12 : 1 / daysAYear
}

const isCalendarYear = ({ unit, coding }: Concept, { known, low, high }: Facts) =>
  known > 0 && low >= 1850 && high < 2101 && coding.length === 0 && (unit === null || unit === 'a')

/** The least age a level speaks of: `85-94` 85, `>=90` 90, `90+` 90; NaN where it has no number. */
export const leastAge = (level: string): number => {
  const found = /\d+(\.\d+)?/.exec(level)
  if (!found || /^\s*(<|≤|under|below|up to)/i.test(level)) return Number.NaN
  return Number(found[0])
}

interface Facts {
  known: number
  low: number
  high: number
  whole: boolean
  /** Counted for whole numbers only. */
  distinct: number
  compactDates: boolean
}

const factsOf = ({ values, kind }: Column): Facts => {
  let known = 0
  let low = Number.POSITIVE_INFINITY
  let high = Number.NEGATIVE_INFINITY
  let whole = true
  let compact = 0
  for (const value of values) {
    if (Number.isNaN(value)) continue
    known++
    if (value < low) low = value
    if (value > high) high = value
    if (!Number.isInteger(value)) whole = false
    else if (isCompactDate(value)) compact++
  }
  const countable = whole && (kind === 'number' || kind === 'integer') && high >= 100_000
  return {
    known,
    low,
    high,
    whole,
    distinct: countable ? new Set(values.filter((value) => !Number.isNaN(value))).size : 0,
    compactDates: known > 0 && compact >= known * 0.9,
  }
}

const isCompactDate = (value: number) => {
  if (value < 18_500_101 || value > 21_001_231) return false
  const [month, day] = [Math.floor(value / 100) % 100, value % 100]
  return month >= 1 && month <= 12 && day >= 1 && day <= 31
}

/** Fewer patients than this on one day are chance. */
const leastShared = 11
const shareShared = 0.02

/**
 * How many patients share the commonest day of a column, where that is more than chance; else null. Follow-up ends on
 * the same day for all who are still seen: known to everybody who read the paper, so each moved copy tells its own
 * offset.
 */
export const sharedDay = (days: Float64Array, patients: Int32Array): number | null => {
  const counts = new Map<number, number>()
  const people = new Set<number>()
  for (let row = 0; row < days.length; row++) {
    if (Number.isNaN(days[row])) continue
    people.add(patients[row])
    counts.set(days[row], (counts.get(days[row]) ?? 0) + 1)
  }
  const least = Math.max(leastShared, people.size * shareShared)
  let most = 0
  for (const [day, count] of counts) {
    if (count < least || count <= most) continue
    const own = new Set<number>()
    for (let row = 0; row < days.length; row++) if (days[row] === day) own.add(patients[row])
    most = Math.max(most, own.size >= least ? own.size : 0)
  }
  return most > 0 ? most : null
}
