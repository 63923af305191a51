import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import reasons from '../../resources/texts/reasons.zh-CN.json' with { type: 'json' }
import { StudyDesignSchema } from '../../src/contract/design.ts'
import type { Job } from '../../src/contract/jobs.ts'
import { bedside } from '../e2e/command.ts'
import { passphrase } from '../fixtures/vault.ts'
import { ended, importSample, startApp } from './acts.ts'
import { type Disk, smallDisk } from './disk.ts'

/**
 * A disk that fills up while something is done: the act says so and leaves nothing, all else is as it was, and with
 * room it works.
 */
let disk: Disk | null
let app: ReturnType<typeof startApp>
let client: ReturnType<typeof app.client>

beforeAll(async () => {
  disk = smallDisk(16)
  if (!disk) return
  mkdirSync(join(disk.path, 'backups'))
  app = startApp(join(disk.path, 'vault'))
  client = app.client(app.connect('cli'))
  await client.vault.create({ displayName: 'Dr. Adams', passphrase, login: 'adams' })
  await importSample(client, 'pima.csv', 'pima')
})
afterAll(async () => {
  await app?.close()
  disk?.remove()
})

const design = StudyDesignSchema.parse({
  study: 'pima',
  outcome: { task: 'diagnosis', target: 'type' },
  learner: 'forest',
  parameters: { nTrees: 200 },
})

const acts: { name: string; leave: number; act: () => Promise<Job>; left: () => unknown }[] = [
  {
    name: 'an import',
    leave: 200_000,
    act: () => importSample(client, 'rotterdam.csv', 'rotterdam'),
    left: async () => [await client.intake.batches(), (await client.studies.list()).map(({ name }) => name)],
  },
  {
    name: 'a training',
    leave: 60_000,
    act: async () => ended(client, await client.models.train(design)),
    left: () => client.models.list(),
  },
  {
    name: 'a backup',
    leave: 100_000,
    act: async () => ended(client, await client.backup.create({ folder: join(disk?.path ?? '', 'backups') })),
    left: () => readdirSync(join(disk?.path ?? '', 'backups')),
  },
  {
    name: 're-keying',
    leave: 100_000,
    act: async () => ended(client, await client.users.rekey({ passphrase })),
    left: async () => [
      (await client.users.list()).rekeyedAt,
      existsSync(join(disk?.path ?? '', 'vault', 'bedside.db.rekey')),
    ],
  },
]

test.for(acts)(
  '$name on a full disk says so, loses nothing, and works when there is room again',
  async (given, context) => {
    if (!disk) return context.skip('needs the right to mount a small disk')
    const patients = (await client.patients.search({})).total
    const before = JSON.stringify(await given.left())
    disk.fill(given.leave)
    const failed = await given.act()
    expect(failed).toMatchObject({ state: 'failed', failure: { code: 'storageFailed' } })
    expect(failed.failure?.reason).toMatch(/diskFull$/i)
    expect(failed.failure?.message).toMatch(/space|full/)
    expect(reasons).toHaveProperty(failed.failure?.reason ?? '')
    // While it is full, too, what is there can be read.
    expect(JSON.stringify(await given.left())).toBe(before)
    // A chart is what has to be logged: it is shown and logged, or refused for the same reason, never shown unlogged.
    const shown = await client.patients.chart({ patient: 1 }).then(
      () => 'logged',
      ({ data }) => data.reason,
    )
    expect(['logged', 'diskFull']).toContain(shown)
    disk.free()
    expect((await client.patients.search({})).total).toBe(patients)
    expect((await client.audit.verify({})).intact).toBe(true)
    expect((await given.act()).state).toBe('done')
  },
)

test('an export onto a full disk says so and leaves no part of a file', async (context) => {
  if (!disk) return context.skip('needs the right to mount a small disk')
  await app.close()
  const vault = join(disk.path, 'vault')
  const out = join(disk.path, 'rotterdam.csv')
  // Room to open the vault and for an entry in its log, not for the file.
  disk.fill(130_000)
  const { code, stderr } = await bedside(vault, ['export', '--study', 'rotterdam', '--out', out])
  expect(code).toBe(1)
  expect(stderr).toMatch(/^bedside: There is not enough space for .*rotterdam\.csv/)
  expect(readdirSync(disk.path).sort()).toEqual(['backups', 'filler', 'vault'])
  disk.free()
  expect((await bedside(vault, ['export', '--study', 'rotterdam', '--out', out])).code).toBe(0)
})
