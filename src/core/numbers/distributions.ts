/** Tail probabilities and quantiles of the normal, Student's t and chi-square distribution, to about 1e-13 relative. */

/** P(Z > z) of the standard normal. */
export const normalTail = (z: number): number => {
  if (Number.isNaN(z)) return Number.NaN
  if (z < 0) return 1 - normalTail(-z)
  const density = Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)
  if (z < 3) {
    // P(0 < Z < z) = density * (z + z^3/3 + z^5/(3*5) + ...): all terms positive, nothing cancels.
    let term = z
    let sum = z
    for (let k = 1; term > 1e-17 * sum; k++) {
      term *= (z * z) / (2 * k + 1)
      sum += term
    }
    return 0.5 - density * sum
  }
  return density / normalHazard(z)
}

/**
 * Density over tail of the standard normal (inverse Mills ratio): its hazard at z, also where the tail itself is too
 * small.
 */
export const normalHazard = (z: number): number => {
  if (!(z >= 3)) return Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI) / normalTail(z)
  // Laplace's continued fraction, evaluated backwards.
  let fraction = z
  for (let k = 160; k >= 1; k--) fraction = z + k / fraction
  return fraction
}

/** log P(Z > z). */
export const normalLogTail = (z: number): number =>
  z >= 3 ? (-z * z) / 2 - Math.log(2 * Math.PI) / 2 - Math.log(normalHazard(z)) : Math.log(normalTail(z))

/** The z with P(Z < z) = p. */
export const normalQuantile = (p: number): number => {
  if (!(p > 0 && p < 1)) return p === 0 ? Number.NEGATIVE_INFINITY : p === 1 ? Number.POSITIVE_INFINITY : Number.NaN
  if (p > 0.5) return -normalQuantile(1 - p)
  // Abramowitz & Stegun 26.2.23 (|error| < 4.5e-4), then Halley steps on the exact tail.
  const t = Math.sqrt(-2 * Math.log(p))
  let z = t - (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308)))
  for (let step = 0; step < 3; step++) {
    const error = (normalTail(z) - p) * Math.sqrt(2 * Math.PI) * Math.exp((z * z) / 2)
    z += error / (1 - (z * error) / 2)
  }
  return -z
}

/**
 * What an estimate's standard error is multiplied by for a two-sided interval of the level: 1.959964 for 0.95. (The
 * quantile of a *probability* of 0.95 is another number, 1.644854: `normalQuantile`.)
 */
export const criticalValue = (level: number): number => normalQuantile(0.5 + level / 2)

export const logGamma = (x: number): number => {
  // Stirling's series, shifted to x >= 12 by the recurrence.
  let shift = 0
  let y = x
  while (y < 12) {
    shift += Math.log(y)
    y++
  }
  const s = 1 / (y * y)
  const series = (1 / 12 - s * (1 / 360 - s * (1 / 1260 - s * (1 / 1680 - s * (1 / 1188 - s * (691 / 360360)))))) / y
  return (y - 0.5) * Math.log(y) - y + Math.log(2 * Math.PI) / 2 + series - shift
}

/** Regularised incomplete beta I_x(a, b), by its continued fraction (DLMF 8.17.22, modified Lentz). */
const incompleteBeta = (a: number, b: number, x: number): number => {
  if (x <= 0) return 0
  if (x >= 1) return 1
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(b, a, 1 - x)
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x)) / a
  const tiny = 1e-300
  let c = 1
  let d = 1 - ((a + b) * x) / (a + 1)
  d = 1 / (Math.abs(d) < tiny ? tiny : d)
  let fraction = d
  for (let m = 1; m <= 2000; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
    d = 1 + even * d
    d = 1 / (Math.abs(d) < tiny ? tiny : d)
    c = 1 + even / c
    if (Math.abs(c) < tiny) c = tiny
    fraction *= d * c
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1))
    d = 1 + odd * d
    d = 1 / (Math.abs(d) < tiny ? tiny : d)
    c = 1 + odd / c
    if (Math.abs(c) < tiny) c = tiny
    const step = d * c
    fraction *= step
    if (Math.abs(step - 1) < 1e-16) break
  }
  return front * fraction
}

/** P(T > t) of Student's t with `df` degrees of freedom. */
export const studentTail = (t: number, df: number): number => {
  if (Number.isNaN(t) || !(df > 0)) return Number.NaN
  if (t < 0) return 1 - studentTail(-t, df)
  if (!Number.isFinite(t)) return 0
  return incompleteBeta(df / 2, 0.5, df / (df + t * t)) / 2
}

/** The t with P(T < t) = p, by bisection on the tail. */
export const studentQuantile = (p: number, df: number): number => {
  if (!(p > 0 && p < 1) || !(df > 0)) return Number.NaN
  if (p < 0.5) return -studentQuantile(1 - p, df)
  const tail = 1 - p
  let high = 1
  while (studentTail(high, df) > tail) high *= 2
  let low = 0
  for (let step = 0; step < 200 && high - low > 1e-15 * high; step++) {
    const middle = (low + high) / 2
    if (studentTail(middle, df) > tail) low = middle
    else high = middle
  }
  return (low + high) / 2
}

/** Two-sided Wald p-value. */
export const normalP = (z: number): number => 2 * normalTail(Math.abs(z))

/**
 * P(X > x) of chi-square with `df` degrees of freedom: the regularised upper incomplete gamma function at df/2 and x/2.
 */
export const chiSquareTail = (x: number, df: number): number => {
  if (Number.isNaN(x) || !(df > 0)) return Number.NaN
  if (x <= 0) return 1
  const a = df / 2
  const half = x / 2
  const front = Math.exp(a * Math.log(half) - half - logGamma(a))
  if (half < a + 1) {
    let term = 1 / a
    let sum = term
    for (let k = 1; k < 5000 && term > 1e-17 * sum; k++) {
      term *= half / (a + k)
      sum += term
    }
    return 1 - front * sum
  }
  // Legendre's continued fraction by Lentz's method.
  const tiny = 1e-300
  let b = half + 1 - a
  let c = 1 / tiny
  let d = 1 / b
  let fraction = d
  for (let k = 1; k < 5000; k++) {
    const step = -k * (k - a)
    b += 2
    d = 1 / (Math.abs(step * d + b) < tiny ? tiny : step * d + b)
    c = b + step / c
    if (Math.abs(c) < tiny) c = tiny
    fraction *= d * c
    if (Math.abs(d * c - 1) < 1e-16) break
  }
  return front * fraction
}

/** P(F > x) of the F distribution. */
export const fTail = (x: number, df: number, residualDf: number): number => {
  if (Number.isNaN(x) || !(df > 0) || !(residualDf > 0)) return Number.NaN
  return x <= 0 ? 1 : incompleteBeta(residualDf / 2, df / 2, residualDf / (residualDf + df * x))
}
