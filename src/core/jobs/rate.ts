/** How fast work goes, from what it has reported, to tell how much longer it takes. */
export interface Rate {
  /** `seconds` at work so far, pauses left out. */
  note(seconds: number, progress: number): void
  /** Seconds left at the pace of late; null while there is too little to go by. */
  left(seconds: number): number | null
}

/** Under three seconds or two hundredths of the work there is nothing to go by. */
const least = { seconds: 3, progress: 0.02 }

/**
 * The pace is that of the latest quarter of the time at work: cross-validation, fitting and assessment go at paces of
 * their own, and the first minute must not speak for all. Between reports the time left runs down.
 */
export const createRate = (): Rate => {
  const points: { seconds: number; progress: number }[] = [{ seconds: 0, progress: 0 }]
  return {
    note: (seconds, progress) => {
      const last = points[points.length - 1]
      if (!last || progress <= last.progress) return
      points.push({ seconds, progress })
      // Of many points a fine comb of the past is enough.
      if (points.length > 400) points.splice(0, points.length, ...points.filter((_, at) => at % 2 === 0 || at > 300))
    },
    left: (seconds) => {
      const last = points[points.length - 1]
      if (!last || last.seconds < least.seconds || last.progress < least.progress) return null
      const since = points.findLast((point) => point.seconds <= last.seconds * 0.75) ?? points[0]
      if (!since || last.progress <= since.progress) return null
      const pace = (last.progress - since.progress) / (last.seconds - since.seconds)
      return Math.max(0, (1 - last.progress) / pace - (seconds - last.seconds))
    },
  }
}
