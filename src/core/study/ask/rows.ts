import { invalidInput } from '../../../contract/errors.ts'
import type { PredictionProblem } from '../../../contract/predictions.ts'
import { applyPreparation, fillingOf } from '../../cohort/prepare/prepare.ts'
import type { Table } from '../../cohort/table.ts'
import { classPredictor, survivalPredictor, valuePredictor } from '../../learn/predictor.ts'
import { alignTable } from '../model.ts'
import type { ModelAtHand } from './hand.ts'

/** Throws `invalidInput` where the model reads more of a case than a row, or no times are to be had of it. */
export const requireRows = ({ header }: Pick<ModelAtHand, 'header'>, times: readonly number[] | null): void => {
  if (header.channels) throw invalidInput('needsCourse', { channels: header.channels.map(({ name }) => name) })
  if (header.grids) throw invalidInput('needsPictures')
  if (times && header.task !== 'survival') throw invalidInput('timesNeedSurvival', { task: header.task })
}

/**
 * Names of the numbers that `predictTable` gives a row: `probability_<class>`, or `risk` (the score that ranks
 * patients; of Cox the linear predictor) and `survival_<time>`, or `prediction`.
 */
export const predictionNames = ({ header }: Pick<ModelAtHand, 'header'>, times: readonly number[] | null): string[] => {
  if (header.task === 'diagnosis') return (header.classes as string[]).map((name) => `probability_${name}`)
  if (header.task === 'regression') return ['prediction']
  return ['risk', ...(times ?? (header.horizons as number[])).map((time) => `survival_${time}`)]
}

/** Times beyond the longest follow-up: the survival stands there where it was then. */
export const beyondFollowUp = (
  { header }: Pick<ModelAtHand, 'header'>,
  times: readonly number[] | null,
): PredictionProblem[] => {
  const { followUp } = header
  if (header.task !== 'survival' || followUp === null) return []
  return (times ?? (header.horizons as number[]))
    .filter((time) => time > followUp)
    .map((time) => ({ row: 0, column: `survival_${time}`, code: 'beyondFollowUp', values: { followUp } }))
}

export interface PredictedTable {
  /** One a row of the table, as `predictionNames` has them; null: there is none. */
  rows: (number | null)[][]
  /** `row` counts rows of the table from 1. */
  problems: PredictionProblem[]
}

/**
 * Predicts for the rows of a table with the model's columns (others are left alone), in order. Missing values are
 * filled as in training, and said. Throws `invalidInput` naming the columns that the table lacks.
 */
export const predictTable = (model: ModelAtHand, table: Table, times: readonly number[] | null): PredictedTable => {
  requireRows(model, times)
  const { header: known } = model
  const problems: PredictionProblem[] = []
  const prepared = applyPreparation(known.preparation, alignTable(known, table), null, 'predict')
  for (const feature of prepared.filled) {
    const strange = new Map(feature.unseen.map(({ position, level }) => [position, level]))
    feature.positions.forEach((position, index) => {
      const filling = fillingOf(feature, index)
      const unseen = strange.get(position)
      problems.push({
        row: position + 1,
        column: feature.name,
        code: unseen === undefined ? 'missing' : 'unseen',
        values: { ...(unseen === undefined ? {} : { text: unseen }), ...(filling === null ? {} : { filling }) },
      })
    })
  }
  const { matrix } = prepared
  matrix.strata?.forEach((stratum, position) => {
    if (stratum === -1)
      problems.push({ row: position + 1, column: known.strata?.name ?? null, code: 'noCurve', values: {} })
  })
  return { rows: numbersOf(model, matrix, times), problems }
}

const numbersOf = (
  { header: known, predictor }: ModelAtHand,
  matrix: ReturnType<typeof applyPreparation>['matrix'],
  times: readonly number[] | null,
): (number | null)[][] => {
  const rows = Array.from({ length: matrix.rows }, (_, row) => row)
  if (known.task === 'diagnosis') {
    const { length } = known.classes as string[]
    const all = classPredictor(predictor).probabilities(matrix)
    return rows.map((row) => Array.from(all.subarray(row * length, (row + 1) * length)))
  }
  if (known.task === 'regression') {
    const all = valuePredictor(predictor).values(matrix)
    return rows.map((row) => [all[row]])
  }
  const asked = times ?? (known.horizons as number[])
  const order = asked.map((_, i) => i).sort((a, b) => asked[a] - asked[b])
  const survival = survivalPredictor(predictor).survival(
    matrix,
    order.map((i) => asked[i]),
  )
  const risk = survivalPredictor(predictor).risk(matrix)
  const place = order.reduce<number[]>((places, i, at) => {
    places[i] = at
    return places
  }, [])
  return rows.map((row) =>
    [risk[row], ...asked.map((_time, k) => survival[row * asked.length + place[k]])].map((value) =>
      Number.isNaN(value) ? null : value,
    ),
  )
}
