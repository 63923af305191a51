import { invalidInput, issue } from '../../../contract/errors.ts'
import type { Grids, Matrix, Sequences } from '../../cohort/matrix.ts'
import { type ChannelScaling, channelScaling, checkChannels, scaled } from './steps.ts'

/** How signals or pictures become what convolutions read, learned from training rows; part of the model. */
export type PictureScaling =
  | {
      of: 'signals'
      /** Points of a signal and the time between them. */
      points: number
      interval: number
      channels: ChannelScaling[]
    }
  | { of: 'pictures'; height: number; width: number; channels: ChannelScaling[] }

export const mostPoints = 4096

/** Learns the scaling; `points`: of a signal, 0: as many as the longest training row has. */
export const fitPictures = ({ sequences, grids }: Matrix, points: number): PictureScaling => {
  if (sequences && grids) throw invalidInput('signalOrPicture')
  if (grids) return { of: 'pictures', height: grids.height, width: grids.width, channels: gridScaling(grids) }
  if (!sequences || sequences.channels.length === 0)
    throw invalidInput('signalNeeded', {}, [issue('sequences', 'missing')])
  const { offsets, times } = sequences
  const gaps: number[] = []
  let longest = 1
  for (let row = 0; row + 1 < offsets.length; row++) {
    longest = Math.max(longest, offsets[row + 1] - offsets[row])
    for (let step = offsets[row] + 1; step < offsets[row + 1]; step++) gaps.push(times[step] - times[step - 1])
  }
  gaps.sort((a, b) => a - b)
  const length = points > 0 ? points : longest
  if (length > mostPoints)
    throw invalidInput('signalTooLong', { length: longest, most: mostPoints }, [
      issue('points', 'isLength', { length }),
    ])
  const interval = gaps[gaps.length >> 1] ?? 1
  return {
    of: 'signals',
    points: length,
    interval: interval > 0 ? interval : 1,
    channels: channelScaling(sequences, false),
  }
}

const gridScaling = ({ channels, values }: Grids): ChannelScaling[] => {
  const wide = { channels: channels.map((name) => ({ name, unit: null })), values: Float64Array.from(values) }
  return channelScaling({ ...wide, offsets: new Int32Array(1), times: new Float64Array(0) }, false)
}

/** Rows x height x width x channels, standardised; 0, the mean, where nothing is known. */
export const picturesOf = (x: Matrix, scaling: PictureScaling): Float32Array => {
  if (scaling.of === 'signals')
    return signalsOf(
      checkChannels(
        x,
        scaling.channels.map(({ name }) => name),
      ),
      scaling,
    )
  const { height, width, channels } = scaling
  const { grids } = x
  if (!grids || grids.height !== height || grids.width !== width || grids.channels.length !== channels.length)
    throw invalidInput('picturesDiffer', { height, width, channels: channels.length })
  return Float32Array.from(grids.values, (value, i) =>
    Number.isFinite(value) ? scaled(value, channels[i % channels.length]) : 0,
  )
}

/**
 * Signals at even points, the last at the row's last step, going back by the interval of the training rows; between
 * measurements linear, before the first 0. A signal sampled at that interval is taken point by point as it is.
 */
const signalsOf = (
  { offsets, times, values }: Sequences,
  { points, interval, channels }: Extract<PictureScaling, { of: 'signals' }>,
): Float32Array => {
  const rows = offsets.length - 1
  const width = channels.length
  const out = new Float32Array(rows * points * width)
  for (let row = 0; row < rows; row++) {
    const end = times[offsets[row + 1] - 1]
    channels.forEach((channel, c) => {
      const known: number[] = []
      for (let step = offsets[row]; step < offsets[row + 1]; step++)
        if (Number.isFinite(values[step * width + c])) known.push(step)
      if (known.length === 0) return
      const valueAt = (step: number) => scaled(values[step * width + c], channel)
      let right = known.length - 1
      for (let point = points - 1; point >= 0; point--) {
        const time = end - (points - 1 - point) * interval
        // A time that is a step's but for rounding is that step.
        const near = interval * 1e-3
        while (right > 0 && times[known[right - 1]] >= time - near) right--
        const [step, at] = [known[right], (row * points + point) * width + c]
        const gap = times[step] - time
        if (gap <= near) out[at] = valueAt(step)
        else if (right > 0) {
          const left = known[right - 1]
          const share = (time - times[left]) / (times[step] - times[left])
          out[at] = valueAt(left) + share * (valueAt(step) - valueAt(left))
        }
      }
    })
  }
  return out
}
