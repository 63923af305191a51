import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { createApp } from '../../src/core/app.ts'
import { installation } from '../../src/core/installation.ts'

const folder = mkdtempSync(join(tmpdir(), 'bedside-memory-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const root = fileURLToPath(new URL('../..', import.meta.url))
const passphrase = 'correct horse battery staple'
const name = 'Wilhelmina Unmistakable'

/** A core of its own, into which the name never comes but out of the vault; its heap before the lock and after. */
const script = `
import { writeHeapSnapshot } from 'node:v8'
import { createApp } from ${JSON.stringify(new URL('../../src/core/app.ts', import.meta.url).href)}
import { installation } from ${JSON.stringify(new URL('../../src/core/installation.ts', import.meta.url).href)}
const app = createApp({ workers: installation().workers, ...${JSON.stringify({
  vaultPath: join(folder, 'vault'),
  resources: join(root, 'resources'),
  build: '0.0.0+test',
  threads: 1,
})} })
const client = app.client(app.connect('desktop'))
await client.vault.unlock({ user: 'adams', passphrase: ${JSON.stringify(passphrase)} })
const shown = await client.users.list()
writeHeapSnapshot(${JSON.stringify(join(folder, 'open.heap'))})
shown.users.length = 0
await client.vault.lock()
await new Promise((resolve) => setTimeout(resolve, 100))
writeHeapSnapshot(${JSON.stringify(join(folder, 'locked.heap'))})
await app.close()
`

test('after the lock the core holds nothing of what it had deciphered', async () => {
  const app = createApp({
    vaultPath: join(folder, 'vault'),
    resources: join(root, 'resources'),
    workers: installation().workers,
    build: '0.0.0+test',
    threads: 1,
    keyDerivation: { memoryKiB: 47104, iterations: 1, parallelism: 1 },
  })
  const client = app.client(app.connect('desktop'))
  await client.vault.create({ displayName: name, login: 'adams', passphrase })
  await app.close()
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], { cwd: root, stdio: 'inherit' })
  expect(await new Promise((resolve) => child.on('exit', resolve))).toBe(0)
  expect(readFileSync(join(folder, 'open.heap'), 'utf8')).toContain(name)
  expect(readFileSync(join(folder, 'locked.heap'), 'utf8')).not.toContain(name)
})
