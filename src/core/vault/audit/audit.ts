import { hash as digest } from 'node:crypto'
import type { ReadStore, WriteStore } from '../store/store.ts'

/**
 * Who did what to which record, and how it ended. Never clinical values: names of acts and numbers of records alone.
 */
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
 * Hash of an entry: SHA-256 (hex) over the JSON array [sequence, at, actor, act, record, outcome, previous]. Any
 * language can recompute it from an exported log.
 */
export const entryHash = ({ sequence, at, actor, act, record, outcome }: AuditEntry, previous: string): string =>
  digest('sha256', JSON.stringify([sequence, at, actor, act, record, outcome, previous]), 'hex')

/** Appends an entry; in the transaction of the act it speaks of, both are there or neither. */
export const appendAudit = (
  store: WriteStore,
  { actor, act, record, outcome }: AuditAct,
  at = new Date().toISOString(),
): ChainedEntry => {
  const last = auditHead(store)
  const entry: AuditEntry = {
    sequence: last.count + 1,
    at,
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

/** Entries oldest first with their hashes. */
export const readChain = (store: ReadStore, after: number, limit: number): ChainedEntry[] =>
  store.all<ChainedEntry>(
    `SELECT sequence, at, actor, act, record, outcome, previous, hash FROM audit
     WHERE sequence > ? ORDER BY sequence LIMIT ?`,
    after,
    limit,
  )
