/**
 * The audit log: what an entry costs with the triggers that guard the chain and without, one a transaction (as acts
 * are) and many, and how long a whole log takes to verify, for how long that keeps other work waiting, and what memory
 * it takes.
 * Run: npx node bench/audit.ts [--entries 1000000]
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { appendAudit } from '../src/core/vault/audit/audit.ts'
import { openAuditLog } from '../src/core/vault/audit/auditLog.ts'
import { listAudit } from '../src/core/vault/audit/auditSearch.ts'
import { leastKeyDerivation } from '../src/core/vault/keys/slots.ts'
import type { WriteStore } from '../src/core/vault/store/store.ts'
import { createVault } from '../src/core/vault/store/vault.ts'

const act = (at: number) => ({
  actor: '5b0b3f0e-2f5e-4d6d-9a43-8c1f3f6c7a11',
  act: 'patient.read',
  record: `patient/${1 + (at % 50_000)}`,
  outcome: 'done',
})
const triggersOf = (store: WriteStore) =>
  store.rows<[string, string]>("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = 'audit'")

/** The longest that anything else had to wait while `work` went on, in milliseconds. */
const longestWait = async <T>(work: () => Promise<T>): Promise<{ result: T; longest: number }> => {
  let longest = 0
  let last = performance.now()
  let going = true
  const beat = async () => {
    while (going) {
      await new Promise((resolve) => setImmediate(resolve))
      longest = Math.max(longest, performance.now() - last)
      last = performance.now()
    }
  }
  const beating = beat()
  const result = await work()
  going = false
  await beating
  return { result, longest }
}

export async function run({ entries } = { entries: 200_000 }): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'bedside-audit-bench-'))
  try {
    const { vault } = await createVault(join(dir, 'vault'), {
      displayName: 'Bench',
      passphrase: 'bench',
      keyDerivation: leastKeyDerivation,
    })
    const log = await openAuditLog(vault)
    const timed = async (work: () => Promise<unknown>) => {
      const start = performance.now()
      await work()
      return performance.now() - start
    }
    const single = 300
    const many = 20_000
    const one = async () => {
      for (let at = 0; at < single; at++) await log.append(act(at))
    }
    const bulk = () =>
      vault.write((store) => {
        for (let at = 0; at < many; at++) appendAudit(store, act(at))
      })
    const guarded = { one: [] as number[], bulk: [] as number[] }
    const bare = { one: [] as number[], bulk: [] as number[] }
    for (let round = 0; round < 5; round++) {
      guarded.one.push(await timed(one))
      guarded.bulk.push(await timed(bulk))
      let triggers: [string, string][] = []
      await vault.write((store) => {
        triggers = triggersOf(store)
        for (const [name] of triggers) store.run(`DROP TRIGGER ${name}`)
      })
      bare.one.push(await timed(one))
      bare.bulk.push(await timed(bulk))
      await vault.write((store) => {
        for (const [, sql] of triggers) store.run(sql)
      })
    }
    const median = (values: number[]) => [...values].sort((a, b) => a - b)[2]
    const row = (name: string, count: number, key: 'one' | 'bulk') => {
      const [with_, without] = [median(guarded[key]) / count, median(bare[key]) / count]
      console.log(
        `${name.padEnd(34)}${(1000 * with_).toFixed(1).padStart(10)}${(1000 * without).toFixed(1).padStart(12)}${(with_ / without).toFixed(2).padStart(8)}`,
      )
    }
    console.log(
      `${'µs an entry'.padEnd(34)}${'guarded'.padStart(10)}${'no triggers'.padStart(12)}${'ratio'.padStart(8)}`,
    )
    row('one a transaction, synced', single, 'one')
    row(`${many} a transaction`, many, 'bulk')

    const count = () => Number(vault.read.value('SELECT max(sequence) FROM audit'))
    while (count() < entries)
      await vault.write((store) => {
        const to = Math.min(entries, count() + 50_000)
        for (let at = count(); at < to; at++) appendAudit(store, act(at))
      })
    await log.checkpoint('asked')
    const before = process.memoryUsage().rss
    const { result, longest } = await longestWait(() => log.verify())
    if (!result.intact) throw new Error('the log is not intact')
    const grown = (process.memoryUsage().rss - before) / 1e6
    console.log(
      `verify ${result.count} entries: ${result.seconds.toFixed(2)} s, nothing else waited longer than ${longest.toFixed(0)} ms, memory +${grown.toFixed(0)} MB`,
    )
    const search = await longestWait(() => timed(() => listAudit(vault.read, { record: 'patient/777', limit: 100 })))
    console.log(
      `list one patient's entries, with their count: ${(search.result / 1000).toFixed(2)} s, nothing else waited longer than ${search.longest.toFixed(0)} ms`,
    )
    vault.close()
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { values } = parseArgs({ options: { entries: { type: 'string' } } })
  await run({ entries: Number(values.entries ?? 1_000_000) })
}
