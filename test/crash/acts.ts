import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { type StudyDesignInput, StudyDesignSchema } from '../../src/contract/design.ts'
import type { Job } from '../../src/contract/jobs.ts'
import { createApp } from '../../src/core/app.ts'
import { installation } from '../../src/core/installation.ts'
import { leastKeyDerivation } from '../../src/core/vault/keys/slots.ts'
import { openVault } from '../../src/core/vault/store/vault.ts'
import { passphrase } from '../fixtures/vault.ts'

/** What is cut off: each the way the app does it, through the API, with all that is written around it. */
export const acts = ['import', 'training', 'rekey', 'migration', 'backup'] as const
export type Act = (typeof acts)[number]

const root = fileURLToPath(new URL('../..', import.meta.url))

export const startApp = (vaultPath: string) =>
  createApp({
    vaultPath,
    resources: join(root, 'resources'),
    workers: installation().workers,
    build: '0.0.0+crash',
    threads: 2,
    keyDerivation: leastKeyDerivation,
  })

type Client = ReturnType<ReturnType<typeof startApp>['client']>

export const ended = async (client: Client, { job }: { job: string }): Promise<Job> => {
  let last: Job | null = null
  for await (const state of await client.jobs.watch({ job })) last = state
  return last as Job
}

/** `begin` is called when the import itself begins. */
export const importSample = async (client: Client, file: string, study: string, begin = () => {}): Promise<Job> => {
  const bytes = new Blob([readFileSync(join(root, 'resources/samples', file))])
  const { upload } = await client.intake.upload({ upload: null, file, bytes, last: true })
  const { mapping } = await client.intake.preview({ upload, study })
  begin()
  return ended(client, await client.intake.import({ upload, study, mapping, again: true }))
}

const design: StudyDesignInput = {
  study: 'pima',
  outcome: { task: 'diagnosis', target: 'type' },
  learner: 'forest',
  parameters: { nTrees: 60 },
}

/**
 * Performs an act on an open vault to its end. `folder`: where backups go; `begin`: called when the clock is to run.
 */
const perform: Record<
  Exclude<Act, 'migration'>,
  (client: Client, folder: string, begin: () => void) => Promise<Job>
> = {
  import: (client, _folder, begin) => importSample(client, 'rotterdam.csv', 'rotterdam', begin),
  training: async (client, _folder, begin) => {
    begin()
    return ended(client, await client.models.train(StudyDesignSchema.parse(design)))
  },
  rekey: async (client, _folder, begin) => {
    // The answer comes when its entry is in the audit log, which waits for the end as all writes do.
    const answer = client.users.rekey({ passphrase })
    while (!(await client.jobs.list()).some(({ kind }) => kind === 'rekey')) await setTimeout(1)
    begin()
    return ended(client, await answer)
  },
  backup: async (client, folder, begin) => {
    begin()
    return ended(client, await client.backup.create({ folder }))
  },
}

/**
 * The process that is killed: opens the vault, sets the clock that kills it, and begins. The clock is a thread, so that
 * it strikes within statements that hold up the rest of the process, and to the fraction of a millisecond.
 */
const [act, vaultPath = '', folder = '', after = ''] = process.argv.slice(2)
if (import.meta.filename === process.argv[1] && acts.includes(act as Act)) {
  const strike = async (): Promise<() => void> => {
    if (after === '') return () => {}
    const go = new Int32Array(new SharedArrayBuffer(4))
    const clock = new Worker(
      `const { workerData: { go, after }, parentPort } = require('node:worker_threads')
       parentPort.postMessage('set')
       Atomics.wait(go, 0, 0)
       Atomics.wait(go, 0, 1, after)
       process.kill(process.pid, 'SIGKILL')`,
      { eval: true, workerData: { go, after: Number(after) } },
    )
    await new Promise((resolve) => clock.once('message', resolve))
    return () => {
      Atomics.store(go, 0, 1)
      Atomics.notify(go, 0)
    }
  }
  const struck = await strike()
  let [from, milliseconds] = [0, 0]
  const begin = () => {
    from = performance.now()
    struck()
  }
  if (act === 'migration') {
    begin()
    const { vault } = await openVault(vaultPath, { passphrase })
    milliseconds = performance.now() - from
    vault.close()
  } else {
    const app = startApp(vaultPath)
    const client = app.client(app.connect('cli'))
    await client.vault.unlock({ passphrase })
    const job = await perform[act as keyof typeof perform](client, folder, begin)
    if (job.state !== 'done') throw new Error(`${act} ended as ${job.state}: ${JSON.stringify(job.failure)}`)
    milliseconds = performance.now() - from
    await app.close()
  }
  process.stdout.write(JSON.stringify({ milliseconds }))
  // Where the clock has not struck by now, it must not strike whoever gets this process's number next.
  process.exit(existsSync(vaultPath) ? 0 : 1)
}
