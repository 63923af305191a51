import type { StudyDesign } from '../../contract/design.ts'
import { type Issue, invalidInput, issue, named, storageFailed } from '../../contract/errors.ts'
import type { Concept, Estimate, Task, Text } from '../../contract/values.ts'
import type { Preparation } from '../cohort/prepare/preparation.ts'
import { columnOf, type Table } from '../cohort/table.ts'
import { loadState } from '../learn/composite.ts'
import type { Learner, ModelState, Parameters, Predictor } from '../learn/learner.ts'
import { learnerOf } from '../learn/learners.ts'
import { decodeArtifact, encodeArtifact } from '../numbers/bytes.ts'

export const artifactFormat = 'bedside-model/1'

/** One predictor as the model knows it; enough to read a patient's value, or a file's, without the study. */
export interface ModelFeature {
  name: string
  label: Text
  unit: string | null
  kind: Concept['kind']
  levels: { code: string; label: Text }[] | null
  modifiable: boolean
  plausible: { low: number | null; high: number | null } | null
  /** Seen among development rows. */
  low: number | null
  high: number | null
  seen: string[] | null
  missing: number
  /** Mean absolute contribution over a sample of development rows. */
  importance: number | null
  /** Loss of rank on cases not learned from when the feature is dealt anew among them; null where there are none. */
  permutation: Estimate | null
}

/** A measurement over time as the model knows it. */
export interface ModelChannel {
  name: string
  unit: string | null
  label: Text
}

/** The artifact's JSON header. No dates, no machine, no thread count: the same run gives the same bytes. */
export interface ModelHeader {
  format: typeof artifactFormat
  build: string
  learner: string
  stateVersion: number
  task: Task
  design: StudyDesign
  snapshotHash: string
  features: ModelFeature[]
  /** The column whose levels have a baseline each, where the design names one. */
  strata?: ModelFeature
  /** What it reads over time, and the size of the pictures it reads. */
  channels?: ModelChannel[]
  grids?: { height: number; width: number; channels: string[] }
  preparation: Preparation
  parameters: Parameters
  classes: string[] | null
  /** Index of the class whose probability metrics speak of. */
  positive: number | null
  horizons: number[] | null
  /** Longest follow-up among development rows. */
  followUp: number | null
  rows: number
  events: number | null
  state: ModelState['header']
}

export interface OpenModel {
  header: ModelHeader
  learner: Learner
  predictor: Predictor
}

export const encodeModel = (header: Omit<ModelHeader, 'format' | 'state'>, state: ModelState): Uint8Array =>
  encodeArtifact({ header: { ...header, format: artifactFormat, state: state.header }, arrays: state.arrays })

/** Opens an artifact for prediction. Throws where the bytes are no model, or come from a newer version. */
export const openModel = async (bytes: Uint8Array): Promise<OpenModel> => {
  const { header: raw, arrays } = decodeArtifact(bytes)
  const header = raw as unknown as ModelHeader
  if (header.format !== artifactFormat)
    throw storageFailed('modelNewer', { format: String(header.format), known: artifactFormat })
  const learner = learnerOf(header.learner)
  if (!learner || header.stateVersion > learner.stateVersion)
    throw storageFailed('learnerNewer', { learner: header.learner })
  return { header, learner, predictor: await loadState(learner, { header: header.state, arrays }) }
}

/** Columns a model reads of a case: its features, and its strata where it has some. */
export const inputsOf = ({ features, strata }: Pick<ModelHeader, 'features' | 'strata'>): ModelFeature[] =>
  strata ? [...features, strata] : features

/**
 * A table with the model's columns, in its order, from a table of another study or file: levels are matched by their
 * text. Throws `invalidInput` naming the columns that are missing or of another kind.
 */
export const alignTable = (header: ModelHeader, table: Table): Table => {
  const issues: Issue[] = []
  const columns = inputsOf(header).map((feature) => {
    const column = columnOf(table, feature.name)
    if (!column) {
      issues.push(issue(feature.name, 'notThere'))
      return null
    }
    const wantsLevels = feature.seen !== null
    if (wantsLevels !== (column.levels !== null)) {
      issues.push(issue(feature.name, wantsLevels ? 'numberHere' : 'categoryHere'))
      return null
    }
    return column
  })
  if (issues.length > 0) throw invalidInput('columnsDiffer', { faults: named(issues) }, issues)
  return { ...table, columns: columns.filter((column) => column !== null) }
}
