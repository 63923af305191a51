import { invalidInput } from '../../../contract/errors.ts'
import { within } from '../../../contract/warnings.ts'
import { stepIndex } from '../../cohort/curves/productLimit.ts'
import type { Matrix } from '../../cohort/matrix.ts'
import type { Fitted, Learner, ModelState, Predictor } from '../learner.ts'
import { ridgeSearch } from '../search.ts'
import { cox } from './cox.ts'
import { coxHazards } from './coxPredictor.ts'
import { entersLateOrInStrata } from './lateEntry.ts'

/**
 * Two Cox models, of the event and of the competing events, each counting the other's events as censored, joined into a
 * cumulative incidence (Benichou & Gail 1990), as `riskRegression::CSC`. With increments dH1 and dH2 of a patient at
 * each event time, S(t) = prod (1 - dH1 - dH2) and F1(t) = sum S(t-) dH1. Increments that would take more than everyone
 * are scaled to everyone.
 */
export const competingCox: Learner = {
  id: 'competingCox',
  family: 'regression',
  effect: () => 'hazardRatio',
  /** Fine-Gray takes neither late entry nor strata. */
  comparator: (outcome) => outcome.task === 'survival' && !!outcome.competing && entersLateOrInStrata(outcome),
  tasks: ['survival'],
  parameters: cox.parameters,
  needs: { ...cox.needs, competing: 'required' },
  stateVersion: 1,
  search: ridgeSearch,

  async fit(x, outcome, parameters, context, weights): Promise<Fitted> {
    if (outcome.task !== 'survival') throw new TypeError('competingCox learns survival')
    const { competing } = outcome
    if (!competing) throw invalidInput('competingNeeded')
    const part = (from: number) => ({
      ...context,
      progress: (share: number, detail?: Record<string, number>) => {
        if (share < 1) context.progress(from + share / 2, detail)
      },
    })
    const own = await cox.fit(x, { ...outcome, competing: undefined }, parameters, part(0), weights)
    const seen = competing.some((one, row) => one === 1 && (!weights || weights[row] > 0))
    const rival = seen
      ? await cox.fit(x, { ...outcome, event: competing, competing: undefined }, parameters, part(0.5), weights)
      : null
    context.progress(1)
    const prefixed = (state: ModelState, name: string) =>
      Object.fromEntries(Object.entries(state.arrays).map(([key, values]) => [`${name}.${key}`, values]))
    return {
      state: {
        header: { event: own.state.header, competing: rival?.state.header ?? null },
        arrays: { ...prefixed(own.state, 'event'), ...(rival ? prefixed(rival.state, 'competing') : {}) },
      },
      fit: own.fit && {
        ...own.fit,
        coefficients: [
          ...own.fit.coefficients,
          ...(rival?.fit?.coefficients ?? []).map((line) => ({ ...line, term: `competing:${line.term}` })),
        ],
        logLikelihood: sumOf(own.fit.logLikelihood, rival?.fit?.logLikelihood),
        nullLogLikelihood: sumOf(own.fit.nullLogLikelihood, rival?.fit?.nullLogLikelihood),
      },
      outOfBag: null,
      backend: null,
      warnings: [...own.warnings, ...(rival?.warnings ?? []).map((warning) => within(warning, 'ofCompeting'))],
    }
  },

  async load({ header, arrays }): Promise<Predictor> {
    const part = (name: 'event' | 'competing'): ModelState => ({
      header: header[name] as ModelState['header'],
      arrays: Object.fromEntries(
        Object.entries(arrays).flatMap(([key, values]) =>
          key.startsWith(`${name}.`) ? [[key.slice(name.length + 1), values]] : [],
        ),
      ),
    })
    const own = coxHazards(part('event'))
    const rival = header.competing === null ? null : coxHazards(part('competing'))
    const times = Float64Array.from(new Set([...own.times, ...(rival?.times ?? [])])).sort()
    const middle = own.times.slice().sort()[Math.floor((own.times.length - 1) / 2)]
    const increments = own.cumulatives(times).map(differences)
    const rivalIncrements = rival?.cumulatives(times).map(differences)

    const survival = (x: Matrix, at: ArrayLike<number>): Float64Array => {
      const strata = own.strataOf(x)
      const scores = own.linearPredictors(x)
      const rivalStrata = rival?.strataOf(x)
      const rivalScores = rival?.linearPredictors(x)
      const steps = Int32Array.from(at, (time) => stepIndex(times, time))
      const result = new Float64Array(x.rows * at.length).fill(Number.NaN)
      const spared = new Float64Array(times.length)
      for (let row = 0; row < x.rows; row++) {
        if (strata[row] < 0) continue
        const mine = increments[strata[row]]
        // A stratum in which nobody had the competing event has none of its hazard.
        const others = rivalIncrements?.[rivalStrata?.[row] ?? -1]
        const ratio = Math.exp(scores[row])
        const rivalRatio = rivalScores ? Math.exp(rivalScores[row]) : 0
        let free = 1
        let incidence = 0
        for (let k = 0; k < times.length; k++) {
          let step = mine[k] > 0 ? ratio * mine[k] : 0
          let both = step + (others && others[k] > 0 ? rivalRatio * others[k] : 0)
          if (both > 1) {
            step = Number.isFinite(both) ? step / both : step === both ? 1 : 0
            both = 1
          }
          incidence += free * step
          free *= 1 - both
          spared[k] = Math.max(0, 1 - incidence)
        }
        for (let t = 0; t < at.length; t++) result[row * at.length + t] = steps[t] < 0 ? 1 : spared[steps[t]]
      }
      return result
    }
    return {
      task: 'survival',
      times,
      survival,
      /** Incidence of the event at its median time. */
      risk: (x) => survival(x, [middle]).map((value) => 1 - value),
    }
  },
}

const differences = (cumulative: Float64Array): Float64Array =>
  cumulative.map((value, k) => (k === 0 ? value : value - cumulative[k - 1]))

const sumOf = (one: number | null | undefined, other: number | null | undefined): number | null =>
  one === null || one === undefined ? null : one + (other ?? 0)
