import type { PatientRow } from '../../../contract/patients.ts'
import type { ReadStore } from '../store/store.ts'
import { describePatients } from './patients.ts'
import { hasIdeograph, normaliseIdentifier, normaliseName, termsOf } from './searchTerms.ts'
import { findStudy } from './studies.ts'

export interface PatientSearch {
  /**
   * Words of a name in any order, parts of a Chinese name, an identifier or its beginning, a birth date or its
   * beginning.
   */
  query: string
  /** Only patients of this study. */
  study: string | null
  offset: number
  limit: number
}

/**
 * The worklist. Every word of the query must begin a word of the patient's name, an identifier or the birth date.
 * `total` counts every patient found once, exactly. Without a query: all patients, in the order they came.
 */
export const searchPatients = (
  store: ReadStore,
  { query, study, offset, limit }: PatientSearch,
): { rows: PatientRow[]; total: number } => {
  const within = study === null ? null : (findStudy(store, study) ?? null)
  if (study !== null && within === null) return { rows: [], total: 0 }
  const all = countPatients(store)
  const member = within !== null && within.patients < all ? within.id : null
  const { patients, total } =
    query.trim() === ''
      ? listAll(store, member, within?.patients ?? all, offset, limit)
      : find(store, interpretationsOf(query), member, offset, limit)
  return { rows: describePatients(store, patients), total }
}

/** Counted as they come and go: counting a million rows takes longer than the rest of a search. */
const countPatients = (store: ReadStore): number =>
  store.value<number>("SELECT next FROM counter WHERE name = 'patients'") ?? 0

interface Page {
  patients: number[]
  total: number
}

const listAll = (store: ReadStore, study: number | null, total: number, offset: number, limit: number): Page => ({
  total,
  patients:
    study === null
      ? store.column<number>('SELECT id FROM patient ORDER BY id LIMIT ? OFFSET ?', limit, offset)
      : store.column<number>(
          'SELECT patient FROM study_patient WHERE study = ? ORDER BY patient LIMIT ? OFFSET ?',
          study,
          limit,
          offset,
        ),
})

/** What the query may mean, each as words that must all be found. */
export const interpretationsOf = (query: string): string[][] => {
  const tokens = query.trim().split(/\s+/)
  const dates = tokens.map(datesOf)
  const readings: string[][] = []
  const add = (words: string[]) => {
    const distinct = [...new Set(words)].filter((word) => word !== '')
    const key = distinct.join('\n')
    if (distinct.length > 0 && !readings.some((reading) => reading.join('\n') === key)) readings.push(distinct)
  }
  const most = Math.max(1, ...dates.map((found) => found.length))
  for (let reading = 0; reading < most; reading++)
    if (dates.some((found) => found.length > 0))
      add(tokens.flatMap((token, at) => dates[at][reading] ?? dates[at][0] ?? normaliseName(token).split(' ')))
  add(tokens.flatMap((token) => normaliseName(token).split(' ')))
  add(tokens.map(normaliseIdentifier))
  add([normaliseIdentifier(tokens.join(' '))])
  return readings
}

/**
 * ISO dates (or beginnings of dates) that a word may stand for: 1958-3-12, 12.03.1958, 12/03/1958 both ways,
 * 1958年3月12日.
 */
const datesOf = (token: string): string[] => {
  const iso = (year: string, month: string, day: string | undefined): string[] => {
    if (Number(month) < 1 || Number(month) > 12) return []
    const start = `${year}-${month.padStart(2, '0')}`
    if (day === undefined || day === '') return [start]
    return Number(day) < 1 || Number(day) > 31 ? [] : [`${start}-${day.padStart(2, '0')}`]
  }
  const yearFirst = /^(\d{4})(?:[-/.]|年)(\d{1,2})(?:(?:[-/.]|月)(?:(\d{1,2})日?)?)?$/.exec(token)
  if (yearFirst) return iso(yearFirst[1], yearFirst[2], yearFirst[3])
  const yearLast = /^(\d{1,2})([-/.])(\d{1,2})\2(\d{4})$/.exec(token)
  if (yearLast) {
    const [, first, separator, second, year] = yearLast
    const dayFirst = iso(year, second, first)
    return separator === '/' ? [...new Set([...dayFirst, ...iso(year, first, second)])] : dayFirst
  }
  const year = /^(\d{4})年$/.exec(token)
  if (year) return [`${year[1]}-`]
  const compact = /^((?:18|19|20)\d{2})(\d{2})(\d{2})$/.exec(token)
  return compact ? iso(compact[1], compact[2], compact[3]) : []
}

const find = (store: ReadStore, readings: string[][], study: number | null, offset: number, limit: number): Page => {
  const finders = readings.map((words) => finderOf(store, words, study)).filter(({ total }) => total > 0)
  if (finders.length === 0) return { patients: [], total: 0 }
  if (finders.length === 1) return { patients: finders[0].page(offset, limit), total: finders[0].total }
  // Several readings found something (an identifier that reads like a date): join them, each patient once.
  const ids = new Set(finders.flatMap((finder) => finder.page(0, finder.total)))
  return { patients: [...ids].slice(offset, offset + limit), total: ids.size }
}

interface Finder {
  total: number
  page(offset: number, limit: number): number[]
}

const nothing: Finder = { total: 0, page: () => [] }
const last = '\u{10FFFF}'
const inRange = 't.kind = ? AND t.term >= ? AND t.term < ? AND t.overlap < ?'
const rangeOf = (kind: Kind, word: string) => [kind, word, word + last, word.length]
/** Beyond this a range is simply "large" when the rarest word is looked for. */
const countedUpTo = 20_000

type Kind = 0 | 1
const names: Kind = 0
const identifiers: Kind = 1

/** Ranges of terms, one after another, narrowed to those that hold further words and to a study. */
const finderOf = (store: ReadStore, words: readonly string[], study: number | null): Finder => {
  if (words.length === 1) return inRanges(store, [names, identifiers], words[0], [], study)
  const ranges = words.map((word) => {
    const [named, identified] = [sizeOf(store, names, word), sizeOf(store, identifiers, word)]
    return { word, identified, count: named + identified }
  })
  if (ranges.some(({ count }) => count === 0)) return nothing
  ranges.sort((a, b) => a.count - b.count)
  const [driver, ...others] = ranges
  // Every term made from a name holds the whole name and the birth date: SQLite can check the other words on the term.
  if (ranges.every(({ identified }) => identified === 0))
    return inRanges(
      store,
      [names],
      driver.word,
      others.map(({ word }) => word),
      study,
    )
  const found = [names, identifiers].flatMap((kind) =>
    store
      .rows<[string, number]>(
        `SELECT t.term, t.patient FROM patient_term t WHERE ${inRange} ORDER BY t.term, t.patient`,
        ...rangeOf(kind, driver.word),
      )
      .filter(([term, patient]) => {
        const lacking = others.filter(({ word }) => kind === identifiers || !` ${term}`.includes(contained(word)))
        // What the name's own terms lack, only an identifier can have.
        if (kind === names && lacking.some(({ identified }) => identified === 0)) return false
        return lacking.length === 0 || hasTerms(store, patient, lacking)
      })
      .map(([, patient]) => patient)
      .filter((patient) => study === null || isMember(store, study, patient)),
  )
  return { total: found.length, page: (offset, limit) => found.slice(offset, offset + limit) }
}

const inRanges = (
  store: ReadStore,
  kinds: readonly Kind[],
  word: string,
  others: readonly string[],
  study: number | null,
): Finder => {
  const checks = others.map(() => "AND instr(' ' || t.term, ?) > 0").join(' ')
  const member =
    study === null ? '' : 'AND EXISTS (SELECT 1 FROM study_patient m WHERE m.study = ? AND m.patient = t.patient)'
  const where = `FROM patient_term t WHERE ${inRange} ${checks} ${member}`
  const parts = kinds.map((kind) => {
    const values = [...rangeOf(kind, word), ...others.map(contained), ...(study === null ? [] : [study])]
    const count = () => store.value<number>(`SELECT count(*) ${where}`, ...values) ?? 0
    return { values, total: others.length === 0 && study === null ? remembered(store, kind, word, count) : count() }
  })
  return {
    total: parts.reduce((sum, { total }) => sum + total, 0),
    page: (offset, limit) => {
      const found: number[] = []
      let skip = offset
      for (const { values, total } of parts) {
        if (skip < total && found.length < limit)
          found.push(
            ...store.column<number>(
              `SELECT t.patient ${where} ORDER BY t.term, t.patient LIMIT ? OFFSET ?`,
              ...values,
              limit - found.length,
              skip,
            ),
          )
        skip = Math.max(0, skip - total)
      }
      return found
    },
  }
}

/** Entries of a range, counted up to a bound. */
const sizeOf = (store: ReadStore, kind: Kind, word: string): number =>
  store.value<number>(
    'SELECT count(*) FROM (SELECT 1 FROM patient_term t WHERE t.kind = ? AND t.term >= ? AND t.term < ? LIMIT ?)',
    kind,
    word,
    word + last,
    countedUpTo,
  ) ?? 0

interface Remembered {
  version: number
  totals: Map<string, number>
}
const memory = new WeakMap<ReadStore, Remembered>()

/**
 * Totals of large ranges are counted once until a patient comes or goes. They are known by their first and last term,
 * so that typing on (`m`, `mrn`, `mrn-1`), where every identifier begins alike, counts a million entries once, not at
 * each key.
 */
const remembered = (store: ReadStore, kind: Kind, word: string, count: () => number): number => {
  if (sizeOf(store, kind, word) < countedUpTo) return count()
  const version = store.value<number>("SELECT next FROM counter WHERE name = 'patient changes'") ?? 0
  let known = memory.get(store)
  if (known?.version !== version) {
    known = { version, totals: new Map() }
    memory.set(store, known)
  }
  const edge = (order: 'ASC' | 'DESC') =>
    store
      .row<[string, number]>(
        `SELECT t.term, t.patient FROM patient_term t WHERE t.kind = ? AND t.term >= ? AND t.term < ?
         ORDER BY t.term ${order}, t.patient ${order} LIMIT 1`,
        kind,
        word,
        word + last,
      )
      ?.join(' ')
  const key = `${kind} ${edge('ASC')} ${edge('DESC')}`
  let total = known.totals.get(key)
  if (total === undefined) {
    total = count()
    known.totals.set(key, total)
  }
  return total
}

/** How a word stands in a term: at the start of a word, but for ideographs, which are not apart. */
const contained = (word: string): string => (hasIdeograph(word) ? word : ` ${word}`)

const isMember = (store: ReadStore, study: number, patient: number): boolean =>
  store.value('SELECT 1 FROM study_patient WHERE study = ? AND patient = ?', study, patient) !== undefined

/** Whether terms of the patient begin with each of the words: a name beside an identifier, say. */
const hasTerms = (store: ReadStore, patient: number, words: readonly { word: string }[]): boolean => {
  const row = store.row<[string | null, string | null]>('SELECT name, birth_date FROM patient WHERE id = ?', patient)
  if (!row) return false
  const values = store.column<string>('SELECT value FROM patient_identifier WHERE patient = ?', patient)
  const terms = termsOf({ name: row[0], birthDate: row[1], identifiers: values })
  return words.every(({ word }) => terms.some(({ term }) => term.startsWith(word)))
}
