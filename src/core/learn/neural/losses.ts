import type { LossKind } from './net.ts'

/** Outputs and what is known of the rows they belong to; all in step. */
export interface LossRows {
  outputs: Float32Array
  /** Distance between the outputs of two rows, of which the first `classes` count. */
  stride: number
  classes: number
  targets: ArrayLike<number>
  weights: ArrayLike<number>
  events?: ArrayLike<number> | undefined
  count: number
}

/**
 * Weighted sum of the losses of `count` rows; writes the derivative of that sum divided by `scale` over the outputs
 * where `gradient` is given. Binary: cross-entropy of a logit; softmax: of several; squared: of a value;
 * logisticHazard: of the hazards of the intervals a row lived through, the event's among them (Gensheimer & Narasimhan
 * 2019; Kvamme & Borgan 2021); breslow and efron: negative log partial likelihood with the rows at hand as risk sets
 * (Katzman et al. 2018; Kvamme et al. 2019).
 */
export const lossOf = (
  kind: LossKind,
  rows: LossRows,
  gradient: { into: Float32Array; scale: number } | null,
): number => {
  if (kind === 'efron' || kind === 'breslow') return partialLoss(kind, rows, gradient)
  const { outputs, stride, classes, targets, weights, events, count } = rows
  let sum = 0
  for (let row = 0; row < count; row++) {
    const at = row * stride
    const weight = weights[row]
    const target = targets[row]
    const factor = gradient ? weight / gradient.scale : 0
    if (kind === 'binary') {
      const z = outputs[at]
      sum += weight * (crossEntropy(z) - z * target)
      if (gradient) gradient.into[at] = factor * (logistic(z) - target)
    } else if (kind === 'squared') {
      const miss = outputs[at] - target
      sum += weight * miss * miss
      if (gradient) gradient.into[at] = factor * 2 * miss
    } else if (kind === 'logisticHazard') {
      for (let k = 0; k < target; k++) {
        const z = outputs[at + k]
        const happened = k === target - 1 && events?.[row] ? 1 : 0
        sum += weight * (crossEntropy(z) - z * happened)
        if (gradient) gradient.into[at + k] = factor * (logistic(z) - happened)
      }
      if (gradient) gradient.into.fill(0, at + target, at + classes)
    } else {
      let most = outputs[at]
      for (let k = 1; k < classes; k++) most = Math.max(most, outputs[at + k])
      let total = 0
      for (let k = 0; k < classes; k++) total += Math.exp(outputs[at + k] - most)
      const norm = most + Math.log(total)
      sum += weight * (norm - outputs[at + target])
      if (gradient)
        for (let k = 0; k < classes; k++)
          gradient.into[at + k] = factor * (Math.exp(outputs[at + k] - norm) - (k === target ? 1 : 0))
    }
  }
  return sum
}

/** A partial likelihood knows no level: the outputs' bias has no gradient but rounding, which Adam would follow. */
export const hasNoLevel = (kind: LossKind): boolean => kind === 'efron' || kind === 'breslow'

/** log(1 + e^z), the cross-entropy of a logit whose event did not happen. */
const crossEntropy = (z: number): number => Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z)))

export const logistic = (z: number): number => {
  const e = Math.exp(-Math.abs(z))
  return z >= 0 ? 1 / (1 + e) : e / (1 + e)
}

/**
 * Ties as in learn/survival/partialLikelihood.ts: of d tied events the l-th sees the tied risks reduced by l/d (Efron),
 * or all see the whole risk set (Breslow); each carries the mean weight of the tied. A row's gradient is its risk times
 * the hazard it lived through, less its own event.
 */
const partialLoss = (
  kind: 'efron' | 'breslow',
  { outputs, stride, targets, weights, events, count }: LossRows,
  gradient: { into: Float32Array; scale: number } | null,
): number => {
  const order = Int32Array.from({ length: count }, (_, row) => row).sort(
    (a, b) => targets[b] - targets[a] || (events?.[b] ?? 0) - (events?.[a] ?? 0) || a - b,
  )
  let most = Number.NEGATIVE_INFINITY
  for (let row = 0; row < count; row++) most = Math.max(most, outputs[row * stride])
  const risks = new Float64Array(count)
  const hazards = new Float64Array(count)
  const reduced = new Float64Array(count)
  let sum = 0
  let atRisk = 0
  for (let from = 0; from < count; ) {
    let to = from
    let [tied, tiedRisk, tiedWeight] = [0, 0, 0]
    for (; to < count && targets[order[to]] === targets[order[from]]; to++) {
      const row = order[to]
      const eta = outputs[row * stride] - most
      const risk = weights[row] * Math.exp(eta)
      risks[to] = risk
      atRisk += risk
      if (!events?.[row] || weights[row] === 0) continue
      tied++
      tiedRisk += risk
      tiedWeight += weights[row]
      sum -= weights[row] * eta
    }
    const mean = tied > 0 ? tiedWeight / tied : 0
    for (let l = 0; l < tied; l++) {
      const share = kind === 'efron' ? l / tied : 0
      const denominator = atRisk - share * tiedRisk
      sum += mean * Math.log(denominator)
      hazards[from] += mean / denominator
      reduced[from] += (mean * share) / denominator
    }
    from = to
  }
  if (!gradient) return sum
  let lived = 0
  for (let to = count; to > 0; ) {
    let from = to - 1
    while (from > 0 && targets[order[from - 1]] === targets[order[to - 1]]) from--
    lived += hazards[from]
    for (let at = from; at < to; at++) {
      const row = order[at]
      const own = events?.[row] && weights[row] > 0 ? 1 : 0
      const expected = risks[at] * (lived - own * reduced[from])
      gradient.into[row * stride] = (expected - own * weights[row]) / gradient.scale
    }
    to = from
  }
  return sum
}
