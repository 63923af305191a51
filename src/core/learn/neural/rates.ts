export const schedules = ['constant', 'cosine', 'step', 'exponential', 'plateau'] as const

export interface Rates {
  schedule: (typeof schedules)[number]
  /** At the start. */
  rate: number
  /** What the rate is multiplied by, once in `every` epochs (plateau: after so many without a better loss). */
  factor: number
  every: number
  epochs: number
}

/** How the learning rate goes with the epochs. `told` is called with the watched loss after each. */
export const rateSchedule = ({ schedule, rate, factor, every, epochs }: Rates) => {
  let best = Number.POSITIVE_INFINITY
  let stood = 0
  let lowered = 1
  return {
    /** Rate of an epoch, counted from 1. */
    at: (epoch: number): number => {
      const gone = epoch - 1
      if (schedule === 'cosine') return (rate / 2) * (1 + Math.cos((Math.PI * gone) / epochs))
      if (schedule === 'step') return rate * factor ** Math.floor(gone / every)
      if (schedule === 'exponential') return rate * factor ** (gone / every)
      return schedule === 'plateau' ? rate * lowered : rate
    },
    told: (loss: number) => {
      if (loss < best) {
        best = loss
        stood = 0
      } else if (++stood >= every) {
        lowered *= factor
        stood = 0
      }
    },
  }
}
