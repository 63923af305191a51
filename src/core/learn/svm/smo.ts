/**
 * A quadratic problem of support vector machines over variables a: minimise a'Qa / 2 + p'a with y'a fixed and 0 <= a_i
 * <= C_i, where Q_ij = y_i y_j K(point_i, point_j). Several variables may share a point (regression has two a row).
 */
export interface Problem {
  y: Int8Array
  p: Float64Array
  /** Upper bound of each variable. */
  bound: Float64Array
  /** The point of each variable. */
  point: Int32Array
  /** Kernel row of a point over all points. */
  row: (point: number) => Float32Array
  /** K(point, point). */
  diagonal: Float64Array
}

export interface Solution {
  alpha: Float64Array
  /** The decision function is sum(y_i a_i K(x_i, x)) - rho. */
  rho: number
  objective: number
  iterations: number
  converged: boolean
}

/** In place of a curvature that is not positive, as libsvm. */
const tau = 1e-12

/**
 * Sequential minimal optimisation with second-order working-set selection (Fan, Chen & Lin, JMLR 2005) and shrinking,
 * as libsvm's solver (Chang & Lin 2011), started at a = 0. Ends where the largest violation of the optimality
 * conditions is below `tolerance`, or after max(10^7, 100 n) steps.
 */
export const solve = (problem: Problem, tolerance: number): Solution => {
  const { y, p, bound, point, row, diagonal } = problem
  const size = y.length
  const alpha = new Float64Array(size)
  const gradient = Float64Array.from(p)
  /** Gradient due to variables at their upper bound: with it the gradient of shrunk variables is rebuilt. */
  const atBound = new Float64Array(size)
  const active = Int32Array.from({ length: size }, (_, i) => i)
  let activeSize = size
  let unshrunk = false
  const limit = Math.max(10_000_000, 100 * size)
  let untilShrinking = Math.min(size, 1000) + 1
  let iterations = 0
  let converged = false

  const isUpper = (i: number) => alpha[i] >= bound[i]
  const isLower = (i: number) => alpha[i] <= 0

  /** The pair that violates most and promises most; null where the conditions hold among active variables. */
  const choosePair = (): [number, number] | null => {
    let highest = Number.NEGATIVE_INFINITY
    let chosen = -1
    for (let t = 0; t < activeSize; t++) {
      const i = active[t]
      if (y[i] === 1) {
        if (alpha[i] < bound[i] && -gradient[i] >= highest) {
          highest = -gradient[i]
          chosen = i
        }
      } else if (alpha[i] > 0 && gradient[i] >= highest) {
        highest = gradient[i]
        chosen = i
      }
    }
    if (chosen < 0) return null
    const kernel = row(point[chosen])
    const own = diagonal[point[chosen]]
    let lowest = Number.NEGATIVE_INFINITY
    let other = -1
    let best = Number.POSITIVE_INFINITY
    for (let t = 0; t < activeSize; t++) {
      const j = active[t]
      let value: number
      if (y[j] === 1) {
        if (alpha[j] <= 0) continue
        value = gradient[j]
      } else {
        if (alpha[j] >= bound[j]) continue
        value = -gradient[j]
      }
      if (value >= lowest) lowest = value
      const difference = highest + value
      if (difference <= 0) continue
      const curvature = own + diagonal[point[j]] - 2 * kernel[point[j]]
      const gain = -(difference * difference) / (curvature > 0 ? curvature : tau)
      if (gain <= best) {
        best = gain
        other = j
      }
    }
    return highest + lowest < tolerance || other < 0 ? null : [chosen, other]
  }

  /** Adds `change` times the column of variable i to `into` at the first `count` active variables. */
  const addColumn = (into: Float64Array, i: number, change: number, count: number) => {
    const kernel = row(point[i])
    const step = change * y[i]
    for (let t = 0; t < count; t++) {
      const k = active[t]
      into[k] += step * y[k] * kernel[point[k]]
    }
  }

  const rebuildGradient = () => {
    if (activeSize === size) return
    const shrunk = active.subarray(activeSize)
    for (const k of shrunk) gradient[k] = atBound[k] + p[k]
    for (let t = 0; t < activeSize; t++) {
      const i = active[t]
      if (isLower(i) || isUpper(i)) continue
      const kernel = row(point[i])
      const step = alpha[i] * y[i]
      for (const k of shrunk) gradient[k] += step * y[k] * kernel[point[k]]
    }
  }

  /** Sets aside variables at a bound that will stay there. */
  const shrink = () => {
    let first = Number.NEGATIVE_INFINITY
    let second = Number.NEGATIVE_INFINITY
    for (let t = 0; t < activeSize; t++) {
      const i = active[t]
      const value = y[i] * gradient[i]
      if (y[i] === 1 ? !isUpper(i) : !isLower(i)) first = Math.max(first, -value)
      if (y[i] === 1 ? !isLower(i) : !isUpper(i)) second = Math.max(second, value)
    }
    const stays = (i: number) => {
      if (isUpper(i)) return y[i] === 1 ? -gradient[i] > first : -gradient[i] > second
      if (isLower(i)) return y[i] === 1 ? gradient[i] > second : gradient[i] > first
      return false
    }
    if (!unshrunk && first + second <= tolerance * 10) {
      unshrunk = true
      rebuildGradient()
      activeSize = size
    }
    for (let t = 0; t < activeSize; ) {
      const i = active[t]
      if (!stays(i)) t++
      else {
        activeSize--
        active[t] = active[activeSize]
        active[activeSize] = i
      }
    }
  }

  while (iterations < limit) {
    if (--untilShrinking === 0) {
      untilShrinking = Math.min(size, 1000)
      shrink()
    }
    let pair = choosePair()
    if (!pair) {
      rebuildGradient()
      activeSize = size
      pair = choosePair()
      if (!pair) {
        converged = true
        break
      }
      untilShrinking = 1
    }
    iterations++
    const [i, j] = pair
    const before = [alpha[i], alpha[j]]
    const wasUpper = [isUpper(i), isUpper(j)]
    stepPair(problem, alpha, gradient, i, j)
    const changes = [alpha[i] - before[0], alpha[j] - before[1]]
    const [ki, kj] = [row(point[i]), row(point[j])]
    const [si, sj] = [changes[0] * y[i], changes[1] * y[j]]
    for (let t = 0; t < activeSize; t++) {
      const k = active[t]
      gradient[k] += y[k] * (si * ki[point[k]] + sj * kj[point[k]])
    }
    ;[i, j].forEach((k, which) => {
      if (wasUpper[which] !== isUpper(k)) addColumn(atBound, k, wasUpper[which] ? -bound[k] : bound[k], size)
    })
  }
  if (!converged) {
    rebuildGradient()
    activeSize = size
  }
  let objective = 0
  for (let i = 0; i < size; i++) objective += (alpha[i] * (gradient[i] + p[i])) / 2
  return { alpha, rho: thresholdOf(y, alpha, bound, gradient), objective, iterations, converged }
}

/** Moves two variables to the best point of the line y'a keeps them on, within their bounds. */
const stepPair = (
  { y, bound, point, row, diagonal }: Problem,
  alpha: Float64Array,
  gradient: Float64Array,
  i: number,
  j: number,
) => {
  const [ci, cj] = [bound[i], bound[j]]
  const curvature = Math.max(tau, diagonal[point[i]] + diagonal[point[j]] - 2 * row(point[i])[point[j]])
  if (y[i] !== y[j]) {
    const change = (-gradient[i] - gradient[j]) / curvature
    const difference = alpha[i] - alpha[j]
    alpha[i] += change
    alpha[j] += change
    if (difference > 0 && alpha[j] < 0) {
      alpha[j] = 0
      alpha[i] = difference
    } else if (difference <= 0 && alpha[i] < 0) {
      alpha[i] = 0
      alpha[j] = -difference
    }
    if (difference > ci - cj && alpha[i] > ci) {
      alpha[i] = ci
      alpha[j] = ci - difference
    } else if (difference <= ci - cj && alpha[j] > cj) {
      alpha[j] = cj
      alpha[i] = cj + difference
    }
    return
  }
  const change = (gradient[i] - gradient[j]) / curvature
  const sum = alpha[i] + alpha[j]
  alpha[i] -= change
  alpha[j] += change
  if (sum > ci && alpha[i] > ci) {
    alpha[i] = ci
    alpha[j] = sum - ci
  } else if (sum <= ci && alpha[j] < 0) {
    alpha[j] = 0
    alpha[i] = sum
  }
  if (sum > cj && alpha[j] > cj) {
    alpha[j] = cj
    alpha[i] = sum - cj
  } else if (sum <= cj && alpha[i] < 0) {
    alpha[i] = 0
    alpha[j] = sum
  }
}

/** Mean of y G over free variables; without one the middle of what the bounds allow. */
const thresholdOf = (y: Int8Array, alpha: Float64Array, bound: Float64Array, gradient: Float64Array): number => {
  let high = Number.POSITIVE_INFINITY
  let low = Number.NEGATIVE_INFINITY
  let free = 0
  let sum = 0
  for (let i = 0; i < y.length; i++) {
    const value = y[i] * gradient[i]
    if (alpha[i] >= bound[i]) {
      if (y[i] === -1) high = Math.min(high, value)
      else low = Math.max(low, value)
    } else if (alpha[i] <= 0) {
      if (y[i] === 1) high = Math.min(high, value)
      else low = Math.max(low, value)
    } else {
      free++
      sum += value
    }
  }
  return free > 0 ? sum / free : (high + low) / 2
}
