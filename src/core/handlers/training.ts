import type { StudyDesign } from '../../contract/design.ts'
import type { DesignCheck } from '../../contract/models.ts'
import { encodeSnapshot } from '../cohort/snapshot.ts'
import { runLong } from '../jobs/long.ts'
import type { JobContext } from '../jobs/runner.ts'
import { columnsOf, outcomeColumns } from '../study/cases.ts'
import { checkHistory, summaryConcepts } from '../study/history.ts'
import { readTable } from '../vault/cases.ts'
import { listConcepts, plainConcept } from '../vault/concepts.ts'
import { insertModel } from '../vault/models.ts'
import { saveSnapshot } from '../vault/snapshots.ts'
import { getStudy } from '../vault/studies.ts'
import type { StoredDetail } from './cards.ts'
import type { Core } from './core.ts'
import { withHistory } from './history.ts'

const targetOf = ({ outcome }: StudyDesign): string =>
  outcome.task === 'survival'
    ? `${outcome.time}, ${outcome.event.column}=${outcome.event.values.join(',')}`
    : outcome.target

/** Learners whose backend the settings show. */
const nets: readonly string[] = ['neural', 'recurrent', 'convolutional']

/** A name a person recognises where none was given: `pbc survival, cox`. */
const nameOf = (design: StudyDesign, learner: string): string =>
  design.name.trim() || `${design.study} ${design.outcome.task}, ${learner}`

/** The columns a design needs of the vault, with what reading them found. */
const readColumns = (core: Core, design: StudyDesign) => {
  const { read } = core.vault()
  const study = getStudy(read, design.study)
  const dictionary = listConcepts(read, study.id)
  checkHistory(design, dictionary, outcomeColumns(design))
  const summaries = summaryConcepts(design, dictionary)
  const concepts = [...dictionary.filter(({ repeated }) => !repeated).map(plainConcept), ...summaries]
  const summed = new Set(summaries.map(({ name }) => name))
  const names = columnsOf(design, concepts).filter((name) => !summed.has(name))
  const { table, warnings } = withHistory(read, study, design, readTable(read, study.id, names))
  return { study, concepts, measured: dictionary.map(plainConcept), table, warnings }
}

/** What stands for and against a design, found on a worker thread; nothing is trained or stored. */
export const checkDesignOf = async (core: Core, design: StudyDesign, signal?: AbortSignal): Promise<DesignCheck> => {
  const { concepts, table, warnings } = readColumns(core, design)
  const context = { signal: signal ?? new AbortController().signal, report: () => {} }
  const found = await runLong(core.options.worker, 'check', { design, concepts, table }, context)
  return { ...found, warnings: [...warnings, ...found.warnings] }
}

/**
 * Trains by a design: columns from the vault, the run on a worker thread, the model back into the vault with its snapshot, in
 * one transaction. Cancelled or failed, it leaves nothing.
 */
export const trainModel = async (
  core: Core,
  design: StudyDesign,
  user: string,
  context: JobContext,
): Promise<{ model: number; hash: string }> => {
  context.report('readingRows', 0)
  const vault = core.vault()
  const { study, concepts, measured, table, warnings } = readColumns(core, design)
  const { bytes, hash: snapshotHash } = encodeSnapshot(table)
  const { build, threads, worker } = core.options
  const result = await runLong(
    worker,
    'train',
    { design, concepts, measured, table, warnings, snapshotHash, build, threads },
    context,
  )
  if (result.backend !== null && nets.includes(result.learner)) core.neuralBackend = result.backend
  const { artifact, reference, hash, learner, ...facts } = result
  const features = facts.features.map(({ seen, plausible: _plausible, ...feature }) => ({ ...feature, levels: seen }))
  const detail: StoredDetail = { ...facts, features, build }
  const stored = await vault.write((store) => {
    saveSnapshot(store, { study: study.id, rows: table.rows, columns: table.columns.length, bytes })
    return insertModel(store, {
      name: nameOf(design, learner),
      task: design.outcome.task,
      learner,
      study: study.id,
      target: targetOf(design),
      artifact,
      reference,
      hash,
      design,
      snapshot: snapshotHash,
      detail,
      by: user,
    })
  })
  return { model: stored.id, hash }
}
