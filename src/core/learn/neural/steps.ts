import { invalidInput, issue } from '../../../contract/errors.ts'
import type { Matrix, Sequences } from '../../cohort/matrix.ts'
import type { NetData } from './net.ts'

/** How courses become steps of a net, learned from training rows; part of the model. */
export interface StepScaling {
  channels: ChannelScaling[]
  /** log(1 + gap) since the step before, and until the case: mean and standard deviation. */
  gap: [mean: number, scale: number]
  left: [mean: number, scale: number]
  /** Steps that count, the latest; more are left out. */
  steps: number
}

/** Values are (value - mean) / scale; of their logarithm where they are above 0 and skewed. */
export interface ChannelScaling {
  name: string
  log: boolean
  /** Least value of the training rows, which logarithms go no lower than. */
  least: number
  mean: number
  scale: number
}

/**
 * Numbers a step: each channel's value and whether it was measured then, the gap before, and the time left to the case.
 */
export const stepInputs = (channels: number): number => 2 * channels + 2

export const requireSequences = (x: Matrix, learner: string): Sequences => {
  if (x.sequences && x.sequences.channels.length > 0) return x.sequences
  throw invalidInput('sequencesNeeded', { learner }, [issue('sequences', 'missing')])
}

/** Refuses courses of other channels than a model learned from. */
export const checkChannels = (x: Matrix, names: readonly string[]): Sequences => {
  const found = x.sequences?.channels.map(({ name }) => name) ?? []
  if (found.length !== names.length || found.some((name, i) => name !== names[i]))
    throw invalidInput('coursesDiffer', { expected: names, given: found.length > 0 ? found : '–' })
  return x.sequences as Sequences
}

const skewed = 1

/** Scaling of each channel over the values measured in training rows. */
export const channelScaling = ({ channels, values }: Sequences, logs: boolean): ChannelScaling[] =>
  channels.map(({ name }, channel) => {
    const measured: number[] = []
    for (let at = channel; at < values.length; at += channels.length)
      if (Number.isFinite(values[at])) measured.push(values[at])
    const least = measured.reduce((low, value) => Math.min(low, value), Number.POSITIVE_INFINITY)
    const plain = momentsOf(measured)
    const log = logs && least > 0 && plain.skewness > skewed
    const { mean, deviation } = log ? momentsOf(measured.map((value) => Math.log(value))) : plain
    return { name, log, least: Number.isFinite(least) ? least : 0, mean, scale: deviation > 0 ? deviation : 1 }
  })

export const scaled = (value: number, { log, least, mean, scale }: ChannelScaling): number =>
  ((log ? Math.log(Math.max(value, least)) : value) - mean) / scale

const momentsOf = (values: readonly number[]) => {
  const n = values.length
  if (n === 0) return { mean: 0, deviation: 0, skewness: 0 }
  const mean = values.reduce((sum, value) => sum + value, 0) / n
  let [squares, cubes] = [0, 0]
  for (const value of values) {
    squares += (value - mean) ** 2
    cubes += (value - mean) ** 3
  }
  const deviation = Math.sqrt(squares / n)
  return { mean, deviation, skewness: deviation > 0 ? cubes / n / deviation ** 3 : 0 }
}

/** Steps of a row at which anything was measured, the latest `most`. */
const measuredSteps = ({ offsets, values, channels }: Sequences, row: number, most: number): number[] => {
  const width = channels.length
  const kept: number[] = []
  for (let step = offsets[row + 1] - 1; step >= offsets[row] && kept.length < most; step--) {
    let any = false
    for (let channel = 0; channel < width; channel++) any ||= Number.isFinite(values[step * width + channel])
    if (any) kept.push(step)
  }
  return kept.reverse()
}

const gapsOf = ({ times, offsets }: Sequences, row: number, kept: readonly number[], at: number) => ({
  gap: at > 0 ? Math.log1p(Math.max(0, times[kept[at]] - times[kept[at - 1]])) : 0,
  // Times are told from the case; where they are not, the last step is the case's moment.
  left: Math.log1p(Math.max(0, (times[offsets[row + 1] - 1] > 0 ? times[offsets[row + 1] - 1] : 0) - times[kept[at]])),
})

/** Learns the scaling from training rows; `steps`: how many of a row count. */
export const fitSteps = (sequences: Sequences, steps: number): StepScaling => {
  const [gaps, lefts]: [number[], number[]] = [[], []]
  for (let row = 0; row + 1 < sequences.offsets.length; row++) {
    const kept = measuredSteps(sequences, row, steps)
    kept.forEach((_, at) => {
      const { gap, left } = gapsOf(sequences, row, kept, at)
      if (at > 0) gaps.push(gap)
      lefts.push(left)
    })
  }
  const scaleOf = (values: number[]): [number, number] => {
    const { mean, deviation } = momentsOf(values)
    return [mean, deviation > 1e-12 ? deviation : 1]
  }
  return { channels: channelScaling(sequences, true), gap: scaleOf(gaps), left: scaleOf(lefts), steps }
}

/**
 * Courses as steps: each channel's last known value, standardised (0, the mean, before the first), 1 where it was
 * measured at the step itself, the gap before and the time left, both log(1 + days), standardised. Steps without a
 * measurement are left out.
 */
export const stepsOf = (
  sequences: Sequences,
  { channels, gap, left, steps }: StepScaling,
): NonNullable<NetData['steps']> => {
  const rows = sequences.offsets.length - 1
  const width = channels.length
  const inputs = stepInputs(width)
  const kept = Array.from({ length: rows }, (_, row) => measuredSteps(sequences, row, steps))
  const offsets = new Int32Array(rows + 1)
  kept.forEach((own, row) => {
    offsets[row + 1] = offsets[row] + own.length
  })
  const values = new Float32Array(offsets[rows] * inputs)
  const last = new Float64Array(width)
  kept.forEach((own, row) => {
    last.fill(0)
    // What was known before the steps that count still is.
    for (let step = sequences.offsets[row]; step < (own[0] ?? 0); step++)
      channels.forEach((channel, c) => {
        const value = sequences.values[step * width + c]
        if (Number.isFinite(value)) last[c] = scaled(value, channel)
      })
    own.forEach((step, at) => {
      const into = (offsets[row] + at) * inputs
      channels.forEach((channel, c) => {
        const value = sequences.values[step * width + c]
        const measured = Number.isFinite(value)
        if (measured) last[c] = scaled(value, channel)
        values[into + c] = last[c]
        values[into + width + c] = measured ? 1 : 0
      })
      const between = gapsOf(sequences, row, own, at)
      values[into + 2 * width] = at > 0 ? (between.gap - gap[0]) / gap[1] : 0
      values[into + 2 * width + 1] = (between.left - left[0]) / left[1]
    })
  })
  return { offsets, values }
}
