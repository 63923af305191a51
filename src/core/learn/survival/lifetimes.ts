import { normalHazard, normalLogTail } from '../../numbers/distributions.ts'

export const lifetimes = ['weibull', 'exponential', 'lognormal', 'loglogistic'] as const
export type Lifetime = (typeof lifetimes)[number]

/**
 * The error of an accelerated failure time model, log T = x'b + scale * error, at z. Weibull and exponential share
 * theirs.
 */
interface ErrorLaw {
  /** log S(z) with its two derivatives. */
  survivor: (z: number) => [value: number, first: number, second: number]
  /** log f(z) with its two derivatives. */
  density: (z: number) => [value: number, first: number, second: number]
  /** The z with S(z) = 1 - p. */
  quantile: (p: number) => number
}

const leastExtreme: ErrorLaw = {
  survivor: (z) => {
    const e = Math.exp(z)
    return [-e, -e, -e]
  },
  density: (z) => {
    const e = Math.exp(z)
    return [z - e, 1 - e, -e]
  },
  quantile: (p) => Math.log(-Math.log1p(-p)),
}

const logistic: ErrorLaw = {
  survivor: (z) => {
    const p = 1 / (1 + Math.exp(-z))
    return [z > 0 ? -z - Math.log1p(Math.exp(-z)) : -Math.log1p(Math.exp(z)), -p, -p * (1 - p)]
  },
  density: (z) => {
    const p = 1 / (1 + Math.exp(-z))
    const log = z > 0 ? -z - 2 * Math.log1p(Math.exp(-z)) : z - 2 * Math.log1p(Math.exp(z))
    return [log, 1 - 2 * p, -2 * p * (1 - p)]
  },
  quantile: (p) => Math.log(p / (1 - p)),
}

const gaussian = (quantile: (p: number) => number): ErrorLaw => ({
  survivor: (z) => {
    const hazard = normalHazard(z)
    return [normalLogTail(z), -hazard, -hazard * (hazard - z)]
  },
  density: (z) => [(-z * z) / 2 - Math.log(2 * Math.PI) / 2, -z, -1],
  quantile,
})

export const errorLaw = (lifetime: Lifetime, normalQuantile: (p: number) => number): ErrorLaw =>
  lifetime === 'lognormal' ? gaussian(normalQuantile) : lifetime === 'loglogistic' ? logistic : leastExtreme
