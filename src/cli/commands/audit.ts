import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { type AuditFilter, type Checkpoint, CheckpointSchema } from '../../contract/audit.ts'
import { cancelled, conflict } from '../../contract/errors.ts'
import type { Command, Options, Run } from '../command.ts'
import { UsageError } from '../failure.ts'
import { writeOutput } from '../output.ts'
import { table } from '../terminal.ts'

const filterNames = ['actor', 'act', 'record', 'outcome', 'from', 'to'] as const

const filterOf = (options: Options): AuditFilter =>
  Object.fromEntries(
    filterNames.flatMap((name) => {
      const value = options.text(name)
      return value === undefined ? [] : [[name, value]]
    }),
  )

/** Checkpoints from a file: one JSON document (as `audit checkpoint` writes it), or one a line. */
const checkpointsIn = async (path: string): Promise<Checkpoint[]> => {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw Object.assign(error, { path })
  })
  const parse = (piece: string): Checkpoint | null => {
    try {
      return CheckpointSchema.parse(JSON.parse(piece))
    } catch {
      return null
    }
  }
  const whole = parse(text)
  if (whole) return [whole]
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  const checkpoints = lines.map(parse)
  const wrong = checkpoints.indexOf(null)
  if (lines.length === 0 || wrong >= 0)
    throw new UsageError(`${path}${lines.length > 1 ? `, line ${wrong + 1},` : ''} is no checkpoint of an audit log.`)
  return checkpoints as Checkpoint[]
}

const verify = (options: Options) => {
  const against = options.text('against')
  return async ({ client, terminal }: Run) => {
    const verdict = await client.audit.verify({ against: against === undefined ? [] : await checkpointsIn(against) })
    const { intact, count, checkpoints, findings, found, key } = verdict
    terminal.answer(verdict, [
      ...findings.map(({ fault, message }) => `${fault}: ${message}`),
      ...(found > findings.length ? [`and ${found - findings.length} more`] : []),
      `${count} entries, ${checkpoints.inside} checkpoints in the vault, ${checkpoints.outside} beside it, ${checkpoints.against} given: ${intact ? 'intact' : 'not intact'}.`,
      `Signing key ${key}`,
    ])
    if (!intact) throw conflict('auditNotIntact', { faults: [...new Set(findings.map(({ fault }) => fault))] })
  }
}

const list = (options: Options) => {
  const filter = filterOf(options)
  const limit = options.has('limit') ? options.whole('limit', 1, 1000) : 100
  const before = options.has('before') ? options.whole('before', 1, Number.MAX_SAFE_INTEGER) : null
  return async ({ client, terminal }: Run) => {
    const answer = await client.audit.list({ ...filter, limit, before })
    terminal.answer(answer, [
      ...table(
        ['entry', 'at', 'actor', 'act', 'record', 'outcome'],
        answer.entries.map(({ sequence, at, actor, act, record, outcome }) => [
          String(sequence),
          at,
          actor,
          act,
          record ?? '',
          outcome,
        ]),
      ),
      `${answer.entries.length} of ${answer.matching} entries that fit; ${answer.total} in all.`,
    ])
  }
}

const exportLog = (options: Options) => {
  const filter = filterOf(options)
  const out = options.text('out')
  const named = options.text('format') ?? (out?.endsWith('.jsonl') ? 'jsonl' : 'csv')
  if (named !== 'csv' && named !== 'jsonl')
    throw new UsageError(`--format is csv or jsonl, not ${JSON.stringify(named)}.`)
  if (options.flag('json') && out === undefined) throw new UsageError('audit export --json needs --out FILE.')
  return async ({ client, terminal, signal }: Run) => {
    const bytes = await writeOutput(out, terminal, async ({ write }) => {
      let written = 0
      for await (const text of await client.audit.export({ ...filter, format: named })) {
        if (signal.aborted) throw cancelled('nothingWritten')
        await write(text)
        written += Buffer.byteLength(text)
      }
      return written
    })
    if (out === undefined) return
    const { checkpoint } = await client.audit.status()
    terminal.answer({ out: resolve(out), format: named, bytes, checkpoint }, [
      `Audit log written to ${out} (${bytes} bytes).`,
    ])
  }
}

const checkpoint = (options: Options) => {
  const out = options.text('out')
  return async ({ client, terminal }: Run) => {
    const { checkpoint: made, restored } = await client.audit.checkpoint()
    const text = `${JSON.stringify(made)}\n`
    if (out === undefined && !terminal.json) await terminal.write(text)
    if (out !== undefined) await writeOutput(out, terminal, ({ write }) => write(text))
    if (restored > 0) terminal.warn(`${restored} checkpoints that were missing beside the vault were put back.`)
    if (terminal.json || out !== undefined)
      terminal.answer({ checkpoint: made, restored, out: out === undefined ? null : resolve(out) }, [
        `Checkpoint ${made.number} over ${made.count} entries written to ${out}. Keep it where the vault is not.`,
      ])
  }
}

const key =
  () =>
  async ({ client, terminal }: Run) => {
    const answer = await client.audit.key()
    terminal.answer(answer, [answer.publicKey.trimEnd(), `SHA-256 ${answer.fingerprint}, since ${answer.createdAt}`])
  }

const actions: Record<string, (options: Options) => (run: Run) => Promise<void>> = {
  verify,
  list,
  export: exportLog,
  checkpoint,
  key,
}

export const auditCommand: Command = {
  name: 'audit',
  operands: Object.keys(actions).join('|'),
  says: 'Verify the audit log, list or export it, sign a checkpoint of it, show the signing key',
  options: {
    against: { value: 'FILE', says: 'verify: a checkpoint kept elsewhere, or a file with one a line' },
    actor: { value: 'NAME', says: 'list, export: who (name or id)' },
    act: { value: 'ACT', says: 'list, export: what (patient.read, or patient for all of a kind)' },
    record: { value: 'RECORD', says: 'list, export: on what (patient/17)' },
    outcome: { value: 'OUTCOME', says: 'list, export: how it ended (done, refused, failed, found)' },
    from: { value: 'TIME', says: 'list, export: first day or moment (2026-03-01, 2026-03-01T08:00:00Z)' },
    to: { value: 'TIME', says: 'list, export: last day or moment' },
    limit: { value: 'N', says: 'list: at most so many entries (default 100)' },
    before: { value: 'N', says: 'list: entries before this one' },
    format: { value: 'csv|jsonl', says: 'export: default csv, or by the name of the file' },
    out: { value: 'FILE', says: 'export, checkpoint: where to (default: stdout)' },
  },
  examples: [
    'audit verify --against checkpoint.json',
    'audit list --record patient/17 --from 2026-03-01',
    'audit export --out audit.jsonl',
    'audit checkpoint --out /media/usb/checkpoint.json',
  ],
  unlocks: true,
  prepare: (options, [name = '']) => {
    const action = actions[name]
    if (!action)
      throw new UsageError(`audit takes one of ${Object.keys(actions).join(', ')}, not ${JSON.stringify(name)}.`)
    return action(options)
  },
}
