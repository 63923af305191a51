/** Steps a baseline hazard keeps at most. */
const mostSteps = 4096

/** A cumulative hazard by its steps, all or the last of each equal share of them. */
export const thinned = ({ times, hazard }: { times: Float64Array; hazard: Float64Array }) => {
  if (times.length <= mostSteps) return { times, hazard }
  const kept = Int32Array.from({ length: mostSteps }, (_, i) => Math.ceil(((i + 1) * times.length) / mostSteps) - 1)
  return { times: Float64Array.from(kept, (at) => times[at]), hazard: Float64Array.from(kept, (at) => hazard[at]) }
}
