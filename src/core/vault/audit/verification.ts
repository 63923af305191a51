import type { Checkpoint, Finding, Verdict } from '../../../contract/audit.ts'
import { cancelled } from '../../../contract/errors.ts'
import { breathe } from '../../async.ts'
import type { ReadStore } from '../store/store.ts'
import { createChainWalk, type Mark } from './chain.ts'
import { checkpointFits, checkpointTexts, parseCheckpoint } from './checkpoints.ts'
import { signingKey } from './signing.ts'

export interface Evidence {
  /** Lines of `checkpoints.jsonl`; null: the file is not there. */
  outside: readonly string[] | null
  /** Checkpoints kept elsewhere. */
  against?: readonly Checkpoint[]
  /** Numbers of checkpoints that are only just on their way to the file. */
  pending?: ReadonlySet<number>
  signal?: AbortSignal | undefined
}

const entriesAChunk = 4000
const mostFindings = 100

/**
 * Reads the whole audit log and holds it against itself (every hash, every link), against the signed checkpoints in the
 * vault, those beside it and those kept elsewhere. Reads in chunks, so that other work comes between and memory stays
 * small.
 *
 * What is found has a name:
 * - `edited`, `deleted`, `inserted`, `reordered`: an entry does not fit its hash, its number or its neighbours;
 * - `rewritten`: the entries fit each other, but not a checkpoint that this vault itself has signed;
 * - `cutTail`: the vault has signed more entries than it holds;
 * - `olderCopy`: a checkpoint of this vault exists of which the database knows nothing;
 * - `signatureWrong`: a checkpoint that is not signed by this vault's key, or was changed since;
 * - `checkpointMissing`: a checkpoint of the vault is not beside it any more, or the other way round.
 *
 * What nobody can find: entries cut or rewritten after the newest checkpoint by someone who has the database key.
 */
export const verifyAudit = async (store: ReadStore, evidence: Evidence): Promise<Verdict> => {
  const started = performance.now()
  const { outside, against = [], signal } = evidence
  const key = signingKey(store)
  const inside = checkpointTexts(store)
  const { marks, findings } = weighCheckpoints(store, inside, evidence)
  const walk = createChainWalk(marks)
  let last = Number.MIN_SAFE_INTEGER
  for (;;) {
    if (signal?.aborted) throw cancelled('cancelled')
    const rows = store.rows<[number, string, string, string, string | null, string, string, string]>(
      `SELECT sequence, at, actor, act, record, outcome, previous, hash FROM audit
       WHERE sequence > ? ORDER BY sequence LIMIT ?`,
      last,
      entriesAChunk,
    )
    if (rows.length === 0) break
    for (const row of rows) walk.take(row)
    last = rows[rows.length - 1][0]
    await breathe()
  }
  const chain = walk.end()
  const all = [...chain.findings, ...findings]
  return {
    intact: all.length === 0,
    count: chain.count,
    head: chain.head,
    key: key.fingerprint,
    checkpoints: { inside: inside.length, outside: outside?.length ?? 0, against: against.length },
    findings: all.slice(0, mostFindings),
    found: all.length,
    seconds: (performance.now() - started) / 1000,
  }
}

/**
 * What can be said of the checkpoints without reading the log: signatures, and which are missing where. Those that are
 * signed go on as marks for the walk through the chain.
 */
export const weighCheckpoints = (
  store: ReadStore,
  inside: readonly string[],
  { outside, against = [], pending = new Set() }: Evidence,
): { marks: Mark[]; findings: Finding[] } => {
  const vault = store.value<string>('SELECT id FROM vault') as string
  const keys = new Set(store.column<string>('SELECT fingerprint FROM signing_key'))
  const held = new Set(inside)
  const beside = new Set(outside ?? [])
  const marks: Mark[] = []
  const findings: Finding[] = []
  const wrong = (checkpoint: number | null, where: string) =>
    findings.push({
      fault: 'signatureWrong',
      from: null,
      to: null,
      checkpoint,
      message: `${checkpoint === null ? 'A checkpoint' : `Checkpoint ${checkpoint}`} ${where} is not signed by this vault's key, or was changed after it was signed.`,
    })
  const consider = (text: string, where: string, known: boolean) => {
    const checkpoint = parseCheckpoint(text)
    if (!checkpoint || !checkpointFits(checkpoint, vault, keys)) wrong(numberIn(text), where)
    else marks.push({ checkpoint, known })
  }
  for (const text of inside) consider(text, 'in the vault', true)
  for (const text of beside) if (!held.has(text)) consider(text, 'beside the vault', false)
  for (const checkpoint of against) {
    const known = marks.some((mark) => mark.known && mark.checkpoint.signature === checkpoint.signature)
    if (!checkpointFits(checkpoint, vault, keys)) wrong(checkpoint.number, 'that was given')
    else marks.push({ checkpoint, known })
  }
  const known = new Set(marks.map(({ checkpoint }) => checkpoint.number))
  const gone = Array.from({ length: numberIn(inside.at(-1) ?? '') ?? 0 }, (_, at) => at + 1).filter(
    (number) => !known.has(number) && !inside.some((text) => numberIn(text) === number),
  )
  if (gone.length > 0)
    findings.push({
      fault: 'checkpointMissing',
      from: null,
      to: null,
      checkpoint: gone[0],
      message: `${gone.length} checkpoints (the first: ${gone[0]}) are gone from the vault and from beside it.`,
    })
  const missing = inside
    .filter((text) => !beside.has(text))
    .map((text) => numberIn(text))
    .filter((number) => number !== null && !pending.has(number))
  if (missing.length > 0)
    findings.push({
      fault: 'checkpointMissing',
      from: null,
      to: null,
      checkpoint: missing[0],
      message:
        outside === null
          ? `The file checkpoints.jsonl beside the vault is gone; the vault has signed ${missing.length} checkpoints.`
          : `${missing.length} of the vault's checkpoints (the first: ${missing[0]}) are not in checkpoints.jsonl beside it.`,
    })
  return { marks, findings }
}

const numberIn = (text: string): number | null => {
  try {
    const { number } = JSON.parse(text) as { number?: unknown }
    return Number.isSafeInteger(number) ? (number as number) : null
  } catch {
    return null
  }
}
