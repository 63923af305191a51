import type { Leak } from '../../../contract/models.ts'
import { harrellConcordance } from '../../assess/concordance.ts'
import { orderOf, weightedArea } from '../../assess/ranking.ts'
import type { Outcome } from '../../cohort/matrix.ts'
import { crossFitted, crossFolds, targetScores } from '../../cohort/prepare/targetEncoding.ts'
import { type Column, columnOf, type Table } from '../../cohort/table.ts'
import { quantileOf } from '../../numbers/quantile.ts'

/** At or above it one column alone tells too much. Real findings stay below: the best of the biopsy file has 0.97. */
const leakBound = 0.98
/** The same of whether a column is recorded at all. */
const recordedBound = 0.9

const groups = 20

/**
 * Columns that predict the outcome too well alone, and columns whose being recorded does: a cause of death, a date of
 * relapse, a test ordered because of the finding. Each column's area (C for survival; for a value the rank correlation,
 * as an area) is that of its own order, or of scores of its levels or twentieths that are cross-fitted, whichever is
 * larger: nothing is measured on rows it was learned from. `outcome` is that of `rows`.
 */
export const findLeaks = (
  table: Table,
  rows: Int32Array,
  outcome: Outcome,
  features: readonly string[],
  seed: number,
): Leak[] => {
  const folds = crossFolds(
    Int32Array.from(rows, (row) => table.patients[row]),
    seed,
  )
  const scores = targetScores(outcome)
  return features.flatMap((name): Leak[] => {
    const column = columnOf(table, name)
    if (!column) return []
    const values = Float64Array.from(rows, (row) => column.values[row])
    const known = Int32Array.from(values.keys()).filter((at) => !Number.isNaN(values[at]))
    const found: Leak[] = []
    const own = known.length > 1 ? separationOf(column, values, known, folds, scores, outcome) : null
    if (own !== null && own >= leakBound) found.push({ column: name, kind: 'separates', area: own })
    if (known.length > 0 && known.length < rows.length) {
      const recorded = values.map((value) => (Number.isNaN(value) ? 0 : 1))
      const area = folded(areaOf(recorded, Int32Array.from(rows.keys()), outcome))
      if (area !== null && area >= recordedBound) found.push({ column: name, kind: 'recorded', area })
    }
    return found
  })
}

const separationOf = (
  column: Column,
  values: Float64Array,
  known: Int32Array,
  folds: Uint8Array,
  scores: ReturnType<typeof targetScores>,
  outcome: Outcome,
): number | null => {
  const plain = column.levels ? null : folded(areaOf(values, known, outcome))
  const levels = column.levels ? values : twentieths(values, known)
  const count = column.levels?.length ?? groups
  // Of two classes or a value one column of scores; of several classes each against the rest, the mean over them.
  const areas = scores.map(({ scores: own }, k) => {
    const encoded = crossFitted(levels, own, count, folds)
    if (scores.length === 1) return areaOf(encoded, known, outcome)
    return areaOf(encoded, known, {
      task: 'diagnosis',
      classes: ['rest', 'own'],
      y: Int32Array.from((outcome as { y: Int32Array }).y, (label) => (label === k ? 1 : 0)),
    })
  })
  const defined = areas.filter((area) => area !== null)
  const fitted = defined.length > 0 ? defined.reduce((sum, area) => sum + area, 0) / defined.length : null
  if (plain === null) return fitted
  return fitted === null ? plain : Math.max(plain, fitted)
}

/** Larger is better either way: an order that is wholly reversed tells as much. */
const folded = (area: number | null): number | null => (area === null ? null : Math.max(area, 1 - area))

/**
 * How well a score orders the outcome of the rows at `at`: 0.5 not at all, 1 perfectly. Null where that is not defined.
 */
const areaOf = (score: ArrayLike<number>, at: Int32Array, outcome: Outcome): number | null => {
  const own = Float64Array.from(at, (row) => score[row])
  let area: number
  if (outcome.task === 'survival') {
    const time = Float64Array.from(at, (row) => outcome.time[row])
    const event = Uint8Array.from(at, (row) => outcome.event[row])
    area = harrellConcordance({ time, event }, own).value
  } else if (outcome.task === 'regression') {
    area =
      (rankCorrelation(
        own,
        Float64Array.from(at, (row) => outcome.y[row]),
      ) +
        1) /
      2
  } else {
    const y = Int32Array.from(at, (row) => outcome.y[row])
    const count = outcome.classes.length
    if (count > 2) return areaOfSeveral(own, y, count)
    area = weightedArea(y, own, orderOf(own), null)
  }
  return Number.isFinite(area) ? area : null
}

/** Mean over classes of how far apart the score sets each and the rest. */
const areaOfSeveral = (own: Float64Array, y: Int32Array, count: number): number | null => {
  const all = Int32Array.from(own.keys())
  const areas = Array.from({ length: count }, (_, k) =>
    folded(
      areaOf(own, all, { task: 'diagnosis', classes: ['rest', 'own'], y: y.map((label) => (label === k ? 1 : 0)) }),
    ),
  ).filter((area) => area !== null)
  return areas.length > 0 ? areas.reduce((sum, area) => sum + area, 0) / areas.length : null
}

const rankCorrelation = (a: Float64Array, b: Float64Array): number => {
  const [x, y] = [ranksOf(a), ranksOf(b)]
  const mean = (a.length - 1) / 2
  let [sxy, sxx, syy] = [0, 0, 0]
  for (let i = 0; i < a.length; i++) {
    sxy += (x[i] - mean) * (y[i] - mean)
    sxx += (x[i] - mean) ** 2
    syy += (y[i] - mean) ** 2
  }
  return sxy / Math.sqrt(sxx * syy)
}

const ranksOf = (values: Float64Array): Float64Array => {
  const order = Uint32Array.from(values.keys()).sort((a, b) => values[a] - values[b])
  const ranks = new Float64Array(values.length)
  for (let from = 0; from < order.length; ) {
    let to = from
    while (to < order.length && values[order[to]] === values[order[from]]) to++
    for (let i = from; i < to; i++) ranks[order[i]] = (from + to - 1) / 2
    from = to
  }
  return ranks
}

/** Which twentieth of the known values each lies in; a number of few values keeps them apart. */
const twentieths = (values: Float64Array, known: Int32Array): Float64Array => {
  const ascending = Float64Array.from(known, (at) => values[at]).sort()
  const cuts = [...new Set(Array.from({ length: groups - 1 }, (_, i) => quantileOf(ascending, (i + 1) / groups)))]
  return values.map((value) => (Number.isNaN(value) ? Number.NaN : cuts.filter((cut) => value > cut).length))
}
