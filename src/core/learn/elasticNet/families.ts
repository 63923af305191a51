import { crossProducts } from './products.ts'

/**
 * Linear predictors fitted together and the loss they have: mean negative log-likelihood, weights summing to 1. One, or
 * one a class; where classes are too many for a common Hessian each is a block that shares its loss with the others.
 */
export interface Block {
  /** The linear predictors with their offset; moved by whoever fits. */
  etas: Float64Array[]
  intercept: boolean
  /** Where the intercepts start; `etas` hold them already. */
  starts: number[]
  /** Whether `update` needs all rows at once. */
  whole: boolean
  /**
   * From `etas` of rows `from` to `to`: minus the loss's derivative by each (`residuals`) and, of one predictor, its
   * second derivative (`curvature`); returns their loss.
   */
  update(from: number, to: number, residuals: Float64Array[], curvature: Float64Array): number
  /** Of several: second derivatives by two of them, at the last update. */
  curvatureOf?(a: number, b: number, into: Float64Array): void
  /** Keeps the present point for `correct`. */
  snapshot?(): void
  /** Where the Hessian by rows is not diagonal: what is to be subtracted from the products of columns. */
  correct?(
    z: Float64Array,
    left: readonly number[],
    right: readonly number[],
    put: (a: number, b: number, sum: number) => void,
  ): void
  /** Where the Hessian by rows is not diagonal: its diagonal, of the last update. */
  diagonal?(into: Float64Array): void
}

export interface Family {
  blocks: Block[]
  /** Loss of a model that fits every row as well as can be. */
  saturated: number
  /**
   * Which gain in explained deviance ends a path: since the step before, or relative to what is explained; steps back;
   * factor.
   */
  gain: { relative: boolean; back: number; factor: number }
  /** Factor on the largest explained share. */
  ceiling: number
}

export const squares = (y: Float64Array, weights: Float64Array): Family => {
  const eta = new Float64Array(y.length)
  return {
    blocks: [
      {
        etas: [eta],
        intercept: false,
        starts: [0],
        whole: false,
        update(from, to, [residual], curvature) {
          let loss = 0
          for (let i = from; i < to; i++) {
            const rest = y[i] - eta[i]
            residual[i] = weights[i] * rest
            curvature[i] = weights[i]
            loss += weights[i] * rest * rest
          }
          return loss / 2
        },
      },
    ],
    saturated: 0,
    gain: { relative: true, back: 1, factor: 1 },
    ceiling: 1,
  }
}

/** `y` 0 or 1. */
export const binomial = (y: Uint8Array, weights: Float64Array, offset?: Float64Array): Family => {
  const rows = y.length
  let share = 0
  for (let i = 0; i < rows; i++) share += weights[i] * y[i]
  const start = Math.log(share / (1 - share))
  const eta = new Float64Array(rows)
  for (let i = 0; i < rows; i++) eta[i] = start + (offset ? offset[i] : 0)
  return {
    blocks: [
      {
        etas: [eta],
        intercept: true,
        starts: [start],
        whole: false,
        update(from, to, [residual], curvature) {
          let loss = 0
          for (let i = from; i < to; i++) {
            const value = eta[i]
            const weight = weights[i]
            const e = Math.exp(value < 0 ? value : -value)
            const low = e / (1 + e)
            const p = value < 0 ? low : 1 - low
            const hit = y[i]
            residual[i] = weight * (hit - p)
            curvature[i] = weight * (low / (1 + e))
            // log(1 + exp(value)) less y value.
            loss += weight * (Math.log(1 + e) + (value > 0 ? value : 0) - hit * value)
          }
          return loss
        },
      },
    ],
    saturated: 0,
    gain: { relative: false, back: 1, factor: 1 },
    ceiling: 1,
  }
}

const most = 600

/** Counts, or rates where `offset` is the logarithm of the exposure. */
export const poisson = (y: Float64Array, weights: Float64Array, offset?: Float64Array): Family => {
  const rows = y.length
  let [sum, exposure, saturated] = [0, 0, 0]
  for (let i = 0; i < rows; i++) {
    sum += weights[i] * y[i]
    exposure += weights[i] * Math.exp(offset ? offset[i] : 0)
    if (y[i] > 0) saturated += weights[i] * (y[i] - y[i] * Math.log(y[i]))
  }
  const start = Math.log(sum / exposure)
  const eta = new Float64Array(rows)
  for (let i = 0; i < rows; i++) eta[i] = start + (offset ? offset[i] : 0)
  return {
    blocks: [
      {
        etas: [eta],
        intercept: true,
        starts: [start],
        whole: false,
        update(from, to, [residual], curvature) {
          let loss = 0
          for (let i = from; i < to; i++) {
            const mean = Math.exp(Math.min(eta[i], most))
            residual[i] = weights[i] * (y[i] - mean)
            curvature[i] = weights[i] * mean
            loss += weights[i] * (mean - y[i] * eta[i])
          }
          return loss
        },
      },
    ],
    saturated,
    gain: { relative: true, back: 4, factor: 10 },
    ceiling: 1,
  }
}

/**
 * Classes, symmetric as in Friedman et al. (2010, 4.1); `y` an index. `together`: one block of all, with the Hessian
 * across classes; else a block each.
 */
export const multinomial = (y: Int32Array, classes: number, weights: Float64Array, together: boolean): Family => {
  const rows = y.length
  const shares = new Float64Array(classes)
  for (let i = 0; i < rows; i++) shares[y[i]] += weights[i]
  const logs = Array.from(shares, Math.log)
  const middle = logs.reduce((sum, log) => sum + log, 0) / classes
  const starts = logs.map((log) => log - middle)
  const etas = starts.map((start) => new Float64Array(rows).fill(start))
  const odds = etas.map((eta) => eta.map(Math.exp))
  const sums = new Float64Array(rows)
  const update = (own: number[], from: number, to: number, residuals: Float64Array[], curvature: Float64Array) => {
    let loss = 0
    for (let i = from; i < to; i++) {
      for (const k of own) odds[k][i] = Math.exp(Math.min(etas[k][i], most))
      let sum = 0
      for (let k = 0; k < classes; k++) sum += odds[k][i]
      sums[i] = sum
      for (let k = 0; k < own.length; k++) {
        const p = odds[own[k]][i] / sum
        residuals[k][i] = weights[i] * ((y[i] === own[k] ? 1 : 0) - p)
        if (own.length === 1) curvature[i] = weights[i] * p * (1 - p)
      }
      loss += weights[i] * (Math.log(sum) - etas[y[i]][i])
    }
    return loss
  }
  const all = Array.from({ length: classes }, (_, k) => k)
  const joint: Block = {
    etas,
    intercept: true,
    starts,
    whole: false,
    update: (from, to, residuals, curvature) => update(all, from, to, residuals, curvature),
    curvatureOf(a, b, into) {
      for (let i = 0; i < rows; i++) {
        const p = odds[a][i] / sums[i]
        into[i] = weights[i] * p * ((a === b ? 1 : 0) - odds[b][i] / sums[i])
      }
    },
  }
  return {
    blocks: together
      ? [joint]
      : all.map((k) => ({
          etas: [etas[k]],
          intercept: true,
          starts: [starts[k]],
          whole: false,
          update: (from, to, residuals, curvature) => update([k], from, to, residuals, curvature),
        })),
    saturated: 0,
    gain: { relative: false, back: 1, factor: 1 },
    ceiling: 1,
  }
}

/** Rows in the order of `order`: within strata by descending time, those of one time a group. */
export interface RiskSets {
  order: Uint32Array
  event: Uint8Array
  /** First row of each group, and one past the last. */
  starts: Uint32Array
  /** Whether a group is the first of its stratum. */
  opens: Uint8Array
}

export const riskSetsOf = (time: Float64Array, event: Uint8Array, strata?: Int32Array): RiskSets => {
  const order = Uint32Array.from(time.keys())
  const stratum = (row: number) => (strata ? strata[row] : 0)
  order.sort((a, b) => stratum(a) - stratum(b) || time[b] - time[a] || a - b)
  const [starts, opens]: [number[], number[]] = [[], []]
  order.forEach((row, at) => {
    const before = order[at - 1]
    const opening = at === 0 || stratum(row) !== stratum(before)
    if (!opening && time[row] === time[before]) return
    starts.push(at)
    opens.push(opening ? 1 : 0)
  })
  return {
    order,
    event: Uint8Array.from(order, (row) => (event[row] ? 1 : 0)),
    starts: Uint32Array.from([...starts, order.length]),
    opens: Uint8Array.from(opens),
  }
}

/** Cox's partial likelihood, ties as Breslow's. Weights, offset and columns in the order of the risk sets. */
export const coxFamily = ({ event, starts, opens }: RiskSets, weights: Float64Array, offset?: Float64Array): Family => {
  const rows = event.length
  const groups = opens.length
  const eta = offset ? offset.slice() : new Float64Array(rows)
  const risk = new Float64Array(rows)
  const deaths = new Float64Array(groups)
  for (let group = 0; group < groups; group++)
    for (let i = starts[group]; i < starts[group + 1]; i++) deaths[group] += event[i] * weights[i]
  let saturated = 0
  for (const died of deaths) if (died > 0) saturated += died * Math.log(died)
  const atRisk = new Float64Array(groups)
  /** Sum of deaths / risk^2 up to each group: what the diagonal lacks. */
  const second = new Float64Array(groups)
  let kept: { risk: Float64Array; atRisk: Float64Array } | null = null
  const eventGroups = Array.from(deaths.keys()).filter((group) => deaths[group] > 0)
  return {
    blocks: [
      {
        etas: [eta],
        intercept: false,
        starts: [0],
        whole: true,
        update(_, __, [residual], curvature) {
          let loss = 0
          let sum = 0
          for (let group = 0; group < groups; group++) {
            if (opens[group]) sum = 0
            for (let i = starts[group]; i < starts[group + 1]; i++) {
              const own = weights[i] * Math.exp(Math.min(eta[i], most))
              risk[i] = own
              sum += own
              if (event[i] === 1) loss -= weights[i] * eta[i]
            }
            atRisk[group] = sum
            if (deaths[group] > 0) loss += deaths[group] * Math.log(sum)
          }
          let [hazard, squared] = [0, 0]
          for (let group = groups - 1; group >= 0; group--) {
            if (deaths[group] > 0) {
              hazard += deaths[group] / atRisk[group]
              squared += deaths[group] / (atRisk[group] * atRisk[group])
            }
            second[group] = squared
            for (let i = starts[group]; i < starts[group + 1]; i++) {
              const expected = risk[i] * hazard
              residual[i] = (event[i] === 1 ? weights[i] : 0) - expected
              curvature[i] = expected
            }
            if (opens[group]) {
              hazard = 0
              squared = 0
            }
          }
          return loss
        },
        snapshot() {
          kept = { risk: risk.slice(), atRisk: atRisk.slice() }
        },
        diagonal(into) {
          for (let group = 0; group < groups; group++)
            for (let i = starts[group]; i < starts[group + 1]; i++) into[i] -= risk[i] * risk[i] * second[group]
        },
        correct(z, left, right, put) {
          if (!kept) return
          // Each event time takes its deaths times the outer product of the risk set's means.
          const columns = [...new Set([...left, ...right])]
          const count = eventGroups.length
          const means = new Float64Array(columns.length * count)
          columns.forEach((column, k) => {
            const at = column * rows
            let [sum, next] = [0, 0]
            for (let group = 0; group < groups; group++) {
              if (opens[group]) sum = 0
              for (let i = starts[group]; i < starts[group + 1]; i++) sum += kept!.risk[i] * z[at + i]
              if (deaths[group] > 0) means[k * count + next++] = (sum * Math.sqrt(deaths[group])) / kept!.atRisk[group]
            }
          })
          const place = new Map(columns.map((column, k) => [column, k]))
          const of = (list: readonly number[]) => list.map((column) => place.get(column) as number)
          const places = of(left)
          crossProducts(means, count, places, left === right ? places : of(right), null, put)
        },
      },
    ],
    saturated,
    gain: { relative: true, back: 4, factor: 100 },
    ceiling: 0.99 / 0.999,
  }
}
