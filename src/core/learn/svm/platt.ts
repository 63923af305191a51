/**
 * Platt's sigmoid, P(positive | decision f) = 1 / (1 + exp(a f + b)), by Newton's method with backtracking on smoothed
 * targets (Lin, Lin & Weng, Machine Learning 2007), as libsvm; case weights multiply the likelihood.
 */
export const fitSigmoid = (
  decisions: ArrayLike<number>,
  positive: ArrayLike<number | boolean>,
  weights?: ArrayLike<number>,
): { a: number; b: number } => {
  const count = decisions.length
  const weightOf = (i: number) => (weights ? weights[i] : 1)
  let [positives, negatives] = [0, 0]
  for (let i = 0; i < count; i++)
    if (positive[i]) positives += weightOf(i)
    else negatives += weightOf(i)
  const high = (positives + 1) / (positives + 2)
  const low = 1 / (negatives + 2)
  const target = Float64Array.from({ length: count }, (_, i) => (positive[i] ? high : low))
  let a = 0
  let b = Math.log((negatives + 1) / (positives + 1))
  const lossOf = (slope: number, intercept: number): number => {
    let sum = 0
    for (let i = 0; i < count; i++) {
      const score = decisions[i] * slope + intercept
      const loss =
        score >= 0
          ? target[i] * score + Math.log1p(Math.exp(-score))
          : (target[i] - 1) * score + Math.log1p(Math.exp(score))
      sum += weightOf(i) * loss
    }
    return sum
  }
  let loss = lossOf(a, b)
  for (let iteration = 0; iteration < 100; iteration++) {
    let [h11, h22, h21, g1, g2] = [1e-12, 1e-12, 0, 0, 0]
    for (let i = 0; i < count; i++) {
      const f = decisions[i]
      const p = sigmoidOf(f, a, b)
      const curvature = weightOf(i) * p * (1 - p)
      h11 += f * f * curvature
      h22 += curvature
      h21 += f * curvature
      const slope = weightOf(i) * (target[i] - p)
      g1 += f * slope
      g2 += slope
    }
    if (Math.abs(g1) < 1e-5 && Math.abs(g2) < 1e-5) break
    const determinant = h11 * h22 - h21 * h21
    const stepA = -(h22 * g1 - h21 * g2) / determinant
    const stepB = -(-h21 * g1 + h11 * g2) / determinant
    const descent = g1 * stepA + g2 * stepB
    let size = 1
    for (; size >= 1e-10; size /= 2) {
      const tried = lossOf(a + size * stepA, b + size * stepB)
      if (tried < loss + 0.0001 * size * descent) {
        a += size * stepA
        b += size * stepB
        loss = tried
        break
      }
    }
    if (size < 1e-10) break
  }
  return { a, b }
}

export const sigmoidOf = (decision: number, a: number, b: number): number => {
  const score = decision * a + b
  return score >= 0 ? Math.exp(-score) / (1 + Math.exp(-score)) : 1 / (1 + Math.exp(score))
}

/**
 * Class probabilities from those of each pair, r[i * k + j] = P(i | i or j): the second method of Wu, Lin & Weng (JMLR
 * 2004), as libsvm.
 */
export const couple = (r: Float64Array, k: number): Float64Array => {
  const p = new Float64Array(k).fill(1 / k)
  const q = new Float64Array(k * k)
  for (let t = 0; t < k; t++)
    for (let j = 0; j < k; j++) {
      if (j === t) continue
      q[t * k + t] += r[j * k + t] ** 2
      q[t * k + j] = -r[j * k + t] * r[t * k + j]
    }
  const qp = new Float64Array(k)
  const tolerance = 0.005 / k
  for (let iteration = 0; iteration < Math.max(100, k); iteration++) {
    let whole = 0
    for (let t = 0; t < k; t++) {
      qp[t] = 0
      for (let j = 0; j < k; j++) qp[t] += q[t * k + j] * p[j]
      whole += p[t] * qp[t]
    }
    let worst = 0
    for (let t = 0; t < k; t++) worst = Math.max(worst, Math.abs(qp[t] - whole))
    if (worst < tolerance) break
    for (let t = 0; t < k; t++) {
      const change = (-qp[t] + whole) / q[t * k + t]
      p[t] += change
      whole = (whole + change * (change * q[t * k + t] + 2 * qp[t])) / (1 + change) / (1 + change)
      for (let j = 0; j < k; j++) {
        qp[j] = (qp[j] + change * q[t * k + j]) / (1 + change)
        p[j] /= 1 + change
      }
    }
  }
  return p
}
