import type { RecordKind, Records } from '../../contract/procedure.ts'
import { hasExportKey } from '../vault/keys/exportKeys.ts'
import { findStudy } from '../vault/records/studies.ts'
import type { ReadStore } from '../vault/store/store.ts'

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

const byNumber = (value: unknown): string | null => (Number.isSafeInteger(value) ? String(value) : null)
const byUuid = (value: unknown): string | null => (typeof value === 'string' && uuid.test(value) ? value : null)

/**
 * How a record of each kind is named in the audit log: by numbers alone, never a name, a search text or a value,
 * whatever a caller sends in its place. A study stands by its number, one that is only being made as `study/new`.
 */
const numberOf: Record<RecordKind, (value: unknown, store: ReadStore) => string | null> = {
  patient: byNumber,
  model: byNumber,
  batch: byNumber,
  job: byUuid,
  prediction: byUuid,
  user: byUuid,
  slot: byUuid,
  study: (value, store) => (typeof value === 'string' ? String(findStudy(store, value)?.id ?? 'new') : null),
  key: (value, store) => (typeof value === 'string' && hasExportKey(store, value) ? value : null),
}

/** The records an act was about (`patient/7 model/2`), as its procedure declares them; null where there is none. */
export const recordOf = (
  store: ReadStore,
  records: Records,
  { input, output }: { input: unknown; output?: unknown },
): string | null => {
  const [kinds, named] = 'output' in records ? [records.output, output] : [records, input]
  if (named === null || typeof named !== 'object') return null
  const parts = kinds.flatMap((kind) => {
    const number = numberOf[kind]((named as Record<string, unknown>)[kind], store)
    return number === null ? [] : [`${kind}/${number}`]
  })
  return parts.length > 0 ? parts.join(' ') : null
}
