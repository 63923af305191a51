import { invalidInput } from '../../contract/errors.ts'
import type { ConceptKind } from '../../contract/values.ts'
import { applyPreparation } from '../cohort/prepare.ts'
import type { Column, Table } from '../cohort/table.ts'
import type { ModelAtHand } from './hand.ts'
import type { ModelFeature } from './model.ts'

interface Problem {
  /** From 1; 0: the whole table. */
  row: number
  column: string | null
  message: string
}

const missingTexts = new Set(['', 'NA', 'NaN', 'null', 'NULL'])
const booleanWords: Record<string, number> = {
  true: 1,
  yes: 1,
  y: 1,
  t: 1,
  '1': 1,
  是: 1,
  有: 1,
  false: 0,
  no: 0,
  n: 0,
  f: 0,
  '0': 0,
  否: 0,
  无: 0,
}

const numberOf = (text: string, kind: ConceptKind): number => {
  if (kind === 'boolean') return booleanWords[text.toLowerCase()] ?? Number.NaN
  if (kind === 'date') return Date.parse(text) / 86_400_000
  return Number(text)
}

const readColumn = (feature: ModelFeature, texts: readonly string[], problems: Problem[]): Column => {
  const { name, kind, unit } = feature
  const values = new Float64Array(texts.length).fill(Number.NaN)
  if (feature.seen) {
    const levels = [...new Set(texts.filter((text) => !missingTexts.has(text)))].sort()
    const { seen } = feature
    // Sizes in millimetres under a model that learned bands: another coding, not a rare level.
    if (levels.length > 0 && texts.length > 1 && !levels.some((level) => seen.includes(level)))
      problems.push({
        row: 0,
        column: name,
        message: `holds no value that was seen in training (${seen.slice(0, 6).join(', ')}${seen.length > 6 ? ', ...' : ''}); check how it is coded`,
      })
    const index = new Map(levels.map((level, at) => [level, at]))
    texts.forEach((text, row) => {
      values[row] = index.get(text) ?? Number.NaN
    })
    return { name, kind, unit, values, levels }
  }
  texts.forEach((text, row) => {
    if (missingTexts.has(text)) return
    const value = numberOf(text, kind)
    if (Number.isFinite(value)) values[row] = value
    else
      problems.push({ row: row + 1, column: name, message: `"${text.slice(0, 40)}" is not a number; taken as missing` })
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
 * ranks patients; of Cox the linear predictor) and `survival_<time>`, or `prediction`. Missing cells are filled as in training, and said. Throws `invalidInput` naming the
 * columns that the table lacks.
 */
export const predictRows = (model: ModelAtHand, { header, rows, times }: Rows) => {
  const { header: known, predictor } = model
  const lacking = known.features.map(({ name }) => name).filter((name) => !header.includes(name))
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
  const columns = known.features.map((feature) => {
    const at = header.indexOf(feature.name)
    return readColumn(
      feature,
      rows.map((row) => (row[at] ?? '').trim()),
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
  for (const { name, positions, with: filling, unseen } of prepared.filled) {
    const strange = new Map(unseen.map(({ position, level }) => [position, level]))
    for (const position of positions)
      problems.push({
        row: position + 1,
        column: name,
        message: `${strange.has(position) ? `"${strange.get(position)}" was not seen in training` : 'missing'}; ${filling === null ? 'left missing' : `filled with ${filling}`}`,
      })
  }
  const { matrix } = prepared
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
    rows: rows.map((_, i) => [risk[i], ...asked.map((_time, k) => survival[i * asked.length + place[k]])]),
    problems,
  }
}
