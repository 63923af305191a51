import { chiSquareTail } from '../numbers/distributions.ts'
import { factorSymmetric, solveFactored } from '../numbers/solve.ts'

/** A comparison of curves between groups. */
export interface GroupTest {
  chisq: number
  df: number
  p: number
  /** Events seen in each group, and expected were all groups alike; groups in ascending order of their code. */
  observed: number[]
  expected: number[]
}

interface Grouped {
  time: ArrayLike<number>
  event: ArrayLike<number>
  group: ArrayLike<number>
  entry?: ArrayLike<number> | null
  /** Compared within each stratum, then summed. */
  strata?: ArrayLike<number> | null
}

/**
 * Log-rank test (Mantel 1966) of equal hazards in two or more groups, as R's `survdiff`; late entries are at risk in
 * (entry, time]. Null with fewer than two groups, or where no event happened while two groups were at risk.
 */
export const logRankTest = ({ time, event, group, entry = null, strata = null }: Grouped): GroupTest | null => {
  const codes = distinct(group)
  const place = new Map(codes.map((code, index) => [code, index]))
  const observed = codes.map(() => 0)
  const expected = codes.map(() => 0)
  const covariance = new Float64Array(codes.length * codes.length)
  for (const stratum of strata ? distinct(strata) : [null]) {
    const rows = ascending(time).filter((row) => stratum === null || strata?.[row] === stratum)
    const joining = entry ? Uint32Array.from(rows).sort((a, b) => entry[a] - entry[b]) : rows
    const atRisk = codes.map(() => 0)
    if (!entry) for (const row of rows) atRisk[place.get(group[row]) as number]++
    let joined = 0
    for (let start = 0; start < rows.length; ) {
      const at = time[rows[start]]
      if (entry)
        for (; joined < joining.length && entry[joining[joined]] < at; joined++)
          atRisk[place.get(group[joining[joined]]) as number]++
      const left = codes.map(() => 0)
      const died = codes.map(() => 0)
      for (; start < rows.length && time[rows[start]] === at; start++) {
        const index = place.get(group[rows[start]]) as number
        left[index]++
        if (event[rows[start]]) died[index]++
      }
      const all = sum(atRisk)
      const dead = sum(died)
      if (dead > 0) {
        const factor = all > 1 ? (dead * (all - dead)) / (all - 1) : 0
        codes.forEach((_, i) => {
          observed[i] += died[i]
          expected[i] += (dead * atRisk[i]) / all
          for (let j = 0; j <= i; j++)
            covariance[i * codes.length + j] += (factor * atRisk[i] * ((i === j ? all : 0) - atRisk[j])) / (all * all)
        })
      }
      codes.forEach((_, i) => {
        atRisk[i] -= left[i]
      })
    }
  }
  const scores = observed.map((seen, i) => seen - expected[i])
  return finish(scores, covariance, observed, expected)
}

/**
 * Gray's (1988) test of equal cumulative incidence of cause 1 among two or more groups, as `cmprsk::cuminc`: the
 * log-rank score in which those a competing cause took stay at risk, R = n (1 - F1(t-)) / S(t-). `cause`: 0 censored, 1
 * the event, 2 a competing one.
 */
export const grayTest = ({
  time,
  cause,
  group,
}: {
  time: ArrayLike<number>
  cause: ArrayLike<number>
  group: ArrayLike<number>
}): GroupTest | null => {
  const codes = distinct(group)
  const count = codes.length
  const place = new Map(codes.map((code, index) => [code, index]))
  const zeros = () => new Float64Array(count)
  const order = ascending(time)
  const atRisk = zeros()
  for (const row of order) atRisk[place.get(group[row]) as number]++
  // Of each group: its curve of no cause and its incidence, before the time at hand; of all together the incidence.
  const free = zeros().fill(1)
  const incidence = zeros()
  let pooled = 0
  const observed = codes.map(() => 0)
  const expected = codes.map(() => 0)
  // Gray's c, v2, v3 and the part of the variance that is known at each time.
  const drift = new Float64Array(count * count)
  const mixed = new Float64Array(count * count)
  const own = zeros()
  const variance = new Float64Array(count * count)

  for (let start = 0; start < order.length; ) {
    const at = time[order[start]]
    const [first, second, left] = [zeros(), zeros(), zeros()]
    for (; start < order.length && time[order[start]] === at; start++) {
      const index = place.get(group[order[start]]) as number
      left[index]++
      if (cause[order[start]] === 1) first[index]++
      else if (cause[order[start]] > 1) second[index]++
    }
    const ones = sum(first)
    if (ones + sum(second) > 0) {
      const present = codes.map((_, k) => k).filter((k) => atRisk[k] > 0)
      const weight = codes.map((_, k) => (atRisk[k] > 0 ? atRisk[k] / free[k] : 0))
      const total = sum(weight)
      const before = { pooled, free: free.slice(), incidence: incidence.slice() }
      const exposed = codes.map((_, k) => weight[k] * (1 - incidence[k]))
      const spread = sum(exposed)
      for (const k of present) {
        incidence[k] += (before.free[k] * first[k]) / atRisk[k]
        free[k] = before.free[k] * (1 - (first[k] + second[k]) / atRisk[k])
        observed[k] += first[k]
        expected[k] += (ones * exposed[k]) / spread
      }
      pooled += ones / total
      const share = (i: number, k: number) => weight[i] * ((i === k ? 1 : 0) - weight[k] / total)
      for (const i of present)
        for (const k of present) drift[i * count + k] += (share(i, k) * ones) / (total * (1 - before.pooled))
      const add = (k: number, reach: number, scale: number, along: (i: number) => number, sign: number) => {
        own[k] += reach * reach * scale
        for (let i = 0; i < count; i++) {
          mixed[i * count + k] += sign * along(i) * reach * scale
          for (let j = 0; j <= i; j++) variance[i * count + j] += along(i) * along(j) * scale
        }
      }
      for (const k of present) {
        if (ones > 0) {
          const reach = free[k] > 0 ? 1 - (1 - pooled) / free[k] : 1
          const finite = ones > 1 ? 1 - (ones - 1) / (total * before.free[k] - 1) : 1
          const scale = (finite * before.free[k] * ones) / (total * atRisk[k])
          add(k, reach, scale, (i) => share(i, k) - reach * drift[i * count + k], 1)
        }
        if (second[k] > 0 && free[k] > 0) {
          const reach = (1 - pooled) / free[k]
          const finite = second[k] > 1 ? 1 - (second[k] - 1) / (atRisk[k] - 1) : 1
          const scale = (finite * before.free[k] ** 2 * second[k]) / atRisk[k] ** 2
          add(k, reach, scale, (i) => reach * drift[i * count + k], -1)
        }
      }
    }
    for (let k = 0; k < count; k++) atRisk[k] -= left[k]
  }
  for (let i = 0; i < count; i++)
    for (let j = 0; j <= i; j++)
      for (let k = 0; k < count; k++)
        variance[i * count + j] +=
          drift[i * count + k] * drift[j * count + k] * own[k] +
          drift[i * count + k] * mixed[j * count + k] +
          drift[j * count + k] * mixed[i * count + k]
  const scores = observed.map((seen, i) => seen - expected[i])
  return finish(scores, variance, observed, expected)
}

/** Chi-square of scores that sum to 0: of all but the last. `covariance`: lower triangle. */
const finish = (
  scores: readonly number[],
  covariance: Float64Array,
  observed: number[],
  expected: number[],
): GroupTest | null => {
  const count = scores.length
  const df = count - 1
  if (df < 1) return null
  const reduced = new Float64Array(df * df)
  for (let i = 0; i < df; i++) for (let j = 0; j <= i; j++) reduced[i * df + j] = covariance[i * count + j]
  if (factorSymmetric(reduced, df, 1e-12) < df) return null
  const step = Float64Array.from(scores.slice(0, df))
  solveFactored(reduced, df, step)
  const chisq = step.reduce((total, value, i) => total + value * scores[i], 0)
  return { chisq, df, p: chiSquareTail(chisq, df), observed, expected }
}

const distinct = (values: ArrayLike<number>): number[] => [...new Set(Array.from(values))].sort((a, b) => a - b)
const sum = (values: ArrayLike<number>): number => Array.from(values).reduce((total, value) => total + value, 0)
const ascending = (time: ArrayLike<number>): number[] =>
  Array.from({ length: time.length }, (_, row) => row).sort((a, b) => time[a] - time[b])
