/**
 * Quantile of ascending values by linear interpolation between neighbours: type 7 of Hyndman & Fan (1996), the default
 * of R, numpy and most others. NaN where there are none.
 * @param share 0 (the least) to 1 (the greatest)
 */
export const quantileOf = (ascending: ArrayLike<number>, share: number): number => {
  const last = ascending.length - 1
  if (last < 0) return Number.NaN
  const place = last * share
  const below = Math.floor(place)
  const low = ascending[below]
  return below < last ? low + (place - below) * (ascending[below + 1] - low) : low
}

/** The most frequent value; the smallest of several. NaN where there is none. */
export const mostFrequent = (values: Float64Array): number => {
  const ascending = values.slice().sort()
  let best = Number.NaN
  let most = 0
  for (let from = 0; from < ascending.length; ) {
    let to = from + 1
    while (to < ascending.length && ascending[to] === ascending[from]) to++
    if (to - from > most) {
      most = to - from
      best = ascending[from]
    }
    from = to
  }
  return best
}
