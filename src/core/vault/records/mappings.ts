import { type Mapping, MappingSchema } from '../../../contract/intake.ts'
import { canonicalJson, sha256 } from '../../numbers/digest.ts'
import type { ReadStore, WriteStore } from '../store/store.ts'

export interface SavedMapping {
  name: string
  mapping: Mapping
  savedAt: string
}

/** A header is known again by its column names, in order. */
const headerOf = (columns: readonly string[]): string => sha256(canonicalJson(columns))

/** Saves a mapping under a name; one of that name is replaced. */
export const saveMapping = (store: WriteStore, name: string, mapping: Mapping, by: string | null): void => {
  store.run(
    `INSERT INTO mapping (name, header, document, saved_at, saved_by) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (name) DO UPDATE SET header = excluded.header, document = excluded.document,
       saved_at = excluded.saved_at, saved_by = excluded.saved_by`,
    name,
    headerOf(mapping.columns.map(({ column }) => column)),
    JSON.stringify(mapping),
    new Date().toISOString(),
    by,
  )
}

interface MappingRow {
  name: string
  document: string
  savedAt: string
}

const saved = ({ name, document, savedAt }: MappingRow): SavedMapping => ({
  name,
  mapping: MappingSchema.parse(JSON.parse(document)),
  savedAt,
})

export const listMappings = (store: ReadStore): SavedMapping[] =>
  store.all<MappingRow>('SELECT name, document, saved_at AS savedAt FROM mapping ORDER BY name').map(saved)

/** The mapping last saved for a file with this very header. */
export const mappingForHeader = (store: ReadStore, columns: readonly string[]): SavedMapping | undefined => {
  const row = store.get<MappingRow>(
    'SELECT name, document, saved_at AS savedAt FROM mapping WHERE header = ? ORDER BY saved_at DESC, id DESC LIMIT 1',
    headerOf(columns),
  )
  return row && saved(row)
}
