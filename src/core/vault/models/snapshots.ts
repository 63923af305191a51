import { notFound } from '../../../contract/errors.ts'
import { sha256 } from '../../numbers/digest.ts'
import { studyDamaged } from '../store/failures.ts'
import type { ReadStore, WriteStore } from '../store/store.ts'

/** One blob of SQLite holds 1 GB at most, and a part is all that is copied at a time. */
const partBytes = 8 * 1024 * 1024

/** Keeps the bytes a model was trained on, once each; returns their SHA-256. */
export const saveSnapshot = (
  store: WriteStore,
  { study, rows, columns, bytes }: { study: number; rows: number; columns: number; bytes: Uint8Array },
): string => {
  const hash = sha256(bytes)
  if (hasSnapshot(store, hash)) return hash
  store.run(
    'INSERT INTO snapshot (hash, study, rows, columns, bytes, created_at) VALUES (?, ?, ?, ?, ?, ?)',
    hash,
    study,
    rows,
    columns,
    bytes.length,
    new Date().toISOString(),
  )
  for (let part = 0; part * partBytes < bytes.length; part++)
    store.run(
      'INSERT INTO snapshot_part (snapshot, part, bytes) VALUES (?, ?, ?)',
      hash,
      part,
      bytes.subarray(part * partBytes, (part + 1) * partBytes),
    )
  return hash
}

export const hasSnapshot = (store: ReadStore, hash: string): boolean =>
  store.value('SELECT 1 FROM snapshot WHERE hash = ?', hash) !== undefined

/** The bytes, checked against their hash. Throws `snapshotMissing`, `studyDamaged`. */
export const readSnapshot = (store: ReadStore, hash: string): Uint8Array => {
  const size = store.value<number>('SELECT bytes FROM snapshot WHERE hash = ?', hash)
  if (size === undefined) throw notFound('snapshotMissing', { hash: hash.slice(0, 12) })
  const bytes = new Uint8Array(size)
  let at = 0
  for (let part = 0; at < size; part++) {
    const piece = store.value<Uint8Array>('SELECT bytes FROM snapshot_part WHERE snapshot = ? AND part = ?', hash, part)
    if (!piece) break
    bytes.set(piece, at)
    at += piece.length
  }
  if (at !== size || sha256(bytes) !== hash) throw studyDamaged(hash.slice(0, 12), 'snapshotHash')
  return bytes
}

/** Removes snapshots that no model stands on; returns how many. */
export const removeUnusedSnapshots = (store: WriteStore): number =>
  store.run('DELETE FROM snapshot WHERE NOT EXISTS (SELECT 1 FROM model m WHERE m.snapshot = snapshot.hash)')
