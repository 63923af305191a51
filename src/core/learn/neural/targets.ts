import { invalidInput } from '../../../contract/errors.ts'
import { warn } from '../../../contract/warnings.ts'
import type { Outcome } from '../../cohort/matrix.ts'
import type { Fitted } from '../learner.ts'
import type { NetSettings } from './parameters.ts'
import { survivalTarget } from './survivalTarget.ts'
import type { Target } from './target.ts'

export const targetOf = (
  outcome: Outcome,
  weights: Float64Array | undefined,
  settings: NetSettings,
  learner: string,
  warnings: Fitted['warnings'],
): Target => {
  if (outcome.task === 'survival') return survivalTarget(outcome, weights, settings, learner)
  const patients = outcome.cluster ? { cluster: outcome.cluster } : {}
  return outcome.task === 'diagnosis'
    ? { ...classTarget(outcome, settings.classWeights === 'balanced', learner, warnings), ...patients }
    : { ...valueTarget(outcome.y, weights, learner), ...patients }
}

const classTarget = (
  { classes, y }: Extract<Outcome, { task: 'diagnosis' }>,
  balanced: boolean,
  learner: string,
  warnings: Fitted['warnings'],
): Target => {
  const counts = new Int32Array(classes.length)
  for (const label of y) counts[label]++
  const present = classes.map((_, label) => label).filter((label) => counts[label] > 0)
  if (present.length < 2)
    throw invalidInput('oneClassOnly', { learner, rows: y.length, class: classes[present[0]] ?? '–' })
  const absent = classes.filter((_, label) => counts[label] === 0)
  if (absent.length > 0) warnings.push(warn('absentClass', { classes: absent }))
  const place = new Map(present.map((label, index) => [label, index]))
  const shares = present.map((label) => counts[label] / y.length)
  const binary = present.length === 2
  const targets = Float32Array.from(y, (label) => place.get(label) ?? 0)
  // Weights 1 / (classes x share) give each class the same say; the logits learned so are those of equal shares.
  const factors = shares.map((share) => (balanced ? 1 / (present.length * share) : 1))
  const logs = balanced ? shares.map((share) => Math.log(share * present.length)) : shares.map(() => 0)
  const starts = balanced ? shares.map(() => 1 / present.length) : shares
  return {
    loss: binary ? 'binary' : 'softmax',
    outputs: binary ? 1 : present.length,
    targets,
    ...(balanced ? { balance: Float64Array.from(targets, (target) => factors[target]) } : {}),
    outputBias: binary ? [Math.log(starts[1] / starts[0])] : starts.map((share) => Math.log(share)),
    scale: 1,
    shifts: binary ? [logs[1] - logs[0]] : logs,
    strata: targets,
    header: { classes: [...classes], present },
  }
}

const valueTarget = (y: Float64Array, weights: Float64Array | undefined, learner: string): Target => {
  let [total, sum] = [0, 0]
  for (let row = 0; row < y.length; row++) {
    if (!Number.isFinite(y[row])) throw invalidInput('badOutcome', { learner })
    const weight = weights ? weights[row] : 1
    total += weight
    sum += weight * y[row]
  }
  const mean = sum / total
  let squares = 0
  for (let row = 0; row < y.length; row++) squares += (weights ? weights[row] : 1) * (y[row] - mean) ** 2
  const deviation = Math.sqrt(squares / total) || 1
  return {
    loss: 'squared',
    outputs: 1,
    targets: Float32Array.from(y, (value) => (value - mean) / deviation),
    outputBias: [0],
    scale: deviation,
    shifts: [mean],
    strata: new Uint8Array(y.length),
    header: {},
  }
}
