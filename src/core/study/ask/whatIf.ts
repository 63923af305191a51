import { invalidInput, issue } from '../../../contract/errors.ts'
import type { Cell, Text } from '../../../contract/values.ts'
import { takeGrids, takeSequences } from '../../cohort/matrix.ts'
import { applyPreparation } from '../../cohort/prepare/prepare.ts'
import { type Column, columnOf, type Table } from '../../cohort/table.ts'
import { classPredictor, survivalPredictor, valuePredictor } from '../../learn/predictor.ts'
import { alignTable, type ModelFeature } from '../model.ts'
import { mainHorizon } from '../tasks/assessment.ts'
import type { ModelAtHand } from './hand.ts'

const steps = 41

const caution: Text = {
  en: 'This shows what the model predicts for a patient who differs in this one value. It is an association learned from records, not the effect of a treatment: changing the value need not change the outcome.',
  zh: '此图显示仅该项数值不同时模型的预测。这是从病历中学到的关联，并非治疗效果：改变该数值未必会改变结局。',
}

interface Asked {
  feature: string
  value: Cell
  horizon: number | null
}

/**
 * Values a factor may take: an even grid over what was seen in training (within the plausible range), or its levels.
 */
const valuesOf = (feature: ModelFeature): (number | string)[] => {
  if (feature.seen) return feature.seen
  if (feature.kind === 'boolean') return [0, 1]
  if (feature.levels) return feature.levels.map(({ code }) => Number(code))
  const low = Math.max(feature.low ?? 0, feature.plausible?.low ?? Number.NEGATIVE_INFINITY)
  const high = Math.min(feature.high ?? 0, feature.plausible?.high ?? Number.POSITIVE_INFINITY)
  if (feature.kind === 'integer' && high - low < steps)
    return Array.from({ length: Math.round(high - low) + 1 }, (_, i) => low + i)
  return Array.from({ length: steps }, (_, i) => low + ((high - low) * i) / (steps - 1))
}

const withValues = (table: Table, column: Column, values: readonly (number | string)[]): Table => {
  const rows = values.length
  return {
    rows,
    patients: new Int32Array(rows).fill(table.patients[0]),
    encounters: new Int32Array(rows).fill(table.encounters[0]),
    ...(table.sequences ? { sequences: takeSequences(table.sequences, new Int32Array(rows)) } : {}),
    ...(table.grids ? { grids: takeGrids(table.grids, new Int32Array(rows)) } : {}),
    columns: table.columns.map((one) =>
      one.name === column.name
        ? {
            ...one,
            levels: one.levels ? values.map(String) : null,
            values: Float64Array.from(values, (value, i) => (one.levels ? i : Number(value))),
          }
        : { ...one, values: new Float64Array(rows).fill(one.values[0]) },
    ),
  }
}

/** How one patient's prediction would change with one modifiable factor, all else as recorded. */
export const whatIf = (model: ModelAtHand, patient: Table, { feature: name, value, horizon }: Asked) => {
  const { header, predictor } = model
  const feature = header.features.find((one) => one.name === name)
  if (!feature) throw invalidInput('unknownFeature', { name }, [issue('feature', 'notInModel')])
  if (!feature.modifiable)
    throw invalidInput('notModifiable', { feature: feature.name }, [issue('feature', 'notModifiable')])
  const row = alignTable(header, patient)
  const column = columnOf(row, name)!
  const at = horizon ?? (header.horizons ? mainHorizon(header.horizons) : null)
  const predict = (table: Table): Float64Array => {
    const { matrix } = applyPreparation(header.preparation, table, null, 'predict')
    if (header.task === 'regression') return valuePredictor(predictor).values(matrix)
    if (header.task === 'survival')
      return survivalPredictor(predictor)
        .survival(matrix, [at as number])
        .map((survival) => 1 - survival)
    const classes = header.classes!.length
    const all = classPredictor(predictor).probabilities(matrix)
    return Float64Array.from({ length: table.rows }, (_, i) => all[i * classes + (header.positive as number)])
  }
  const values = valuesOf(feature)
  const predictions = predict(withValues(row, column, values))
  const current = Number.isNaN(column.values[0])
    ? null
    : column.levels
      ? column.levels[column.values[0]]
      : column.values[0]
  const chosen = value === null ? null : feature.seen ? String(value) : Number(value)
  if (typeof chosen === 'number' && !Number.isFinite(chosen))
    throw invalidInput('notANumber', { name: feature.name }, [issue('value', 'mustBeNumber')])
  const asCell = (one: number | string): Cell => (feature.kind === 'boolean' ? one === 1 : one)
  return {
    feature: name,
    label: feature.label,
    unit: feature.unit,
    current: current === null ? null : asCell(current),
    points: values.map((one, i) => ({ value: asCell(one), prediction: predictions[i] })),
    scale:
      header.task === 'diagnosis'
        ? ('probability' as const)
        : header.task === 'survival'
          ? ('risk' as const)
          : ('value' as const),
    class: header.task === 'diagnosis' ? header.classes![header.positive as number] : null,
    horizon: header.task === 'survival' ? at : null,
    before: predict(row)[0],
    after: chosen === null ? null : predict(withValues(row, column, [chosen]))[0],
    caution,
  }
}
