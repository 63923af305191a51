import type { SampleSize } from '../../../contract/models.ts'
import type { Outcome } from '../../cohort/matrix.ts'

type Criterion = SampleSize['criteria'][number]

/**
 * How much of the variation a model is taken to explain where nothing is known: Nagelkerke's R² of 0.15 (Riley et al.
 * 2020).
 */
const assumed = 0.15
/** Shrinkage of the predictors' effects that is allowed: 10 %. */
const shrinkage = 0.9
/** Optimism allowed in R², and error allowed in the mean risk. */
const margin = 0.05

/**
 * Rows at which a model of `parameters` shrinks by no more than to `target`, of a Cox-Snell R² (Riley et al. 2019, eq.
 * 11).
 */
const rowsForShrinkage = (parameters: number, r2: number, target: number): number =>
  Math.ceil(parameters / ((target - 1) * Math.log(1 - r2 / target)))

const criterion = (name: Criterion['name'], rows: number): Criterion => ({ name, rows })

/** Two classes: prevalence and Cox-Snell R². */
export const binaryCriteria = (parameters: number, prevalence: number, r2: number): Criterion[] => {
  const most = mostBinary(prevalence)
  return [
    criterion('shrinkage', rowsForShrinkage(parameters, r2, shrinkage)),
    criterion('optimism', rowsForShrinkage(parameters, r2, r2 / (r2 + margin * most))),
    criterion('meanRisk', Math.ceil((1.96 / margin) ** 2 * prevalence * (1 - prevalence))),
  ]
}

/** The largest Cox-Snell R² there can be at a prevalence. */
const mostBinary = (prevalence: number): number =>
  1 - Math.exp(2 * (prevalence * Math.log(prevalence) + (1 - prevalence) * Math.log(1 - prevalence)))

/** Survival: events per unit of time, mean follow-up and horizon in that unit, Cox-Snell R². */
export const survivalCriteria = (
  parameters: number,
  { rate, followUp, horizon }: { rate: number; followUp: number; horizon: number },
  r2: number,
): Criterion[] => {
  const most = mostSurvival(rate * followUp)
  // Half the interval of the mean risk at the horizon, of a constant rate: 1.96 sqrt(rate / person-time) in the rate.
  const reach = -Math.log(1 - margin / Math.exp(-rate * horizon)) / horizon
  const precise = margin < Math.exp(-rate * horizon) ? Math.ceil(((1.96 / reach) ** 2 * rate) / followUp) : 0
  return [
    criterion('shrinkage', rowsForShrinkage(parameters, r2, shrinkage)),
    criterion('optimism', rowsForShrinkage(parameters, r2, r2 / (r2 + margin * most))),
    criterion('meanRisk', precise),
  ]
}

/** The largest Cox-Snell R² where a share of `events` a person has the event. */
const mostSurvival = (events: number): number => 1 - Math.exp(2 * (events * Math.log(events) - events))

/** A value: R² adjusted. */
export const valueCriteria = (parameters: number, r2: number): Criterion[] => {
  const shrunk = (n: number) =>
    1 + (parameters - 2) / (n * Math.log(1 - (r2 * (n - parameters - 1) + parameters) / (n - 1)))
  let rows = parameters + 2
  // A model of one or two parameters does not shrink in this formula.
  while (parameters > 2 && !(shrunk(rows) >= shrinkage)) rows++
  return [
    criterion('shrinkage', rows),
    criterion('optimism', Math.ceil(1 + (parameters * (1 - r2)) / margin)),
    criterion('residual', 234 + parameters),
  ]
}

/**
 * Whether there are enough cases to develop a model of so many parameters (Riley et al. 2019, 2020): small overfitting,
 * small optimism in R², and a precise mean risk (or residual SD). R² is not known beforehand and taken as 0.15 of what
 * is possible. Several classes, competing events, late entry and pictures or courses have no such criteria: the answer
 * is then `unknown`.
 */
export const sampleSizeOf = (outcome: Outcome, parameters: number, horizon: number | null): SampleSize => {
  const rows = outcome.task === 'survival' ? outcome.time.length : outcome.y.length
  const unknown = (reason: SampleSize['unknown']): SampleSize => ({
    verdict: 'unknown',
    rows,
    events: null,
    parameters,
    needed: null,
    assumedR2: null,
    criteria: [],
    unknown: reason,
  })
  if (parameters < 1) return unknown('noParameters')
  const verdictOf = (criteria: Criterion[], events: number | null): SampleSize => {
    const needed = Math.max(...criteria.map((one) => one.rows))
    return {
      verdict: rows >= needed ? 'pass' : 'fail',
      rows,
      events,
      parameters,
      needed,
      assumedR2: assumed,
      criteria,
      unknown: null,
    }
  }
  if (outcome.task === 'regression') return verdictOf(valueCriteria(parameters, assumed), null)
  if (outcome.task === 'diagnosis') {
    if (outcome.classes.length !== 2) return unknown('severalClasses')
    const events = outcome.y.reduce((sum, label) => sum + label, 0)
    const share = events / rows
    if (!(share > 0 && share < 1)) return unknown('noParameters')
    return verdictOf(binaryCriteria(parameters, share, assumed * mostBinary(share)), events)
  }
  if (outcome.competing) return unknown('competing')
  if (outcome.entry) return unknown('lateEntry')
  const { time, event } = outcome
  const events = event.reduce((sum, one) => sum + one, 0)
  const followed = time.reduce((sum, one) => sum + one, 0)
  if (events === 0 || !(followed > 0)) return unknown('noParameters')
  const rate = events / followed
  const followUp = followed / rows
  const r2 = assumed * mostSurvival(events / rows)
  return verdictOf(survivalCriteria(parameters, { rate, followUp, horizon: horizon ?? followUp }, r2), events)
}
