/** Pixel of a value on a line from `from` to `to`; the middle where all values are the same. */
export const scaleOf =
  (low: number, high: number, from: number, to: number) =>
  (value: number): number =>
    high === low ? (from + to) / 2 : from + ((value - low) / (high - low)) * (to - from)

/** Round numbers that cover a range, about `count` of them, for an axis. */
export const ticksOf = (low: number, high: number, count: number): number[] => {
  if (!(high > low)) return [low]
  const rough = (high - low) / Math.max(1, count)
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = [1, 2, 5, 10].map((each) => each * power).find((each) => each >= rough) ?? 10 * power
  const ticks: number[] = []
  const first = Math.ceil(low / step)
  for (let at = first; at * step <= high + step * 1e-9; at++) ticks.push(Number((at * step).toPrecision(12)))
  return ticks
}
