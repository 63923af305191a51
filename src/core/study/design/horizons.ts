import { daysAYear } from '../../../contract/days.ts'
import type { StudyDesign } from '../../../contract/design.ts'
import { daysPer, type TimeUnit } from '../../../contract/values.ts'
import type { Outcome } from '../../cohort/matrix.ts'

const candidateYears = [1, 3, 5]

/**
 * Times at which survival is reported, in the outcome's unit: 1, 3 and 5 years as far as follow-up carries (an event
 * at or after the time, and at least 20 patients and 5 % of all still followed), else the quartiles of the event times.
 */
const defaultHorizons = (time: Float64Array, event: Uint8Array, unit: TimeUnit): number[] => {
  const year = daysAYear / daysPer[unit]
  let lastEvent = 0
  for (let i = 0; i < time.length; i++) if (event[i] === 1 && time[i] > lastEvent) lastEvent = time[i]
  const followed = (at: number) => {
    let count = 0
    for (let i = 0; i < time.length; i++) if (time[i] >= at) count++
    return count
  }
  const enough = Math.max(20, 0.05 * time.length)
  const horizons = candidateYears.map((years) => years * year).filter((at) => lastEvent >= at && followed(at) >= enough)
  if (horizons.length > 0) return horizons
  const events = time.filter((_, i) => event[i] === 1).sort()
  const quartiles = [0.25, 0.5, 0.75].map((share) => events[Math.floor(share * (events.length - 1))])
  return [...new Set(quartiles)].filter((at) => at > 0)
}

/** The times a design names, ascending, or those that the follow-up carries; null for other tasks. */
export const horizonsOf = (design: StudyDesign, outcome: Outcome): number[] | null => {
  if (outcome.task !== 'survival' || design.outcome.task !== 'survival') return null
  if (!design.horizons) return defaultHorizons(outcome.time, outcome.event, design.outcome.timeUnit)
  return [...new Set(design.horizons)].sort((a, b) => a - b)
}
