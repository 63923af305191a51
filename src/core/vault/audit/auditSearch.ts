import type { AuditFilter } from '../../../contract/audit.ts'
import { cancelled, invalidInput, issue } from '../../../contract/errors.ts'
import { breathe } from '../../async.ts'
import { listUsers } from '../keys/users.ts'
import type { ReadStore, Value } from '../store/store.ts'
import { type AuditEntry, auditHead, type ChainedEntry } from './audit.ts'

/** The log is searched in windows of so many entries, so that other work comes between. */
const window = 20_000

/**
 * Entries newest first, below sequence `before`, with how many fit in all. `actor` is the display name where the user
 * is known, else the id. Throws `badMoment`.
 */
export const listAudit = async (
  store: ReadStore,
  { before = null, limit, ...filter }: AuditFilter & { before?: number | null; limit: number },
): Promise<{ entries: AuditEntry[]; total: number; matching: number }> => {
  const total = auditHead(store).count
  const { where, values, all } = conditionOf(store, filter)
  const entries: AuditEntry[] = []
  const page = (below: number, from: number) =>
    store.all<AuditEntry>(
      `SELECT a.sequence, a.at, coalesce(u.display_name, a.actor) AS actor, a.act, a.record, a.outcome
       FROM audit a LEFT JOIN user u ON u.id = a.actor
       WHERE a.sequence < ? AND a.sequence >= ? AND ${where} ORDER BY a.sequence DESC LIMIT ?`,
      below,
      from,
      ...values,
      limit - entries.length,
    )
  const last = total + 1
  for (let below = Math.min(before ?? last, last); below > 1 && entries.length < limit; below -= window) {
    entries.push(...page(below, below - window))
    if (!all) await breathe()
  }
  if (all) return { entries, total, matching: total }
  let matching = 0
  for (let from = 1; from <= total; from += window) {
    matching +=
      store.value<number>(
        `SELECT count(*) FROM audit a WHERE a.sequence >= ? AND a.sequence < ? AND ${where}`,
        from,
        Math.min(from + window, last),
        ...values,
      ) ?? 0
    await breathe()
  }
  return { entries, total, matching }
}

export const auditColumns = ['sequence', 'at', 'actor', 'name', 'act', 'record', 'outcome', 'previous', 'hash'] as const

/** An entry as it is exported: `name` is the actor's display name now; all but that is what the hash was made of. */
export type ExportedEntry = ChainedEntry & { name: string | null }

/**
 * The entries that fit, oldest first, as they were when the export began, in pieces. Throws `badMoment`, `cancelled`.
 */
export async function* walkAudit(
  store: ReadStore,
  filter: AuditFilter,
  signal?: AbortSignal,
): AsyncGenerator<ExportedEntry[]> {
  const { count } = auditHead(store)
  const { where, values } = conditionOf(store, filter)
  const names = new Map(listUsers(store).map(({ id, displayName }) => [id, displayName]))
  const piece = 2000
  for (let from = 1; from <= count; from += piece) {
    if (signal?.aborted) throw cancelled('cancelled')
    const rows = store.all<ChainedEntry>(
      `SELECT a.sequence, a.at, a.actor, a.act, a.record, a.outcome, a.previous, a.hash FROM audit a
       WHERE a.sequence >= ? AND a.sequence < ? AND ${where} ORDER BY a.sequence`,
      from,
      Math.min(from + piece, count + 1),
      ...values,
    )
    if (rows.length > 0) yield rows.map((row) => ({ ...row, name: names.get(row.actor) ?? null }))
    await breathe()
  }
}

const conditionOf = (
  store: ReadStore,
  { actor, act, record, outcome, from, to }: AuditFilter,
): { where: string; values: Value[]; all: boolean } => {
  const parts: string[] = []
  const values: Value[] = []
  const add = (part: string, ...its: Value[]) => {
    parts.push(part)
    values.push(...its)
  }
  if (actor) {
    const ids = listUsers(store).filter(({ displayName }) => displayName === actor)
    const wanted = [actor, ...ids.map(({ id }) => id)]
    add(`a.actor IN (${wanted.map(() => '?').join(', ')})`, ...wanted)
  }
  if (act) add("(a.act = ? OR substr(a.act, 1, length(?) + 1) = ? || '.')", act, act, act)
  // An entry may name more than one record: `patient/17 model/3`.
  if (record) add("instr(' ' || a.record || ' ', ' ' || ? || ' ') > 0", record)
  if (outcome) add("(a.outcome = ? OR substr(a.outcome, 1, length(?) + 1) = ? || ':')", outcome, outcome, outcome)
  if (from) add('a.at >= ?', momentOf('from', from))
  if (to) add('a.at <= ?', momentOf('to', to))
  return { where: parts.length > 0 ? parts.join(' AND ') : '1', values, all: parts.length === 0 }
}

/** As times stand in the log; a day alone is its first moment, or its last. */
const momentOf = (name: 'from' | 'to', text: string): string => {
  const day = /^\d{4}-\d{2}-\d{2}$/.test(text)
  const moment = new Date(day && name === 'to' ? `${text}T23:59:59.999Z` : text)
  if (Number.isNaN(moment.getTime()) || !/^\d{4}-\d{2}-\d{2}/.test(text))
    throw invalidInput('badMoment', { text }, [issue(name, 'noMoment')])
  return moment.toISOString()
}
