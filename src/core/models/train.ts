import type { StudyDesign } from '../../contract/design.ts'
import { conflict } from '../../contract/errors.ts'
import type { DesignCheck } from '../../contract/models.ts'
import { encodeSnapshot, hashWithVaultRows, withoutVaultRows } from '../cohort/snapshot.ts'
import { withHistory } from '../extract/history.ts'
import type { JobContext, JobHandler } from '../jobs/runner.ts'
import { learnerOf } from '../learn/learners.ts'
import { keepVaultRows } from '../study/ask/vaultRows.ts'
import { columnsOf, outcomeColumns } from '../study/design/cases.ts'
import { checkHistory, summaryConcepts } from '../study/design/history.ts'
import { jobSnapshot, jobUnits, noteJobSnapshot, saveJobUnit } from '../vault/models/jobs.ts'
import { insertModel } from '../vault/models/models.ts'
import { saveSnapshot } from '../vault/models/snapshots.ts'
import { readTable } from '../vault/records/cases.ts'
import { listConcepts, plainConcept } from '../vault/records/concepts.ts'
import { getStudy } from '../vault/records/studies.ts'
import type { Vault } from '../vault/store/vault.ts'
import type { StoredDetail } from './cards.ts'
import { requireMemory } from './memory.ts'
import type { ModelServices } from './services.ts'

const targetOf = ({ outcome }: StudyDesign): string =>
  outcome.task === 'survival'
    ? `${outcome.time}, ${outcome.event.column}=${outcome.event.values.join(',')}`
    : outcome.target

/** Of a build what decides a fit: a new version that fits alike makes the same models. */
const fitCodeIn = (build: string): string => build.slice(build.indexOf('+') + 1)

/** A name a person recognises where none was given: `pbc survival, cox`. */
const nameOf = (design: StudyDesign, learner: string): string =>
  design.name.trim() || `${design.study} ${design.outcome.task}, ${learner}`

/** The columns a design needs of the vault, with what reading them found. */
const readColumns = (services: ModelServices, design: StudyDesign) => {
  const { read } = services.vault()
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
export const checkDesignOf = async (
  services: ModelServices,
  design: StudyDesign,
  signal?: AbortSignal,
): Promise<DesignCheck> => {
  const { concepts, table, warnings } = readColumns(services, design)
  const context = { signal: signal ?? new AbortController().signal, report: () => {} }
  const found = await services.transport.run('check', { design, concepts, table }, context)
  return { ...found, warnings: [...warnings, ...found.warnings] }
}

/** Trainings as jobs; one that was interrupted goes on from its finished fits. */
export const trainJob = (services: ModelServices): JobHandler<'train'> => ({
  title: ({ design }) => design.name || `${design.study}: ${design.learner}`,
  check: ({ design }) => {
    // While another is at work, what will be free at its end is not known; it is looked at again when its turn comes.
    if (!services.jobs.busy) requireMemory(services, design)
  },
  run: ({ design }, context) => {
    const snapshot = jobSnapshot(services.vault().read, context.job)
    return trainModel(services, design, context.user, context, { job: context.job, snapshot })
  },
})

/** Of one training; what goes beyond is made again after an interruption. */
const mostUnitBytes = 512 * 1024 * 1024

/** Units that were finished before, and the vault as the place for the next ones. */
const unitsOf = async (vault: Vault, job: string, snapshot: string) => {
  let kept = 0
  await vault.write((store) => noteJobSnapshot(store, job, snapshot))
  const pending = new Set<Promise<void>>()
  return {
    known: jobUnits(vault.read, job),
    put: (key: string, bytes: Uint8Array) => {
      kept += bytes.length
      if (kept > mostUnitBytes) return
      // Where it cannot be kept, the disk being full say, it is only made again.
      const written: Promise<void> = vault
        .write((store) => saveJobUnit(store, job, key, bytes))
        .catch(() => {})
        .finally(() => pending.delete(written))
      pending.add(written)
    },
    kept: async () => {
      while (pending.size > 0) await Promise.all(pending)
    },
  }
}

/** A training that can be interrupted and taken up again, by its job. */
interface Attempt {
  job: string
  /** Of the columns that it had read when it was interrupted. */
  snapshot: string | null
}

/**
 * Trains by a design: columns from the vault, the run on a worker thread, the model back into the vault with its
 * snapshot, in one transaction. Cancelled or failed, it leaves nothing.
 */
export const trainModel = async (
  services: ModelServices,
  design: StudyDesign,
  user: string,
  context: Omit<JobContext, 'job' | 'user'>,
  attempt?: Attempt,
): Promise<{ model: number; hash: string }> => {
  context.report('readingRows', 0)
  requireMemory(services, design)
  const vault = services.vault()
  const { study, concepts, measured, table: read, warnings } = readColumns(services, design)
  const { table, vaultRows } = withoutVaultRows(read)
  const { bytes, hash: snapshotHash } = encodeSnapshot(table)
  const { build, threads } = services.options
  if (attempt?.snapshot && ![snapshotHash, hashWithVaultRows(read)].includes(attempt.snapshot))
    throw conflict('casesChanged', { study: study.name })
  const units = attempt && (await unitsOf(vault, attempt.job, snapshotHash))
  const input = { design, concepts, measured, table, warnings, snapshotHash, build: fitCodeIn(build), threads }
  const result = await services.transport.run('train', input, { ...context, units }).finally(() => units?.kept())
  if (result.backend !== null && learnerOf(result.learner)?.family === 'nets') services.neuralBackend = result.backend
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
      reference: keepVaultRows(reference, vaultRows),
      hash,
      design,
      snapshot: snapshotHash,
      detail,
      by: user,
    })
  })
  return { model: stored.id, hash }
}
