import { conflict, invalidInput, issue, notFound } from '../../../contract/errors.ts'
import type { Concept, ConceptKind, ConceptRole } from '../../../contract/values.ts'
import type { ReadStore, WriteStore } from '../store/store.ts'

/** A dictionary entry with its number in the vault. */
export interface StoredConcept extends Concept {
  id: number
  study: number
  position: number
  /** Has repeated observations (observation table) rather than, or beside, a field in the cases' records. */
  repeated: boolean
}

export type Level = NonNullable<Concept['levels']>[number]

interface ConceptRow {
  id: number
  study: number
  position: number
  name: string
  kind: ConceptKind
  role: ConceptRole
  document: string
  repeated: number
}

const columns = 'id, study, position, name, kind, role, document, repeated'

const stored = ({ document, repeated, ...row }: ConceptRow): StoredConcept => ({
  ...(JSON.parse(document) as Omit<Concept, 'name' | 'kind' | 'role'>),
  ...row,
  repeated: repeated === 1,
})

const documentOf = ({ label, unit, plausible, reference, levels, coding, modifiable, description }: Concept): string =>
  JSON.stringify({ label, unit, plausible, reference, levels, coding, modifiable, description })

/** The entry as the contract has it. */
export const plainConcept = ({
  id: _id,
  study: _study,
  position: _position,
  repeated: _repeated,
  ...concept
}: StoredConcept): Concept => concept

/** A study's dictionary, in the order of its columns. */
export const listConcepts = (store: ReadStore, study: number): StoredConcept[] =>
  store.all<ConceptRow>(`SELECT ${columns} FROM concept WHERE study = ? ORDER BY position`, study).map(stored)

export const conceptsById = (store: ReadStore, ids: readonly number[]): StoredConcept[] =>
  ids.map((id) => {
    const row = store.get<ConceptRow>(`SELECT ${columns} FROM concept WHERE id = ?`, id)
    if (!row) throw new Error(`No concept ${id}`)
    return stored(row)
  })

export const findConcept = (store: ReadStore, study: number, name: string): StoredConcept | undefined => {
  const row = store.get<ConceptRow>(`SELECT ${columns} FROM concept WHERE study = ? AND name = ?`, study, name)
  return row && stored(row)
}

/**
 * Adds entries to a study's dictionary and returns them in the order given. One that is there already (by name) stays
 * as it is, but gains the levels it lacks. Throws `conceptKindDiffers` where its kind is another: the same column
 * cannot be a number in one batch and a text in the next.
 */
export const addConcepts = (store: WriteStore, study: number, concepts: readonly Concept[]): StoredConcept[] => {
  let position = store.value<number>('SELECT coalesce(max(position), -1) + 1 FROM concept WHERE study = ?', study) ?? 0
  return concepts.map((concept) => {
    const known = findConcept(store, study, concept.name)
    if (!known) {
      const id = store.insert(
        'INSERT INTO concept (study, position, name, kind, role, document) VALUES (?, ?, ?, ?, ?, ?)',
        study,
        position,
        concept.name,
        concept.kind,
        concept.role,
        documentOf(concept),
      )
      return { ...concept, id, study, position: position++, repeated: false }
    }
    if (known.kind !== concept.kind)
      throw conflict('conceptKindDiffers', { column: concept.name, known: known.kind, given: concept.kind })
    return concept.levels ? { ...known, levels: addLevels(store, known.id, concept.levels) } : known
  })
}

/** Appends the levels whose code is new and returns all, in order: a level's index never changes. */
export const addLevels = (store: WriteStore, concept: number, levels: readonly Level[]): Level[] => {
  const [known] = conceptsById(store, [concept])
  const all = [...(known.levels ?? [])]
  const codes = new Set(all.map((level) => level.code))
  for (const level of levels) {
    if (codes.has(level.code)) continue
    codes.add(level.code)
    all.push(level)
  }
  if (all.length !== (known.levels?.length ?? 0))
    store.run('UPDATE concept SET document = ? WHERE id = ?', documentOf({ ...known, levels: all }), concept)
  return all
}

/**
 * Edits a dictionary entry: all but its name and kind. Levels keep their order; labels change, new codes are appended.
 * Throws `conceptMissing`, `conceptKindFixed`, `levelInUse` (a code was left out).
 */
export const updateConcept = (store: WriteStore, study: number, concept: Concept): Concept => {
  const known = findConcept(store, study, concept.name)
  if (!known) throw notFound('conceptMissing', { column: concept.name })
  if (known.kind !== concept.kind)
    throw invalidInput('conceptKindFixed', { column: concept.name, kind: known.kind }, [
      issue('concept.kind', 'kindStays', { kind: known.kind }),
    ])
  const given = new Map((concept.levels ?? []).map((level) => [level.code, level]))
  const lost = (known.levels ?? []).find((level) => !given.has(level.code))
  if (lost && known.kind === 'category') throw conflict('levelInUse', { column: concept.name, level: lost.code })
  const kept = (known.levels ?? []).filter((level) => given.has(level.code)).map((level) => given.get(level.code)!)
  const keptCodes = new Set(kept.map((level) => level.code))
  const levels = concept.levels ? [...kept, ...concept.levels.filter((level) => !keptCodes.has(level.code))] : null
  const edited = { ...concept, levels }
  store.run('UPDATE concept SET role = ?, document = ? WHERE id = ?', concept.role, documentOf(edited), known.id)
  return edited
}
