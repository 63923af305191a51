import { daysAYear } from '../../contract/days.ts'
import type { ExportChoices, ExportReport } from '../../contract/exports.ts'
import type { Concept, Text } from '../../contract/values.ts'
import type { Column } from '../cohort/table.ts'
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
  why: Required<Text>
  suspected: boolean
  look: Required<Text>[]
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
  why: Required<Text>
}

const dropped = (why: Required<Text>, paragraph: string | null, suspected = false): Ruling => ({
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
  if (choices.drop.includes(concept.name))
    return { ...base, ...dropped({ en: 'Left out as asked.', zh: '按要求略去。' }, null) }
  const suspicion = suspicionOf(concept, column, facts)
  if (suspicion && !(suspicion.suspected && choices.keep.includes(concept.name))) return { ...base, ...suspicion }
  const ruling = { ...base, ...rulingOf(concept, column, facts, patients, choices) }
  if (suspicion)
    ruling.look = [
      { en: `Kept as asked, against this: ${suspicion.why.en}`, zh: `按要求保留，但请注意：${suspicion.why.zh}` },
      ...ruling.look,
    ]
  if (mayBePlace(concept))
    ruling.look = [
      ...ruling.look,
      {
        en: 'May name places smaller than a state (B); leave it out if it does.',
        zh: '可能指明小于州（省）一级的地点（B）；若是如此，请将其略去。',
      },
    ]
  return { ...ruling, suspected: suspicion !== null || ruling.suspected }
}

/** What no one may ask to keep. */
const certainRuling = (concept: Concept): Ruling | null => {
  if (concept.role === 'patientKey')
    return dropped(
      { en: 'The key of the patient; a pseudonym stands in its place.', zh: '患者的标识；以化名代替。' },
      'H',
    )
  if (concept.role === 'patientName') return dropped({ en: 'The name of the patient.', zh: '患者姓名。' }, 'A')
  if (concept.kind === 'text' && concept.role !== 'site')
    return dropped(
      { en: 'Free text: it may name anybody, and no rule can tell.', zh: '自由文本：可能提到任何人，规则无法判断。' },
      'R',
    )
  return null
}

const suspicionOf = (concept: Concept, column: Column | null, facts: Facts | null): Ruling | null => {
  const { kind, role } = concept
  const number = kind === 'number' || kind === 'integer'
  if (role === 'site' || role === 'birthDate' || role === 'sex' || kind === 'date') return null
  const named = directIdentifier(concept)
  if (named && !(saysBirth(concept) && number))
    return dropped(
      { en: `By its name it holds ${named.what.en}.`, zh: `从列名看含有${named.what.zh}。` },
      named.paragraph,
      !number || (facts?.high ?? 0) < 10_000,
    )
  if (looksLikeKey(concept) && !looksLikeSite(concept))
    return dropped({ en: 'By its name it is an identifier.', zh: '从列名看是标识符。' }, 'R', true)
  for (const { label } of concept.levels ?? []) {
    const what = identifyingText(label.en) ?? identifyingText(label.zh ?? '')
    if (what)
      return dropped(
        { en: `The label of one of its values looks like ${what.en}.`, zh: `某个取值的标签形似${what.zh}。` },
        'R',
        true,
      )
  }
  if (kind === 'category' && column?.levels) {
    for (const level of column.levels) {
      const what = identifyingText(level)
      if (what)
        return dropped({ en: `One of its values looks like ${what.en}.`, zh: `某个取值形似${what.zh}。` }, 'R', true)
    }
    if (ageScale(concept) === null && column.levels.length > 10 && column.levels.length * 2 > (facts?.known ?? 0))
      return dropped(
        { en: 'Most of its values stand once, as names and numbers do.', zh: '大多数取值只出现一次，如同姓名和编号。' },
        'R',
        true,
      )
  }
  if (number && facts && concept.unit === null && concept.coding.length === 0) {
    if (facts.compactDates)
      return dropped(
        {
          en: 'Its numbers look like dates (yyyymmdd); import it as a date.',
          zh: '其数字形似日期（yyyymmdd）；请按日期导入。',
        },
        'C',
        true,
      )
    if (facts.whole && facts.low >= 15_000 && facts.high <= 80_000 && saysDate(concept))
      return dropped(
        {
          en: 'Its numbers look like dates as spreadsheets count days; import it as a date.',
          zh: '其数字形似电子表格的日期序数；请按日期导入。',
        },
        'C',
        true,
      )
    if (facts.whole && facts.high >= 100_000 && facts.known >= 10 && facts.distinct > facts.known * 0.9)
      return dropped(
        {
          en: 'Long whole numbers, nearly all different, as record numbers are.',
          zh: '长整数且几乎各不相同，如同病历号。',
        },
        'R',
        true,
      )
  }
  return null
}

const rulingOf = (
  concept: Concept,
  column: Column | null,
  facts: Facts | null,
  patients: Int32Array | null,
  { dates, ageBand, keep }: Pick<ExportChoices, 'dates' | 'ageBand' | 'keep'>,
): Ruling => {
  const { kind, role, unit, name } = concept
  if (role === 'site' || (kind !== 'date' && !unit && looksLikeSite(concept)))
    return {
      release: { as: 'site' },
      treatment: 'pseudonymised',
      paragraph: 'B',
      why: { en: 'A code of the export key stands for the site.', zh: '以导出密钥生成的代码代表中心。' },
      look: [
        {
          en: 'The number of its patients may still tell which site it is.',
          zh: '仅凭其患者人数仍可能推知是哪个中心。',
        },
      ],
      quasi: true,
    }
  if (kind === 'date') {
    if (role === 'birthDate' || saysBirth(concept))
      return {
        release: { as: 'birthYear' },
        treatment: 'generalised',
        paragraph: 'C',
        why:
          dates === 'shift'
            ? {
                en: 'Year of the birth date, moved with all dates of the patient; 90 years before the last date for the oldest.',
                zh: '出生日期的年份，与该患者的所有日期一同平移；最年长者为末次日期前 90 年。',
              }
            : {
                en: 'Year of the birth date; 90 years before the last date for the oldest.',
                zh: '出生日期的年份；最年长者为末次日期前 90 年。',
              },
        quasi: true,
      }
    if (dates === 'year')
      return {
        release: { as: 'year' },
        treatment: 'generalised',
        paragraph: 'C',
        why: { en: 'Its year alone.', zh: '仅保留年份。' },
        quasi: true,
      }
    const shared = column && patients ? sharedDay(column.values, patients) : null
    if (shared !== null && !keep.includes(name))
      return {
        release: { as: 'year' },
        treatment: 'generalised',
        paragraph: 'C',
        why: {
          en: `Year of the moved date: ${shared} patients share one day (the end of a study, a placeholder), and whoever knows that day would read off how far each was moved.`,
          zh: `平移后日期的年份：有 ${shared} 名患者同为一天（研究结束日或占位值），知道那一天的人便能推知各自平移的天数。`,
        },
        suspected: true,
        quasi: true,
      }
    return {
      release: { as: 'day' },
      treatment: 'shifted',
      paragraph: 'C',
      why: {
        en: 'Moved by the secret number of days of its patient; intervals between dates stay.',
        zh: '按该患者的秘密天数平移；日期间隔不变。',
      },
      look:
        shared === null
          ? []
          : [
              {
                en: `${shared} patients share one day, which may give away how far each was moved.`,
                zh: `有 ${shared} 名患者同为一天，可能泄露各自平移的天数。`,
              },
            ],
      quasi: true,
    }
  }
  const scale = ageScale(concept)
  if (kind === 'category' && scale !== null)
    return {
      release: { as: 'ageLevels' },
      treatment: 'generalised',
      paragraph: 'C',
      why: {
        en: 'Levels of 90 years and more are one, 90+, at this row or by the last that is told of the patient.',
        zh: '90 岁及以上合为一级 90+，按本行或该患者最后所述的时间计。',
      },
      quasi: true,
    }
  if (kind === 'category' || kind === 'boolean') return kept(role === 'sex')
  if (facts && isCalendarYear(concept, facts)) {
    if (saysBirth(concept))
      return {
        release: { as: 'birthNumber' },
        treatment: 'generalised',
        paragraph: 'C',
        why: {
          en: 'Year of birth; 90 years before the last date for the oldest.',
          zh: '出生年份；最年长者为末次日期前 90 年。',
        },
        quasi: true,
      }
    if (facts.whole)
      return {
        ...kept(true),
        calendarYear: true,
        why: { en: 'A calendar year, which Safe Harbor leaves.', zh: '历年，安全港允许保留。' },
      }
    return {
      release: { as: 'decimalYear' },
      treatment: dates === 'year' ? 'generalised' : 'shifted',
      paragraph: 'C',
      why:
        dates === 'year'
          ? { en: 'A date as decimal year: its year alone.', zh: '以小数年份表示的日期：仅保留年份。' }
          : {
              en: 'A date as decimal year, moved by the secret number of days of its patient.',
              zh: '以小数年份表示的日期，按该患者的秘密天数平移。',
            },
      quasi: true,
    }
  }
  if (scale !== null)
    return {
      release: { as: 'age', scale },
      treatment: 'generalised',
      paragraph: 'C',
      why: {
        en: `${ageBand === 1 ? 'Whole years' : `Bands of ${ageBand} years, by their first year`}; 90 stands for 90 and more, at this row or by the last that is told of the patient. Fractions would give the birthday away.`,
        zh: `${ageBand === 1 ? '整岁' : `每 ${ageBand} 岁一组，以首岁表示`}；90 表示 90 岁及以上，按本行或该患者最后所述的时间计。小数会透露生日。`,
      },
      quasi: true,
    }
  if (unit === null && facts && (role === 'outcomeTime' || saysFollowUp(concept)))
    return {
      ...kept(false),
      why: { en: 'A time elapsed, no date.', zh: '经过的时间，并非日期。' },
      followUp: likelyScale(facts.high),
    }
  const elapsed = unit === null ? undefined : yearsPer[unit]
  if (elapsed !== undefined) {
    const followUp = role === 'outcomeTime' || saysFollowUp(concept) ? elapsed : null
    const long = facts !== null && facts.high * elapsed >= 90
    return {
      release: { as: 'duration', scale: elapsed },
      treatment: long ? 'generalised' : 'kept',
      why: long
        ? {
            en: 'A time of 90 years and more is given as 90 years: it tells of an age over 89.',
            zh: '90 年及以上的时间记为 90 年：它透露 89 岁以上的年龄。',
          }
        : { en: 'A time elapsed, no date.', zh: '经过的时间，并非日期。' },
      paragraph: long ? 'C' : null,
      followUp,
    }
  }
  return kept(role === 'sex')
}

const kept = (quasi: boolean): Ruling => ({
  release: { as: 'value' },
  treatment: 'kept',
  why: { en: 'Not among the identifiers of Safe Harbor.', zh: '不属于安全港所列标识符。' },
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
