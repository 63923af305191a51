import type { Checkpoint, Finding, Verdict } from '../../../contract/audit.ts'
import type { Vault } from '../store/vault.ts'
import { type AuditAct, appendAudit, auditHead, type ChainedEntry } from './audit.ts'
import {
  appendOutside,
  type CheckpointReason,
  checkpointText,
  checkpointTexts,
  lastCheckpoint,
  makeCheckpoint,
  readOutside,
} from './checkpoints.ts'
import { takeRefusals } from './refusals.ts'
import { verifyAudit, weighCheckpoints } from './verification.ts'

/** The audit log of an open vault, with its checkpoints inside and beside it. */
export interface AuditLog {
  /** What was wrong when the vault was opened; what can be told without reading the whole log. */
  alarms: Finding[]
  append(act: AuditAct): Promise<ChainedEntry>
  /** Signs what has been appended since the last checkpoint; where that is nothing, the last one is returned. */
  checkpoint(reason: CheckpointReason): Promise<Checkpoint>
  /** Puts checkpoints of the vault that are not in the file beside it back there; returns how many. */
  restoreOutside(): number
  verify(options?: { against?: readonly Checkpoint[]; signal?: AbortSignal | undefined }): Promise<Verdict>
}

/** A checkpoint at least every so many entries, and no later than this after the last where anything was appended. */
export const checkpointInterval = { entries: 500, milliseconds: 10 * 60_000 }

/**
 * Opens the audit log: appends the refused unlocks that were noted while the vault was locked, and holds the vault
 * against the checkpoints beside it. What is wrong becomes an alarm and an entry of its own; it never keeps the vault
 * shut, for a patient may be waiting.
 */
export const openAuditLog = async (vault: Vault, log: (line: string) => void = () => {}): Promise<AuditLog> => {
  const { path, read } = vault
  /** Checkpoints on their way from the database to the file. */
  const pending = new Map<number, string>()
  let last = lastCheckpoint(read)

  const flush = (): void => {
    try {
      appendOutside(path, [...pending.values()])
      pending.clear()
    } catch (error) {
      // They stay pending, and go with the next; the vault holds them in any case.
      log(`checkpoints.jsonl could not be written: ${(error as NodeJS.ErrnoException).code ?? 'unknown'}`)
    }
  }
  const noted = (made: Checkpoint) => {
    last = made
    pending.set(made.number, checkpointText(made))
    flush()
  }
  const isDue = (count: number): boolean =>
    count - (last?.count ?? 0) >= checkpointInterval.entries ||
    (last !== null && Date.now() - Date.parse(last.at) >= checkpointInterval.milliseconds)

  const append = async (acts: readonly AuditAct[]): Promise<ChainedEntry[]> => {
    const { entries, made } = await vault.write((store) => {
      const appended = acts.map((act) => appendAudit(store, act))
      return {
        entries: appended,
        made: isDue(appended.at(-1)?.sequence ?? 0) ? makeCheckpoint(store, 'interval') : null,
      }
    })
    if (made) noted(made)
    return entries
  }

  mendOutside(vault)
  const alarms = openingAlarms(vault)
  for (const { message } of alarms) log(`audit: ${message}`)
  if (alarms.length > 0)
    await append(
      [...new Map(alarms.map((alarm) => [alarm.fault, alarm])).values()].map(({ fault, checkpoint }) => ({
        actor: 'system',
        act: 'audit.alarm',
        record: checkpoint === null ? null : `checkpoint/${checkpoint}`,
        outcome: `found: ${fault}`,
      })),
    )
  await takeRefusals(vault)
  if (last === null) noted(await vault.write((store) => makeCheckpoint(store, 'interval')))

  return {
    alarms,
    append: async (act) => (await append([act]))[0],
    checkpoint: async (reason) => {
      const made = await vault.write((store) => {
        const { count } = auditHead(store)
        return last !== null && last.count === count ? null : makeCheckpoint(store, reason)
      })
      if (made) noted(made)
      else if (pending.size > 0) flush()
      return last as Checkpoint
    },
    restoreOutside: () => {
      const beside = new Set(readOutside(path) ?? [])
      const missing = checkpointTexts(read).filter((text) => !beside.has(text))
      appendOutside(path, missing)
      pending.clear()
      return missing.length
    },
    verify: ({ against = [], signal } = {}) =>
      verifyAudit(read, { outside: readOutside(path), against, pending: new Set(pending.keys()), signal }),
  }
}

/**
 * A crash between commit and file leaves out the very last checkpoint: it is put back. More than that is nobody's
 * accident.
 */
const mendOutside = ({ path, read }: Vault): void => {
  const texts = checkpointTexts(read)
  const newest = texts.at(-1)
  if (newest === undefined) return
  const outside = readOutside(path)
  if (outside === null && texts.length > 1) return
  const beside = new Set(outside ?? [])
  if (beside.has(newest) || texts.slice(0, -1).some((text) => !beside.has(text))) return
  try {
    appendOutside(path, [newest])
  } catch {
    // A disk that cannot be written to: the vault goes on saying so elsewhere.
  }
}

/** What the checkpoints tell without reading the log: a handful of look-ups. */
const openingAlarms = ({ path, read }: Vault): Finding[] => {
  const { marks, findings } = weighCheckpoints(read, checkpointTexts(read), { outside: readOutside(path) })
  const { count } = auditHead(read)
  const alarms = [...findings]
  const newest = (known: boolean) =>
    marks
      .filter((mark) => mark.known === known)
      .map(({ checkpoint }) => checkpoint)
      .sort((a, b) => b.count - a.count)[0]
  const disagrees = (checkpoint: Checkpoint | undefined): boolean =>
    checkpoint !== undefined &&
    checkpoint.count > 0 &&
    read.value<string>('SELECT hash FROM audit WHERE sequence = ?', checkpoint.count) !== checkpoint.head
  const [inside, outside] = [newest(true), newest(false)]
  if (inside && disagrees(inside))
    alarms.push({
      fault: inside.count > count ? 'cutTail' : 'rewritten',
      from: null,
      to: inside.count,
      checkpoint: inside.number,
      message: `The log does not fit checkpoint ${inside.number}, which this vault has signed; verify it.`,
    })
  if (outside && disagrees(outside))
    alarms.push({
      fault: 'olderCopy',
      from: null,
      to: outside.count,
      checkpoint: outside.number,
      message: `The database knows nothing of checkpoint ${outside.number} beside it: it is an older copy; verify it.`,
    })
  return alarms
}
