import type { Concept, Estimate } from '../../../contract/values.ts'
import { columnOf, type Table } from '../../cohort/table.ts'
import type { ModelChannel, ModelFeature } from '../model.ts'

/** What the model knows of its predictors: the dictionary's entry, and what was seen among development rows. */
export const describeFeatures = (
  concepts: readonly Concept[],
  features: readonly string[],
  table: Table,
  rows: Int32Array,
  importance: readonly number[],
  permutation: ReadonlyMap<string, Estimate> | null,
): ModelFeature[] =>
  features.map((name, index) => {
    const concept = concepts.find((one) => one.name === name) as Concept
    const column = columnOf(table, name)!
    let low = Number.POSITIVE_INFINITY
    let high = Number.NEGATIVE_INFINITY
    let missing = 0
    const seen = new Set<number>()
    for (const row of rows) {
      const value = column.values[row]
      if (Number.isNaN(value)) {
        missing++
        continue
      }
      if (value < low) low = value
      if (value > high) high = value
      if (column.levels) seen.add(value)
    }
    const numeric = column.levels === null && low <= high
    return {
      name,
      label: concept.label,
      unit: concept.unit,
      kind: concept.kind,
      levels: concept.levels,
      modifiable: concept.modifiable,
      plausible: concept.plausible,
      low: numeric ? low : null,
      high: numeric ? high : null,
      seen: column.levels ? [...seen].sort((a, b) => a - b).map((value) => column.levels![value]) : null,
      missing,
      importance: importance[index],
      permutation: permutation?.get(name) ?? null,
    }
  })

/** What a model knows of the channels and pictures it reads beside its features; nothing where it reads none. */
export const channelsOf = (
  concepts: readonly Concept[],
  { sequences, grids }: Pick<Table, 'sequences' | 'grids'>,
): { channels?: ModelChannel[]; grids?: { height: number; width: number; channels: string[] } } => ({
  ...(sequences
    ? {
        channels: sequences.channels.map(({ name, unit }) => ({
          name,
          unit,
          label: concepts.find((concept) => concept.name === name)?.label ?? { en: name },
        })),
      }
    : {}),
  ...(grids ? { grids: { height: grids.height, width: grids.width, channels: [...grids.channels] } } : {}),
})
