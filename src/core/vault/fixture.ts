import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Concept, ConceptKind } from '../../contract/values.ts'
import { type BatchHandle, beginBatch, finishBatch } from './batches.ts'
import { type CaseRow, insertCases } from './cases.ts'
import { addConcepts, type StoredConcept } from './concepts.ts'
import { encodeRecord } from './record.ts'
import { leastKeyDerivation } from './slots.ts'
import type { WriteStore } from './store.ts'
import { createStudy, findStudy } from './studies.ts'
import { type CreateOptions, createVault, type User, type Vault } from './vault.ts'

/** For tests: a fresh folder, a vault in it that opens fast, and cases written as a person would write them. */
export const passphrase = 'correct horse battery staple'

export interface Folder {
  path: string
  /** Closes what was opened in it and removes it. */
  remove(): void
}

export const freshFolder = (): Folder => {
  const path = mkdtempSync(join(tmpdir(), 'bedside-vault-'))
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}

export const freshVault = async (
  options: Partial<CreateOptions> = {},
): Promise<{ vault: Vault; user: User; path: string; remove: () => void }> => {
  const folder = freshFolder()
  const path = join(folder.path, 'vault')
  const made = await createVault(path, {
    displayName: 'Dr. Ada Lovelace',
    passphrase,
    keyDerivation: leastKeyDerivation,
    ...options,
  })
  return {
    ...made,
    path,
    remove: () => {
      made.vault.close()
      folder.remove()
    },
  }
}

export const concept = (name: string, kind: ConceptKind, more: Partial<Concept> = {}): Concept => ({
  name,
  label: { en: name },
  kind,
  role: 'observation',
  unit: null,
  plausible: null,
  reference: null,
  levels: null,
  coding: [],
  modifiable: false,
  description: null,
  ...more,
})

export const levels = (...codes: string[]) => codes.map((code) => ({ code, label: { en: code } }))

export type Cells = Record<string, number | string | null>

export interface WrittenCase extends Partial<Omit<CaseRow, 'record'>> {
  cells?: Cells
  raws?: Record<string, string>
}

/** Packs cells by column name; a category's code becomes its level's index. */
export const pack = (fields: readonly StoredConcept[], cells: Cells = {}, raws: Record<string, string> = {}) => {
  const values = fields.map(({ name, kind, levels: known }) => {
    const cell = cells[name]
    if (cell === null || cell === undefined || kind === 'text') return Number.NaN
    return kind === 'category' ? (known ?? []).findIndex(({ code }) => code === cell) : Number(cell)
  })
  const texts = fields.map(({ name, kind }) => (kind === 'text' ? ((cells[name] as string | null) ?? null) : null))
  return encodeRecord(
    { kinds: fields.map(({ kind }) => kind) },
    values,
    texts,
    fields.map(({ name }) => raws[name] ?? null),
  )
}

/** Imports cases into a study (made where it is new) as one batch. */
export const importCases = (
  store: WriteStore,
  study: string,
  concepts: readonly Concept[],
  cases: readonly WrittenCase[],
  options: { identifierSystem?: string | null; file?: string } = {},
): { batch: number; handle: BatchHandle; conflicts: ReturnType<typeof insertCases>['conflicts'] } => {
  const { id } = findStudy(store, study) ?? createStudy(store, { name: study, by: null })
  const fields = addConcepts(store, id, concepts)
  const handle = beginBatch(store, {
    study: id,
    file: options.file ?? `${study}.csv`,
    sha256: 'f'.repeat(64),
    mapping: { version: 1 },
    by: null,
    concepts: fields.map((field) => field.id),
    identifierSystem: options.identifierSystem ?? null,
  })
  const rows = cases.map(({ cells, raws, ...rest }, at) => ({
    patientKey: null,
    name: null,
    birthDate: null,
    sex: null,
    date: null,
    row: at + 1,
    ...rest,
    record: pack(fields, cells, raws),
  }))
  const { conflicts } = insertCases(store, handle, rows)
  finishBatch(store, handle, { rows: rows.length, imported: rows.length, rejected: 0 })
  return { batch: handle.batch, handle, conflicts }
}
