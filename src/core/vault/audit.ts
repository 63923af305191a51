import { createHash } from 'node:crypto'
import type { ReadStore, WriteStore } from './store.ts'

/** Who did what to which record, and how it ended. Never clinical values: names of acts and numbers of records alone. */
export interface AuditAct {
  /** Id of the user, or `system`. */
  actor: string
  act: string
  /** `patient/17`, `model/3`, ... */
  record: string | null
  /** `done`, or the reason of the failure. */
  outcome: string
}

export interface AuditEntry extends AuditAct {
  sequence: number
  at: string
}

export interface ChainedEntry extends AuditEntry {
  /** Hash of the entry before; empty for the first. */
  previous: string
  hash: string
}

/**
 * Hash of an entry: SHA-256 (hex) over the JSON array [sequence, at, actor, act, record, outcome, previous]. Any language
 * can recompute it from an exported log.
 */
export const entryHash = ({ sequence, at, actor, act, record, outcome }: AuditEntry, previous: string): string =>
  createHash('sha256')
    .update(JSON.stringify([sequence, at, actor, act, record, outcome, previous]), 'utf8')
    .digest('hex')

/** Appends an entry; in the transaction of the act it speaks of, both are there or neither. */
export const appendAudit = (store: WriteStore, { actor, act, record, outcome }: AuditAct): ChainedEntry => {
  const last = auditHead(store)
  const entry: AuditEntry = {
    sequence: last.count + 1,
    at: new Date().toISOString(),
    actor,
    act,
    record,
    outcome,
  }
  const hash = entryHash(entry, last.hash)
  store.run(
    'INSERT INTO audit (sequence, at, actor, act, record, outcome, previous, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
    entry.sequence,
    entry.at,
    actor,
    act,
    record,
    outcome,
    last.hash,
    hash,
  )
  return { ...entry, previous: last.hash, hash }
}

/** Count of entries and the hash of the last: what a checkpoint signs. */
export const auditHead = (store: ReadStore): { count: number; hash: string } => {
  const last = store.row<[number, string]>('SELECT sequence, hash FROM audit ORDER BY sequence DESC LIMIT 1')
  return last ? { count: last[0], hash: last[1] } : { count: 0, hash: '' }
}

/** Entries newest first, below sequence `before`. `actor` is the display name where the user is known, else the id. */
export const listAudit = (
  store: ReadStore,
  { before = null, limit }: { before?: number | null; limit: number },
): { entries: AuditEntry[]; total: number } => ({
  entries: store.all<AuditEntry>(
    `SELECT a.sequence, a.at, coalesce(u.display_name, a.actor) AS actor, a.act, a.record, a.outcome
     FROM audit a LEFT JOIN user u ON u.id = a.actor WHERE a.sequence < ? ORDER BY a.sequence DESC LIMIT ?`,
    before ?? Number.MAX_SAFE_INTEGER,
    limit,
  ),
  total: auditHead(store).count,
})

/** Entries oldest first with their hashes, for export and verification. */
export const readChain = (store: ReadStore, after: number, limit: number): ChainedEntry[] =>
  store.all<ChainedEntry>(
    `SELECT sequence, at, actor, act, record, outcome, previous, hash FROM audit
     WHERE sequence > ? ORDER BY sequence LIMIT ?`,
    after,
    limit,
  )

export type ChainVerdict =
  | { intact: true; count: number; head: string }
  | {
      intact: false
      count: number
      /** First entry at which the chain breaks. */
      sequence: number
      fault: 'missing' | 'changed' | 'unlinked' | 'cut'
    }

/**
 * Walks the chain from its first entry: numbers without a gap (`missing`), every hash that of its entry (`changed`) and of
 * the entry before (`unlinked`). `expected`: a head noted elsewhere, so that a tail that was cut off shows (`cut`).
 */
export const verifyAudit = (store: ReadStore, expected?: { count: number; hash: string }): ChainVerdict => {
  const { count } = auditHead(store)
  let previous = ''
  let sequence = 0
  for (;;) {
    const entries = readChain(store, sequence, 10_000)
    if (entries.length === 0) break
    for (const entry of entries) {
      sequence++
      if (entry.sequence !== sequence) return { intact: false, count, sequence, fault: 'missing' }
      if (entry.previous !== previous) return { intact: false, count, sequence, fault: 'unlinked' }
      if (entryHash(entry, previous) !== entry.hash) return { intact: false, count, sequence, fault: 'changed' }
      if (expected && sequence === expected.count && entry.hash !== expected.hash)
        return { intact: false, count, sequence, fault: 'changed' }
      previous = entry.hash
    }
  }
  if (expected && sequence < expected.count) return { intact: false, count, sequence: sequence + 1, fault: 'cut' }
  return { intact: true, count: sequence, head: previous }
}
