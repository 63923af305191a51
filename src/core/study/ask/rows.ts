import { invalidInput } from '../../../contract/errors.ts'
import type { ConceptKind } from '../../../contract/values.ts'
import { applyPreparation, fillingOf } from '../../cohort/prepare/prepare.ts'
import type { Column, Table } from '../../cohort/table.ts'
import { inputsOf, type ModelFeature } from '../model.ts'
import type { ModelAtHand } from './hand.ts'

interface Problem {
  /** From 1; 0: the whole table. */
  row: number
  column: string | null
  message: string
}

const expected: Record<ConceptKind, string> = {
  number: 'a number',
  integer: 'a number',
  boolean: 'yes or no',
  date: 'a date (yyyy-mm-dd)',
  category: 'a level',
  text: 'text',
}
const missingTexts = new Set(['', 'NA', 'NaN', 'null', 'NULL'])

/** Reads a text as an import would: a number, a level's code, or null where it says neither. */
export type FeatureReader = (feature: ModelFeature) => (text: string) => number | string | null

const plainReader: FeatureReader =
  ({ seen }) =>
  (text) =>
    seen ? text : Number(text)

const readColumn = (
  feature: ModelFeature,
  written: readonly string[],
  readerOf: FeatureReader,
  problems: Problem[],
): Column => {
  const { name, kind, unit } = feature
  const values = new Float64Array(written.length).fill(Number.NaN)
  const read = readerOf(feature)
  if (feature.seen) {
    const { seen } = feature
    const known = new Set(seen)
    // A level no training row had keeps its text, and is said to be unknown.
    const codes = new Map(
      [...new Set(written)]
        .filter((text) => !missingTexts.has(text) || known.has(text))
        .map((text) => [text, known.has(text) ? text : String(read(text) ?? text)]),
    )
    const levels = [...new Set(codes.values())].sort()
    // Sizes in millimetres under a model that learned bands: another coding, not a rare level.
    if (levels.length > 0 && written.length > 1 && !levels.some((level) => known.has(level)))
      problems.push({
        row: 0,
        column: name,
        message: `holds no value that was seen in training (${seen.slice(0, 6).join(', ')}${seen.length > 6 ? ', ...' : ''}); check how it is coded`,
      })
    const index = new Map(levels.map((level, at) => [level, at]))
    written.forEach((text, row) => {
      const code = codes.get(text)
      if (code !== undefined) values[row] = index.get(code) as number
    })
    return { name, kind, unit, values, levels }
  }
  written.forEach((text, row) => {
    if (missingTexts.has(text)) return
    const value = read(text)
    if (typeof value === 'number' && Number.isFinite(value)) values[row] = value
    else
      problems.push({
        row: row + 1,
        column: name,
        message: `"${text.slice(0, 40)}" is not ${expected[kind]}; taken as missing`,
      })
  })
  return { name, kind, unit, values, levels: null }
}

interface Rows {
  header: readonly string[]
  rows: readonly (readonly string[])[]
  times: number[] | null
}

/**
 * Predicts for rows of text cells, one output row each, in order: `probability_<class>`, or `risk` (the score that
 * ranks patients; of Cox the linear predictor) and `survival_<time>`, or `prediction`. Missing cells are filled as in
 * training, and said. Throws `invalidInput` naming the columns that the table lacks.
 */
export const predictRows = (
  model: ModelAtHand,
  { header, rows, times }: Rows,
  readerOf: FeatureReader = plainReader,
) => {
  const { header: known, predictor } = model
  if (known.channels)
    throw invalidInput(
      'needsCourse',
      `This model reads what was measured over time (${known.channels.map(({ name }) => name).join(', ')}), which a table of one row a case does not hold. Import the cases with their measurements into a study, and ask the model there.`,
    )
  if (known.grids)
    throw invalidInput(
      'needsPictures',
      'This model reads pictures, which are not predicted from files. Import the cases into a study, and ask the model there.',
    )
  const inputs = inputsOf(known)
  const lacking = inputs.map(({ name }) => name).filter((name) => !header.includes(name))
  if (lacking.length > 0)
    throw invalidInput(
      'columnsMissing',
      `The file has no column ${lacking.join(', ')}, which the model needs. It has ${header.slice(0, 20).join(', ')}.`,
      lacking.map((name) => ({ path: name, reason: 'is not in the file' })),
    )
  if (times && known.task !== 'survival')
    throw invalidInput(
      'wrongTask',
      `The model's task is ${known.task}; only a survival model predicts for times. Leave the times out.`,
    )
  const problems: Problem[] = []
  const columns = inputs.map((feature) => {
    const at = header.indexOf(feature.name)
    return readColumn(
      feature,
      rows.map((row) => (row[at] ?? '').trim()),
      readerOf,
      problems,
    )
  })
  const table: Table = {
    rows: rows.length,
    columns,
    patients: new Int32Array(rows.length),
    encounters: new Int32Array(rows.length),
  }
  const prepared = applyPreparation(known.preparation, table, null, 'predict')
  for (const feature of prepared.filled) {
    const strange = new Map(feature.unseen.map(({ position, level }) => [position, level]))
    feature.positions.forEach((position, index) => {
      const filling = fillingOf(feature, index)
      problems.push({
        row: position + 1,
        column: feature.name,
        message: `${strange.has(position) ? `"${strange.get(position)}" was not seen in training` : 'missing'}; ${filling === null ? 'left missing' : `filled with ${filling}`}`,
      })
    })
  }
  const { matrix } = prepared
  matrix.strata?.forEach((stratum, position) => {
    if (stratum === -1)
      problems.push({
        row: position + 1,
        column: known.strata?.name ?? null,
        message:
          'was not seen in training or is missing, so there is no curve to predict by; the row has no prediction',
      })
  })
  if (known.task === 'diagnosis') {
    const classes = known.classes as string[]
    const all = predictor.probabilities!(matrix)
    return {
      header: classes.map((name) => `probability_${name}`),
      rows: rows.map((_, i) => Array.from(all.subarray(i * classes.length, (i + 1) * classes.length))),
      problems,
    }
  }
  if (known.task === 'regression') {
    const all = predictor.values!(matrix)
    return { header: ['prediction'], rows: rows.map((_, i) => [all[i]]), problems }
  }
  const asked = times ?? (known.horizons as number[])
  const { followUp } = known
  for (const time of asked)
    if (followUp !== null && time > followUp)
      problems.push({
        row: 0,
        column: `survival_${time}`,
        message: `is beyond the longest follow-up of ${followUp}; the survival stands where it was then`,
      })
  const order = asked.map((_, i) => i).sort((a, b) => asked[a] - asked[b])
  const survival = predictor.survival!(
    matrix,
    order.map((i) => asked[i]),
  )
  const risk = predictor.risk!(matrix)
  const place = order.reduce<number[]>((places, i, at) => {
    places[i] = at
    return places
  }, [])
  return {
    header: ['risk', ...asked.map((time) => `survival_${time}`)],
    rows: rows.map((_, i) =>
      [risk[i], ...asked.map((_time, k) => survival[i * asked.length + place[k]])].map((value) =>
        Number.isNaN(value) ? null : value,
      ),
    ),
    problems,
  }
}
