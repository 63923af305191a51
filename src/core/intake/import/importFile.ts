import { cancelled, conflict, invalidInput, named } from '../../../contract/errors.ts'
import { type ImportReport, type Mapping, MappingSchema } from '../../../contract/intake.ts'
import type { Concept } from '../../../contract/values.ts'
import { warn, warnAs } from '../../../contract/warnings.ts'
import { breathe } from '../../async.ts'
import { addRejectedRows, beginBatch, finishBatch, listBatches } from '../../vault/records/batches.ts'
import type { BatchHandle } from '../../vault/records/batchHandle.ts'
import { type CaseRow, insertCases } from '../../vault/records/cases.ts'
import { addConcepts, addLevels, listConcepts, plainConcept, type StoredConcept } from '../../vault/records/concepts.ts'
import { countFurtherEncounters } from '../../vault/records/encounters.ts'
import { saveMapping } from '../../vault/records/mappings.ts'
import { insertObservations } from '../../vault/records/observations.ts'
import { createStudy, findStudy } from '../../vault/records/studies.ts'
import type { ReadStore, WriteStore } from '../../vault/store/store.ts'
import type { Vault } from '../../vault/store/vault.ts'
import type { LongRows } from '../check/longRows.ts'
import type { RowsChunk, RowsSummary } from '../check/rows.ts'
import { createTally, type OnProgress } from '../check/tally.ts'
import type { WideRows } from '../check/wideRows.ts'
import { type Plan, planImport } from '../mapping/plan.ts'
import { type FileSource, openSource } from '../source.ts'
import { insertResources } from './insertResources.ts'
import { openRowsThread, type RowsThread, type ThreadOptions } from './rowsThread.ts'

export type { OnProgress } from '../check/tally.ts'
export { previewFile } from './rowsThread.ts'

export interface ValidateRequest extends ThreadOptions {
  source: FileSource
  /** Study the file would go to; its dictionary decides where it has one. */
  study: string
  mapping: Mapping
  store: ReadStore
  onProgress?: OnProgress
}

export interface ImportRequest extends ThreadOptions {
  vault: Vault
  source: FileSource
  /** Made where it is new. */
  study: string
  /** What a new study is called, and where it comes from. */
  about?: { title: string; source: string | null }
  mapping: Mapping
  /** Id of the user who imports. */
  user: string | null
  saveMappingAs?: string | null
  /** Import although the study has this very file already. */
  again?: boolean
  onProgress?: OnProgress
}

/** Checks every row of a file against a mapping; writes nothing. */
export const validateFile = async (request: ValidateRequest): Promise<ImportReport> => {
  const { source, study, store, onProgress, signal, workerUrl } = request
  const started = performance.now()
  const mapping = checkedMapping(request.mapping)
  const found = findStudy(store, study)
  const planOf = (header: string[]) => planImport(mapping, header, found ? dictionaryOf(store, found.id) : [])
  const tally = createTally(onProgress)
  const thread = openRowsThread({ signal, workerUrl })
  const summary = await each(thread.read({ source, mapping, pack: false }, planOf), tally.add).finally(thread.close)
  return tally.report({ batch: null, study, seconds: secondsSince(started), summary, warnings: [] })
}

/**
 * Imports a file into a study: all accepted rows and the list of the rejected ones, in one transaction, or nothing.
 * Reading, checking and packing happen on a thread of their own; here rows are inserted slice by slice, and whatever
 * else the core has to do comes between. `imported + rejected = rows`, always. Throws `sameFile` (conflict) where the
 * study has this very file, `mappingDoesNotFit`, `emptyFile`, `fileChanged`, and `cancelled` where the signal is
 * aborted: nothing is kept then.
 */
export const importFile = async (request: ImportRequest): Promise<ImportReport> => {
  const thread = openRowsThread(request)
  try {
    return await importRows(request, thread)
  } finally {
    await thread.close()
  }
}

const importRows = async (request: ImportRequest, thread: RowsThread): Promise<ImportReport> => {
  const { vault, source, study: name, user, signal, onProgress } = request
  const started = performance.now()
  const mapping = checkedMapping(request.mapping)
  const sha256 = await (await openSource(source)).sha256()
  return vault.exclusive(async (store) => {
    stopIfAborted(signal)
    const study =
      findStudy(store, name) ??
      createStudy(store, {
        name,
        by: user,
        title: request.about?.title ?? name,
        source: request.about?.source ?? null,
      })
    const same = listBatches(store).filter(
      (batch) => batch.study === name && batch.sha256 === sha256 && !batch.undoneAt,
    )
    if (same.length > 0 && !request.again)
      throw conflict('sameFile', { study: name, batch: same[0].batch, date: same[0].importedAt.slice(0, 10) })
    const batch = beginOnceRead(store, { study: study.id, file: source.file, sha256, mapping, user })
    const tally = createTally(onProgress)
    const summary = await each(thread.read({ source, mapping, pack: true }, batch.planOf), (chunk) => {
      stopIfAborted(signal)
      const { insert, handle } = batch.begun()
      insert.add(chunk)
      const kept = tally.add(chunk)
      if (kept.length > 0) addRejectedRows(store, handle, kept)
    })
    const { concepts, handle, insert } = batch.begun()
    stopIfAborted(signal)
    if (summary.sha256 !== sha256) throw conflict('fileChanged', { file: source.file })
    for (const { concept, levels } of summary.newLevels) {
      const stored = [...concepts, ...insert.tests()].find((entry) => entry.name === concept)
      if (stored) addLevels(store, stored.id, levels)
    }
    const { imported, rejected } = tally.counts()
    finishBatch(store, handle, { rows: summary.rows, imported, rejected })
    if (request.saveMappingAs) saveMapping(store, request.saveMappingAs, mapping, user)
    const warnings = [...insert.warnings()]
    const further = study.cases > 0 ? countFurtherEncounters(store, handle.batch) : 0
    if (further > 0) warnings.push(warn('furtherCases', { further, imported, study: name }))
    if (same.length > 0) warnings.push(warnAs('sameFile', 'sameFileBefore', { batch: same[0].batch }))
    return tally.report({ batch: handle.batch, study: name, seconds: secondsSince(started), summary, warnings })
  })
}

/** The dictionary as the contract has it, without what only the vault needs. */
const dictionaryOf = (store: ReadStore, study: number): Concept[] => listConcepts(store, study).map(plainConcept)

const checkedMapping = (mapping: Mapping): Mapping => {
  const checked = MappingSchema.safeParse(mapping)
  if (checked.success) return checked.data
  const issues = checked.error.issues.map(({ path, message }) => ({ path: path.join('.'), reason: message }))
  throw invalidInput('mappingMalformed', { faults: named(issues.slice(0, 1)) }, issues)
}

/**
 * A batch that begins when the file's header is there: its concepts come from the plan, and the plan from the header.
 */
const beginOnceRead = (
  store: WriteStore,
  about: { study: number; file: string; sha256: string; mapping: Mapping; user: string | null },
) => {
  const { study, file, sha256, mapping, user } = about
  let begun: { concepts: StoredConcept[]; handle: BatchHandle; insert: ReturnType<typeof createInsertion> } | null =
    null
  return {
    planOf: (header: string[]): Plan => {
      const plan = planImport(mapping, header, dictionaryOf(store, study))
      const concepts = plan.shape === 'wide' ? storedFields(store, study, plan.fields) : []
      const handle = beginBatch(store, {
        study,
        file,
        sha256,
        mapping,
        by: user,
        concepts: plan.shape === 'resources' ? null : concepts.map(({ id }) => id),
        identifierSystem: mapping.identifierSystem,
      })
      begun = { concepts, handle, insert: createInsertion(store, handle) }
      return plan
    },
    begun: () => {
      if (begun === null) throw new Error('Rows came before their header')
      return begun
    },
  }
}

/**
 * The concepts of the record's fields, made where the study lacks them. The plan's levels become the stored ones, in
 * their
 * order: records hold a level's index.
 */
const storedFields = (
  store: WriteStore,
  study: number,
  fields: Extract<Plan, { shape: 'wide' }>['fields'],
): StoredConcept[] => {
  const concepts = addConcepts(
    store,
    study,
    fields.map(({ concept }) => concept),
  )
  fields.forEach((field, index) => {
    if (field.concept.levels) field.concept = { ...field.concept, levels: concepts[index].levels }
  })
  return concepts
}

const createInsertion = (store: WriteStore, handle: BatchHandle) => {
  const tests: StoredConcept[] = []
  const contradictions: { row: number; field: string }[] = []
  let contradicted = 0

  const note = (conflicts: { row: number; field: string }[]) => {
    contradicted += conflicts.length
    if (contradictions.length < 3) contradictions.push(...conflicts.slice(0, 3 - contradictions.length))
  }

  const addWide = ({ rows, keys, names, birthDates, sexes, dates, records, ends }: WideRows): void => {
    const cases: CaseRow[] = new Array(rows.length)
    for (let i = 0; i < rows.length; i++)
      cases[i] = {
        patientKey: keys ? keys[i] : null,
        name: names ? names[i] : null,
        birthDate: birthDates ? birthDates[i] : null,
        sex: sexes ? sexes[i] : null,
        date: dates ? dates[i] : null,
        row: rows[i],
        record: records.subarray(i === 0 ? 0 : ends[i - 1], ends[i]),
      }
    note(insertCases(store, handle, cases).conflicts)
  }

  const addLong = ({ rows, keys, tests: of, days, values, raws, newTests }: LongRows): void => {
    if (newTests.length > 0) tests.push(...addConcepts(store, handle.study, newTests))
    if (rows.length === 0) return
    insertObservations(
      store,
      handle,
      keys.map((patientKey, i) => ({
        patientKey,
        concept: tests[of[i]].id,
        day: days[i],
        value: values[i],
        raw: raws[i],
        row: rows[i],
      })),
    )
  }

  return {
    add: ({ wide, long, resources }: RowsChunk): void => {
      if (wide && wide.rows.length > 0) addWide(wide)
      if (long) addLong(long)
      if (resources) {
        if (resources.newTests.length > 0) tests.push(...addConcepts(store, handle.study, resources.newTests))
        note(insertResources(store, handle, resources, tests))
      }
    },
    tests: () => tests,
    warnings: (): ImportReport['warnings'] =>
      contradicted === 0
        ? []
        : [
            warn('contradictions', {
              rows: contradicted,
              where: contradictions.map(({ row, field }) => ({ text: 'warnings:fieldInRow', values: { row, field } })),
            }),
          ],
  }
}

const each = async (
  rows: AsyncGenerator<RowsChunk, RowsSummary>,
  work: (chunk: RowsChunk) => unknown,
): Promise<RowsSummary> => {
  for (;;) {
    const next = await rows.next()
    if (next.done) return next.value
    work(next.value)
    // Gives way to what waited while a slice was inserted.
    await breathe()
  }
}

const secondsSince = (start: number): number => Math.round(performance.now() - start) / 1000

const stopIfAborted = (signal: AbortSignal | undefined): void => {
  if (signal?.aborted) throw cancelled('cancelled')
}
