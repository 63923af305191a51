/**
 * Probabilities are kept this far from 0 and 1 before their logit or log(-log) is taken: a forest's 0 of 100 trees is
 * no certainty.
 */
const probabilityFloor = 1e-6

const clip = (probability: number) => Math.min(1 - probabilityFloor, Math.max(probabilityFloor, probability))
export const logitOf = (probability: number): number => Math.log(clip(probability) / (1 - clip(probability)))
/** Complementary log-log, log(-log(1 - p)): the linear predictor of a proportional hazards model with risk p. */
export const logLogOf = (probability: number): number => Math.log(-Math.log1p(-clip(probability)))

export interface Line {
  intercept: number
  slope: number
  interceptError: number
  slopeError: number
}

/**
 * Logistic recalibration y ~ intercept + slope * logit by Newton's method, with Wald standard errors; with `slopeFixed`
 * the slope stays 1 and only the intercept (calibration in the large) is fitted. Null where there is no finite maximum:
 * one class only, a constant logit, or complete separation.
 */
export const logisticLine = (y: ArrayLike<number>, logit: ArrayLike<number>, slopeFixed = false): Line | null => {
  const centre = slopeFixed ? 0 : meanOf(logit)
  let line: [number, number] = [0, slopeFixed ? 1 : 0]
  let at = logisticMoments(y, logit, centre, line)
  for (let iteration = 0; iteration < 100; iteration++) {
    const { gradient, gradientSlope, information, cross, informationSlope } = at
    const determinant = slopeFixed ? information : information * informationSlope - cross * cross
    if (!(determinant > 1e-10 * Math.max(1e-10, slopeFixed ? 1 : information * informationSlope))) return null
    const step = slopeFixed
      ? gradient / information
      : (informationSlope * gradient - cross * gradientSlope) / determinant
    const stepSlope = slopeFixed ? 0 : (information * gradientSlope - cross * gradient) / determinant
    if (Math.abs(step) < 1e-9 && Math.abs(stepSlope) < 1e-9) {
      const [intercept, slope] = line
      if (slopeFixed) return { intercept, slope, interceptError: Math.sqrt(1 / information), slopeError: Number.NaN }
      const slopeVariance = information / determinant
      const variance =
        informationSlope / determinant + centre * centre * slopeVariance + (2 * centre * cross) / determinant
      return {
        intercept: intercept - centre * slope,
        slope,
        interceptError: Math.sqrt(variance),
        slopeError: Math.sqrt(slopeVariance),
      }
    }
    // The likelihood is concave: a step that lowers it went too far.
    let share = 1
    let next = at
    let moved = line
    do {
      moved = [line[0] + share * step, line[1] + share * stepSlope]
      next = logisticMoments(y, logit, centre, moved)
      share /= 2
    } while (!(next.logLikelihood >= at.logLikelihood - 1e-9 * Math.abs(at.logLikelihood)) && share > 1e-6)
    line = moved
    at = next
    if (!(Math.abs(line[0]) < 40 && Math.abs(line[1]) < 1000)) return null
  }
  return null
}

const logisticMoments = (
  y: ArrayLike<number>,
  logit: ArrayLike<number>,
  centre: number,
  [intercept, slope]: readonly [number, number],
) => {
  const sums = { logLikelihood: 0, gradient: 0, gradientSlope: 0, information: 0, cross: 0, informationSlope: 0 }
  for (let i = 0; i < y.length; i++) {
    const x = logit[i] - centre
    const z = intercept + slope * x
    const e = Math.exp(-Math.abs(z))
    const p = z >= 0 ? 1 / (1 + e) : e / (1 + e)
    const residual = (y[i] ? 1 : 0) - p
    const weight = e / ((1 + e) * (1 + e))
    sums.logLikelihood += (y[i] ? Math.min(z, 0) : Math.min(-z, 0)) - Math.log1p(e)
    sums.gradient += residual
    sums.gradientSlope += residual * x
    sums.information += weight
    sums.cross += weight * x
    sums.informationSlope += weight * x * x
  }
  return sums
}

export interface SmallCox {
  beta: readonly number[]
  standardErrors: readonly number[]
  /** Cumulative baseline hazard at the end of follow-up, for a linear predictor of 0. */
  hazard: number
}

/**
 * Those a competing event took, who stay in later risk sets with `weights` (0: not taken) times `staying` (Fine & Gray
 * 1999).
 */
export interface Carried {
  weights: ArrayLike<number>
  staying: (time: number) => number
}

interface SmallCoxOptions {
  weights?: ArrayLike<number> | null
  start?: readonly number[] | null
  tolerance?: number
  carried?: Carried | null
}

/**
 * Proportional hazards model of one or two covariates with Efron's ties (survival::coxph), with case weights (bootstrap
 * counts). `order`: rows by ascending time; it has settled when no coefficient moves by `tolerance`. Null where it
 * cannot be fitted: no event, a constant covariate, or estimates that run away.
 */
export const smallCox = (
  order: ArrayLike<number>,
  time: ArrayLike<number>,
  event: ArrayLike<number>,
  covariates: readonly ArrayLike<number>[],
  { weights = null, start = null, tolerance = 1e-8, carried = null }: SmallCoxOptions = {},
): SmallCox | null => {
  const two = covariates.length > 1
  const [first, second] = [covariates[0], covariates[two ? 1 : 0]]
  const centre = [meanOf(first), two ? meanOf(second) : 0]
  let beta: [number, number] = [start?.[0] ?? 0, start?.[1] ?? 0]
  let logLikelihood = Number.NEGATIVE_INFINITY
  let previous = beta
  for (let iteration = 0; iteration < 60; iteration++) {
    const at = efron(order, time, event, first, two ? second : null, centre, beta, weights, carried)
    if (!(at.events > 0) || !Number.isFinite(at.logLikelihood)) return null
    if (at.logLikelihood < logLikelihood - 1e-9 * Math.abs(logLikelihood)) {
      beta = [(beta[0] + previous[0]) / 2, (beta[1] + previous[1]) / 2]
      continue
    }
    const { gradient: g, information: h } = at
    const determinant = two ? h[0] * h[2] - h[1] * h[1] : h[0]
    if (!(determinant > 1e-12 * (two ? h[0] * h[2] : 1)) || !(h[0] > 1e-12)) return null
    const step: [number, number] = two
      ? [(h[2] * g[0] - h[1] * g[1]) / determinant, (h[0] * g[1] - h[1] * g[0]) / determinant]
      : [g[0] / determinant, 0]
    const settled = Math.max(Math.abs(step[0]), Math.abs(step[1])) < tolerance
    if (settled) {
      const errors = two ? [Math.sqrt(h[2] / determinant), Math.sqrt(h[0] / determinant)] : [Math.sqrt(1 / determinant)]
      const shift = beta[0] * centre[0] + beta[1] * centre[1]
      return { beta: two ? beta : [beta[0]], standardErrors: errors, hazard: at.hazard * Math.exp(-shift) }
    }
    logLikelihood = at.logLikelihood
    previous = beta
    beta = [beta[0] + step[0], beta[1] + step[1]]
    if (!(Math.max(Math.abs(beta[0]), Math.abs(beta[1])) < 1e4)) return null
  }
  return null
}

/** Efron's partial likelihood with its derivatives and the cumulative baseline hazard (at the covariates' centre). */
const efron = (
  order: ArrayLike<number>,
  time: ArrayLike<number>,
  event: ArrayLike<number>,
  first: ArrayLike<number>,
  second: ArrayLike<number> | null,
  centre: readonly number[],
  beta: readonly number[],
  weights: ArrayLike<number> | null,
  carried: Carried | null,
) => {
  const gradient = [0, 0]
  const information = [0, 0, 0]
  let logLikelihood = 0
  let hazard = 0
  let events = 0
  let [s0, s1, s2, s11, s12, s22] = [0, 0, 0, 0, 0, 0]
  // Sums over those taken at times before the one at hand, by the same moments.
  const before = [0, 0, 0, 0, 0, 0]
  const carry = (row: number, sign: number) => {
    const taken = carried?.weights[row] ?? 0
    if (taken === 0) return
    const x = first[row] - centre[0]
    const z = second ? second[row] - centre[1] : 0
    const r = sign * taken * (weights ? weights[row] : 1) * Math.exp(beta[0] * x + beta[1] * z)
    before[0] += r
    before[1] += r * x
    before[2] += r * z
    before[3] += r * x * x
    before[4] += r * x * z
    before[5] += r * z * z
  }
  if (carried) for (let i = 0; i < order.length; i++) carry(order[i], 1)
  for (let end = order.length - 1; end >= 0; ) {
    const at = time[order[end]]
    let [d0, d1, d2, d11, d12, d22] = [0, 0, 0, 0, 0, 0]
    let died = 0
    let tied = 0
    for (; end >= 0 && time[order[end]] === at; end--) {
      const row = order[end]
      const weight = weights ? weights[row] : 1
      if (weight === 0) continue
      if (carried) carry(row, -1)
      const x = first[row] - centre[0]
      const z = second ? second[row] - centre[1] : 0
      const linear = beta[0] * x + beta[1] * z
      const r = weight * Math.exp(linear)
      s0 += r
      s1 += r * x
      s2 += r * z
      s11 += r * x * x
      s12 += r * x * z
      s22 += r * z * z
      if (!event[row]) continue
      tied++
      died += weight
      d0 += r
      d1 += r * x
      d2 += r * z
      d11 += r * x * x
      d12 += r * x * z
      d22 += r * z * z
      logLikelihood += weight * linear
      gradient[0] += weight * x
      gradient[1] += weight * z
    }
    if (tied === 0) continue
    events += died
    const each = died / tied
    const staying = carried ? carried.staying(at) : 0
    const a = [s0, s1, s2, s11, s12, s22].map((sum, k) => sum + staying * before[k])
    for (let step = 0; step < tied; step++) {
      const share = step / tied
      const a0 = a[0] - share * d0
      const m1 = (a[1] - share * d1) / a0
      const m2 = (a[2] - share * d2) / a0
      logLikelihood -= each * Math.log(a0)
      hazard += each / a0
      gradient[0] -= each * m1
      gradient[1] -= each * m2
      information[0] += each * ((a[3] - share * d11) / a0 - m1 * m1)
      information[1] += each * ((a[4] - share * d12) / a0 - m1 * m2)
      information[2] += each * ((a[5] - share * d22) / a0 - m2 * m2)
    }
  }
  return { logLikelihood, gradient, information, hazard, events }
}

/**
 * Second term of a restricted cubic spline with three knots (Harrell; Hmisc::rcspline.eval, scaled by (last - first
 * knot)^2).
 */
export const splineTerm = (x: number, [a, b, c]: readonly number[]): number => {
  const cube = (value: number) => (value > 0 ? value * value * value : 0)
  const scale = (c - a) * (c - a)
  return (cube(x - a) - (cube(x - b) * (c - a)) / (c - b) + (cube(x - c) * (b - a)) / (c - b)) / scale
}

export const meanOf = (values: ArrayLike<number>): number => {
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += values[i]
  return sum / values.length
}
