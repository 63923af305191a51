import { createHash, randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { concept, freshVault, importCases } from '../../../../test/fixtures/vault.ts'
import { type Mapping, MappingSchema } from '../../../contract/intake.ts'
import { addUser, listUsers } from '../keys/users.ts'
import { readTable } from '../records/cases.ts'
import { listMappings, mappingForHeader, saveMapping } from '../records/mappings.ts'
import { getStudy } from '../records/studies.ts'
import { readSettings, writeSettings } from '../store/settings.ts'
import type { WriteStore } from '../store/store.ts'
import type { User, Vault } from '../store/vault.ts'
import { insertEvaluation, listEvaluations } from './evaluations.ts'
import { listJobs, type StoredJob, saveJob } from './jobs.ts'
import {
  describeModel,
  getModel,
  insertModel,
  listModels,
  modelArtifact,
  modelDesign,
  modelDetail,
  modelReference,
  removeModel,
  replaceModelDetail,
} from './models.ts'
import {
  feedbackCounts,
  getPrediction,
  predictionHistory,
  recordPrediction,
  respondToPrediction,
} from './predictions.ts'
import { hasSnapshot, readSnapshot, removeUnusedSnapshots, saveSnapshot } from './snapshots.ts'

let vault: Vault
let user: User
let remove: () => void
let patient: number
let encounter: number
beforeAll(async () => {
  ;({ vault, user, remove } = await freshVault())
  await vault.write((store) =>
    importCases(store, 'pbc', [concept('x', 'number')], [{ patientKey: '1', cells: { x: 1 } }]),
  )
  const table = readTable(vault.read, 'pbc')
  patient = table.patients[0]
  encounter = table.encounters[0]
})
afterAll(() => remove())

const hashOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
const artifact = randomBytes(5000)

const keep = (store: WriteStore, name: string, bytes = new Uint8Array([1, 2, 3])) =>
  insertModel(store, {
    name,
    task: 'survival',
    learner: 'cox',
    study: getStudy(store, 'pbc').id,
    target: 'time',
    artifact,
    hash: hashOf(artifact),
    reference: new Uint8Array([9]),
    design: { learner: 'cox', seed: 1 },
    detail: { rows: 1 },
    by: user.id,
    snapshot: saveSnapshot(store, { study: getStudy(store, 'pbc').id, rows: 1, columns: 1, bytes }),
  })

test('a snapshot larger than a part comes back byte for byte, is kept once, and is told when damaged', async () => {
  const bytes = randomBytes(17 * 1024 * 1024 + 5)
  const about = { study: getStudy(vault.read, 'pbc').id, rows: 10, columns: 2, bytes }
  const hash = await vault.write((store) => saveSnapshot(store, about))
  expect(hash).toBe(hashOf(bytes))
  await vault.write((store) => saveSnapshot(store, about))
  expect(Buffer.from(readSnapshot(vault.read, hash)).equals(bytes)).toBe(true)
  expect(() => readSnapshot(vault.read, 'none')).toThrow('no snapshot none')
  await vault.write((store) =>
    store.run('UPDATE snapshot_part SET bytes = ? WHERE part = 1', randomBytes(8 * 1024 * 1024)),
  )
  expect(() => readSnapshot(vault.read, hash)).toThrow('do not have its hash')
  await vault.write((store) => removeUnusedSnapshots(store))
  expect(hasSnapshot(vault.read, hash)).toBe(false)
  expect(vault.read.value('SELECT count(*) FROM snapshot_part')).toBe(0)
})

test('models of one name are versions of it; a number is never given twice', async () => {
  const [first, second] = await vault.write((store) => [keep(store, 'PBC survival'), keep(store, 'PBC survival')])
  expect([first.version, second.version]).toEqual([1, 2])
  expect(first).toMatchObject({ study: 'pbc', trainedBy: user.displayName, bytes: 5000, approvedBy: null })
  expect(listModels(vault.read).map(({ id }) => id)).toEqual([second.id, first.id])
  expect(Buffer.from(modelArtifact(vault.read, first.id)).equals(artifact)).toBe(true)
  expect([...modelReference(vault.read, first.id)]).toEqual([9])
  expect(modelDesign(vault.read, first.id)).toEqual({ learner: 'cox', seed: 1 })
  expect(modelDetail(vault.read, first.id)).toEqual({ rows: 1 })
  await vault.write((store) => replaceModelDetail(store, first.id, { rows: 2 }))
  expect(modelDetail(vault.read, first.id)).toEqual({ rows: 2 })
  const described = await vault.write((store) =>
    describeModel(store, first.id, { intendedUse: 'Adults with PBC', approvedBy: user.id }),
  )
  expect(described).toMatchObject({
    name: 'PBC survival',
    intendedUse: 'Adults with PBC',
    approvedBy: user.displayName,
  })
  const renamed = await vault.write((store) => describeModel(store, second.id, { name: 'Other' }))
  expect(renamed).toMatchObject({ name: 'Other', version: 1 })
})

test('an artifact whose bytes are not those of its hash is never used', async () => {
  await expect(
    vault.write((store) => {
      const model = keep(store, 'tampered')
      store.run('UPDATE model SET artifact = ? WHERE id = ?', randomBytes(5000), model.id)
      modelArtifact(store, model.id)
    }),
  ).rejects.toMatchObject({ failure: { code: 'storageFailed', reason: 'studyDamaged' } })
})

test('what was shown and what the doctor decided is kept, also of a model that was removed since', async () => {
  const model = await vault.write((store) => keep(store, 'asked', new Uint8Array([7])))
  const shown = await vault.write((store) =>
    recordPrediction(store, {
      patient,
      encounter,
      model: model.id,
      user: user.id,
      inputs: { x: 1 },
      summary: { class: { en: 'malignant' }, probability: 0.18 },
      payload: { risk: 0.18 },
    }),
  )
  expect(getPrediction(vault.read, shown)).toMatchObject({ payload: { risk: 0.18 }, by: user.displayName, patient })
  expect(predictionHistory(vault.read, patient)[0]).toMatchObject({ prediction: shown, outcome: null })
  const answer = (outcome: 'deferred' | 'overridden', reason: string | null) =>
    vault.write((store) =>
      respondToPrediction(store, { prediction: shown, outcome, reason, comment: null, user: user.id }),
    )
  await answer('deferred', null)
  await answer('overridden', 'clinicalContext')
  expect(feedbackCounts(vault.read, model.id)).toEqual({ shown: 1, accepted: 0, overridden: 1, deferred: 0 })
  await vault.write((store) => {
    removeModel(store, model.id)
    removeUnusedSnapshots(store)
  })
  expect(predictionHistory(vault.read, patient)).toEqual([
    expect.objectContaining({
      prediction: shown,
      modelName: 'asked',
      outcome: 'overridden',
      reason: 'clinicalContext',
      summary: { class: { en: 'malignant' }, probability: 0.18 },
    }),
  ])
  expect(vault.read.value('SELECT count(*) FROM feedback')).toBe(2)
  expect(() => getModel(vault.read, model.id)).toThrow('no model')
  expect(hasSnapshot(vault.read, hashOf(new Uint8Array([7])))).toBe(true)
  await expect(
    vault.write((store) =>
      respondToPrediction(store, { prediction: 'none', outcome: 'accepted', reason: null, comment: null, user: null }),
    ),
  ).rejects.toMatchObject({ failure: { code: 'notFound', reason: 'predictionMissing' } })
})

test('a model that was never asked goes whole, with its validations and its snapshot', async () => {
  const model = await vault.write((store) => keep(store, 'unused', new Uint8Array([8])))
  const evaluation = await vault.write((store) =>
    insertEvaluation(store, { model: model.id, study: getStudy(store, 'pbc').id, by: user.id, document: { flow: [] } }),
  )
  expect(listEvaluations(vault.read, model.id)).toEqual([
    { evaluation, model: model.id, study: 'pbc', at: expect.stringMatching(/^\d{4}-/), document: { flow: [] } },
  ])
  await vault.write((store) => {
    removeModel(store, model.id)
    removeUnusedSnapshots(store)
  })
  expect(() => modelArtifact(vault.read, model.id)).toThrow('no model')
  expect(vault.read.value('SELECT count(*) FROM evaluation')).toBe(0)
  expect(hasSnapshot(vault.read, hashOf(new Uint8Array([8])))).toBe(false)
})

test("settings are the user's own; those of the vault are everyone's", async () => {
  const other = { id: crypto.randomUUID(), displayName: 'Bo', role: 'clerk' as const }
  await vault.write((store) => {
    addUser(store, other)
    writeSettings(store, user.id, { language: 'zh-CN', scale: 1.25 })
    writeSettings(store, other.id, { language: 'en' })
    writeSettings(store, null, { clinic: 'Ward 7' })
    writeSettings(store, user.id, { language: 'en', dark: true })
  })
  expect(readSettings(vault.read, user.id)).toEqual({ dark: true, language: 'en', scale: 1.25 })
  expect(readSettings(vault.read, other.id)).toEqual({ language: 'en' })
  expect(readSettings(vault.read, null)).toEqual({ clinic: 'Ward 7' })
  expect(listUsers(vault.read).map(({ displayName, role, disabled }) => [displayName, role, disabled])).toEqual([
    [user.displayName, 'administrator', false],
    ['Bo', 'clerk', false],
  ])
})

test('a saved mapping is found again for a file with the same header, and for no other', async () => {
  const mapping = (...columns: string[]): Mapping =>
    MappingSchema.parse({
      dialect: { encoding: 'utf-8', delimiter: ',', quote: '"', decimal: '.', header: true },
      columns: columns.map((column) => ({
        column,
        use: 'import',
        concept: concept(column, 'number'),
        sourceUnit: null,
        dateFormat: null,
      })),
    })
  await vault.write((store) => {
    saveMapping(store, 'labs', mapping('id', 'bili'), user.id)
    saveMapping(store, 'ward', mapping('id', 'age'), null)
    saveMapping(store, 'labs', mapping('id', 'bili', 'alb'), user.id)
  })
  expect(listMappings(vault.read).map(({ name }) => name)).toEqual(['labs', 'ward'])
  expect(mappingForHeader(vault.read, ['id', 'bili', 'alb'])).toMatchObject({
    name: 'labs',
    mapping: mapping('id', 'bili', 'alb'),
  })
  expect(mappingForHeader(vault.read, ['id', 'bili'])).toBeUndefined()
  expect(mappingForHeader(vault.read, ['bili', 'id', 'alb'])).toBeUndefined()
})

test('how a job ended is kept', async () => {
  const job: StoredJob = {
    job: 'j1',
    kind: 'train',
    title: 'pbc',
    state: 'running',
    startedAt: '2025-01-01T00:00:00Z',
    endedAt: null,
    worked: 0,
    result: null,
    failure: null,
    spec: { kind: 'train', input: { design: { study: 'pbc' } } },
    user: user.id,
  }
  await vault.write((store) => saveJob(store, job))
  const failure = { code: 'cancelled' as const, reason: 'cancelled', message: 'Cancelled.' }
  await vault.write((store) => saveJob(store, { ...job, state: 'cancelled', endedAt: '2025-01-01T00:01:00Z', failure }))
  expect(listJobs(vault.read, 10)).toEqual([{ ...job, state: 'cancelled', endedAt: '2025-01-01T00:01:00Z', failure }])
})
