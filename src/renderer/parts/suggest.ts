import type * as z from 'zod'
import type { ColumnSummarySchema } from '../../contract/patients.ts'
import type { Task, TimeUnit } from '../../contract/values.ts'

export type Summary = z.infer<typeof ColumnSummarySchema>

/** The time unit that a UCUM unit stands for; days where it says nothing. */
export const timeUnitOf = (ucum: string | null): TimeUnit => {
  const known: Record<string, TimeUnit> = { d: 'days', wk: 'weeks', mo: 'months', a: 'years' }
  return (ucum && known[ucum]) || 'days'
}

const never = new Set(['patientKey', 'patientName', 'birthDate', 'encounterDate'])

/** Columns a model may learn from, given its outcome: no identifiers, dates, free texts, and nothing of the outcome. */
export const candidates = (columns: readonly Summary[], outcome: readonly string[]): Summary[] =>
  columns.filter(
    ({ concept }) =>
      !never.has(concept.role) &&
      concept.kind !== 'date' &&
      concept.kind !== 'text' &&
      !['outcome', 'outcomeTime', 'outcomeEvent'].includes(concept.role) &&
      !outcome.includes(concept.name),
  )

/** Model terms a column brings: a category one less than its levels. */
export const termsOf = ({ concept, counts }: Summary): number =>
  concept.kind === 'category' ? Math.max(1, (counts?.length ?? concept.levels?.length ?? 2) - 1) : 1

/** What a study's dictionary suggests asking, most specific first. */
export const suggestTask = (columns: readonly Summary[]): Task => {
  const has = (role: string) => columns.some(({ concept }) => concept.role === role)
  if (has('outcomeTime') && has('outcomeEvent')) return 'survival'
  const outcome = columns.find(({ concept }) => concept.role === 'outcome')
  return outcome && outcome.concept.kind === 'number' && (outcome.counts?.length ?? 99) > 10
    ? 'regression'
    : 'diagnosis'
}

const eventWords = /death|died|dead|event|relapse|recur|yes|malignant|progress|死亡|复发|事件|是/i

const eventless = /without|\bno\b|\bnot\b|none|alive|censor|free of|benign|未|无|存活|删失/i

/** Values that probably mean the event: labelled so, else the highest code of a column of few. */
export const suggestEvents = ({ concept, counts }: Summary): string[] => {
  const found = (counts ?? []).map(({ value }) => value)
  const named = found.filter((value) => {
    const level = concept.levels?.find(({ code }) => code === value)
    const said = level ? `${level.label.en} ${level.label.zh ?? ''}` : Number.isNaN(Number(value)) ? value : ''
    return eventWords.test(said) && !eventless.test(said)
  })
  if (named.length > 0) return named
  const codes = found.filter((value) => value.trim() !== '' && !Number.isNaN(Number(value)))
  if (codes.length !== found.length || codes.length < 2 || codes.length > 6)
    return found.filter((value) => value === 'true')
  return [codes.reduce((most, value) => (Number(value) > Number(most) ? value : most))]
}

export type Enough = 'pass' | 'caution' | 'fail' | 'unknown'

/**
 * Events (or cases of the rarest class, or cases) per model term among the development rows. The old rules of thumb: 20
 * and more is comfortable, under 10 optimism is to be expected (Peduzzi 1996, Riley 2019 for why it is only a first
 * look).
 */
export const perTerm = (events: number | null, terms: number): { ratio: number | null; verdict: Enough } => {
  if (events === null || terms < 1) return { ratio: null, verdict: 'unknown' }
  const ratio = events / terms
  return { ratio, verdict: ratio >= 20 ? 'pass' : ratio >= 10 ? 'caution' : 'fail' }
}
