/** Quantile of ascending values, linear between neighbours (R type 7, R's and most tools' default). */
export const quantileOf = (ascending: ArrayLike<number>, share: number): number => {
  const at = (ascending.length - 1) * share
  const below = Math.floor(at)
  const low = ascending[below]
  return below + 1 < ascending.length ? low + (at - below) * (ascending[below + 1] - low) : low
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
