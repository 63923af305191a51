import { closeSync, fsyncSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { type Checkpoint, CheckpointSchema, type checkpointReasons } from '../../../contract/audit.ts'
import { canonicalJson } from '../../numbers/digest.ts'
import type { ReadStore, WriteStore } from '../store/store.ts'
import { auditHead } from './audit.ts'
import { signatureFits, signContent, signingKey } from './signing.ts'

export type CheckpointReason = (typeof checkpointReasons)[number]

/**
 * Beside the vault, in clear: no more than counts, hashes and times. Whoever swaps the database has to account for it.
 */
export const checkpointsPath = (dir: string): string => join(dir, 'checkpoints.jsonl')

/** The one text of a checkpoint: what stands in the database and, as a line, beside it. */
export const checkpointText = (checkpoint: Checkpoint): string => canonicalJson(checkpoint)

/** Signs count and head as they are in this transaction, and keeps that in the vault. */
export const makeCheckpoint = (store: WriteStore, reason: CheckpointReason): Checkpoint => {
  const { count, hash } = auditHead(store)
  const key = signingKey(store)
  const content = {
    format: 'bedside-audit-checkpoint' as const,
    version: 1 as const,
    vault: store.value<string>('SELECT id FROM vault') as string,
    number: (store.value<number>('SELECT max(number) FROM checkpoint') ?? 0) + 1,
    count,
    head: hash,
    at: new Date().toISOString(),
    reason,
    key: key.fingerprint,
    publicKey: key.publicKey,
  }
  const checkpoint: Checkpoint = { ...content, signature: signContent(store, key, content) }
  store.run(
    'INSERT INTO checkpoint (number, count, at, document) VALUES (?, ?, ?, ?)',
    checkpoint.number,
    count,
    checkpoint.at,
    checkpointText(checkpoint),
  )
  return checkpoint
}

/** Whether the vault's own key signed it, for this vault. */
export const checkpointFits = (checkpoint: Checkpoint, vault: string, fingerprints: ReadonlySet<string>): boolean => {
  const { signature, ...content } = checkpoint
  const { key, publicKey } = content
  return content.vault === vault && fingerprints.has(key) && signatureFits(content, { key, publicKey, signature })
}

/** The newest in the vault, or null. */
export const lastCheckpoint = (store: ReadStore): Checkpoint | null => {
  const text = store.value<string>('SELECT document FROM checkpoint ORDER BY number DESC LIMIT 1')
  return text === undefined ? null : parseCheckpoint(text)
}

/** Checkpoints in the vault with a smaller number than `before`, newest first; one that cannot be read is left out. */
export const listCheckpoints = (
  store: ReadStore,
  { before, limit }: { before: number | null; limit: number },
): { checkpoints: Checkpoint[]; total: number } => ({
  checkpoints: store
    .column<string>(
      'SELECT document FROM checkpoint WHERE number < ? ORDER BY number DESC LIMIT ?',
      before ?? Number.MAX_SAFE_INTEGER,
      limit,
    )
    .flatMap((text) => parseCheckpoint(text) ?? []),
  total: store.value<number>('SELECT count(*) FROM checkpoint') ?? 0,
})

/** Texts of all checkpoints in the vault, by number. */
export const checkpointTexts = (store: ReadStore): string[] =>
  store.column<string>('SELECT document FROM checkpoint ORDER BY number')

/** Null where the text is none. */
export const parseCheckpoint = (text: string): Checkpoint | null => {
  try {
    const parsed = CheckpointSchema.safeParse(JSON.parse(text))
    return parsed.success ? parsed.data : null
  } catch {
    return null
  }
}

/** Lines of `checkpoints.jsonl`, without one that a power cut left unfinished; null: there is no such file. */
export const readOutside = (dir: string): string[] | null => {
  let text: string
  try {
    text = readFileSync(checkpointsPath(dir), 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
  return text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .filter((line) => line !== '')
}

/** Appends lines, synced. An unfinished line at the end, which only a power cut leaves, makes way. */
export const appendOutside = (dir: string, texts: readonly string[]): void => {
  if (texts.length === 0) return
  const path = checkpointsPath(dir)
  const file = openSync(path, 'a+', 0o600)
  try {
    const before = readFileSync(file, 'utf8')
    const whole = before.slice(0, before.lastIndexOf('\n') + 1)
    if (whole.length < before.length) ftruncateSync(file, Buffer.byteLength(whole))
    writeSync(file, texts.map((text) => `${text}\n`).join(''))
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}
