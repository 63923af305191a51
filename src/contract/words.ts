import { daysAYear } from './days.ts'
import type { Formats } from './formats.ts'
import type { Language } from './languages.ts'
import type { Translate } from './texts.ts'
import { type Estimate, type Text, textIn } from './values.ts'

/**
 * How a probability is told to a doctor: as patients of 100, never a bare percentage. Shares are rounded to whole
 * patients; what rounds to none or to all is "fewer than 1" and "more than 99": nothing a model says is impossible or
 * certain. Natural frequencies: Gigerenzer and Edwards, BMJ 2003.
 */
export interface Words {
  /** `about 18 of 100`, `fewer than 1 of 100`, `more than 99 of 100`. */
  perHundred: (share: number) => string
  /** `About 18 of 100 patients like this one`. */
  patients: (share: number) => string
  /** `12 to 25 of 100`; empty where an end is not known. */
  interval: (estimate: Pick<Estimate, 'low' | 'high'>) => string
  /** `about 18 of 100 (12 to 25)`. */
  withInterval: (estimate: Estimate) => string
  /** A stretch of time: `1 year`, `3 years`, `7 months`, `12 days`. */
  duration: (years: number) => string
  /** What to call an event: a death is a death, however the dictionary writes it. */
  event: (event: string) => string
  /** The event in quotes, as the dictionary has it; death without. */
  quoted: (event: string) => string
  /** Whether the event is death, which has words of its own. */
  isDeath: (event: string) => boolean
  /** The event by then: `About 34 of 100 patients like this one die within 3 years.` */
  risk: (event: string, years: number, share: number) => string
  /** The median survival, or that half have not had the event by the end of follow-up. */
  median: (event: string, medianYears: Estimate, followUpYears: number) => string
  /** `about 16 fewer of 100`, `no difference that shows in 100 patients`. */
  change: (before: number, after: number) => string
}

export interface Hundred {
  kind: 'fewer' | 'about' | 'more'
  count: number
}

/** Of 100 patients: rounded to whole ones, half up; below 0.5 and from 99.5 it is "fewer than 1" and "more than 99". */
const ofHundred = (share: number): Hundred => {
  const patients = share * 100
  if (patients < 0.5 - 1e-9) return { kind: 'fewer', count: 1 }
  if (patients > 99.5 - 1e-9) return { kind: 'more', count: 99 }
  return { kind: 'about', count: Math.max(1, Math.round(patients)) }
}

/** Words that dictionaries use for death: it has a verb of its own. */
const isDeath = (event: string): boolean => /^(death|dead|die[ds]?|死亡|去世)$/i.test(event.trim())

/** Sentences about probabilities and times, from `formats:words.*`. */
export const createWords = (language: Language, translate: Translate): Words => {
  const text = (key: string, values?: Record<string, unknown>) => translate(`formats:words.${key}`, values)
  const number = (value: number, digits = 0) =>
    new Intl.NumberFormat(language, { maximumFractionDigits: digits }).format(value)
  const known = (share: number | null): share is number => share !== null && Number.isFinite(share)

  const end = (share: number) => {
    const { kind, count } = ofHundred(share)
    return kind === 'about' ? number(count) : text(`end.${kind}`, { count })
  }
  const span = (low: number, high: number) => {
    const from = end(low)
    const to = end(high)
    return from === to ? from : text('span', { from, to })
  }
  const perHundred = (share: number) => {
    if (!known(share)) return text('unknown')
    const { kind, count } = ofHundred(share)
    return text(`perHundred.${kind}`, { count })
  }
  const patients = (share: number) => {
    if (!known(share)) return text('unknown')
    const { kind, count } = ofHundred(share)
    return text(`patients.${kind}`, { count })
  }
  const duration = (years: number) => {
    const count = (value: number, unit: 'years' | 'months' | 'days', digits = 0) => {
      const rounded = Number(value.toFixed(digits))
      return text(`duration.${unit}`, { count: rounded, number: number(rounded, digits) })
    }
    if (Math.abs(years - Math.round(years)) < 0.02 && Math.round(years) > 0) return count(Math.round(years), 'years')
    if (years >= 2) return count(years, 'years', 1)
    if (years >= 2 / 12) return count(years * 12, 'months')
    return count(years * daysAYear, 'days')
  }
  const interval: Words['interval'] = ({ low, high }) =>
    known(low) && known(high) ? text('interval', { span: span(low, high) }) : ''

  return {
    perHundred,
    patients,
    interval,
    withInterval: ({ value, low, high }) => {
      if (!known(value)) return text('unknown')
      if (!known(low) || !known(high)) return perHundred(value)
      return text('withInterval', { about: perHundred(value), span: span(low, high) })
    },
    duration,
    event: (event) => (isDeath(event) ? text('death') : event),
    quoted: (event) => (isDeath(event) ? text('death') : text('quoted', { event })),
    isDeath,
    risk: (event, years, share) =>
      text(isDeath(event) ? 'riskDeath' : 'risk', {
        patients: patients(share),
        event,
        time: duration(years),
      }),
    median: (event, { value, low, high }, followUpYears) => {
      const time = duration(followUpYears)
      if (!known(value)) return text(isDeath(event) ? 'medianNotReachedDeath' : 'medianNotReached', { event, time })
      const about = text(isDeath(event) ? 'medianDeath' : 'median', { event, time: duration(value) })
      if (!known(low)) return about
      const range = known(high)
        ? text('medianRange', { from: duration(low), to: duration(high) })
        : text('medianOpen', { from: duration(low), time })
      return `${about}${range}`
    },
    change: (before, after) => {
      if (!known(before) || !known(after)) return text('unknown')
      const patients = Math.round(Math.abs(after - before) * 100)
      if (patients === 0) return text('change.none')
      return text(after < before ? 'change.fewer' : 'change.more', { count: patients })
    },
  }
}

/** What a prediction said in one line, as data; text where it was stored by a Bedside that kept its English. */
export type Summary =
  | string
  | { class: Text; probability: number }
  | { event: Text; years: number; risk: number | null }
  | { target: Text; value: number | null; unit: string | null }

/** That line in a language: `malignant: about 18 of 100`. */
export const summaryText = (
  summary: Summary,
  language: Language,
  { translate, words, formats }: { translate: Translate; words: Words; formats: Formats },
): string => {
  if (typeof summary === 'string') return summary
  const line = (kind: string, values: Record<string, string>) => translate(`formats:summary.${kind}`, values)
  if ('class' in summary)
    return line('class', { name: textIn(summary.class, language), share: words.perHundred(summary.probability) })
  if ('event' in summary)
    return line('event', {
      name: words.event(textIn(summary.event, language)),
      time: words.duration(summary.years),
      share: words.perHundred(summary.risk ?? Number.NaN),
    })
  const value = summary.value === null ? null : Number(summary.value.toPrecision(4))
  return line('value', { name: textIn(summary.target, language), value: formats.quantity(value, summary.unit) })
}
