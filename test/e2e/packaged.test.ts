import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FuseState, FuseV1Options, getCurrentFuseWire } from '@electron/fuses'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { electronFolder } from '../../scripts/electron.ts'
import { packageApp, programOf } from '../../scripts/package.ts'
import { type Hands, hands } from './flows.ts'
import { openInElectron, type Shell, withoutElectron } from './shells.ts'

/**
 * What hospitals install: the packaged folder. Its program takes no debugger, so it is watched from outside; what is in
 * its archive is walked through in the Electron it was packaged with.
 */

const missing = withoutElectron()
/**
 * The database's prebuilt addon wants Node-API 10, which came with Electron 35; for an older one a build that fits is
 * named.
 */
const addonFits = (): boolean =>
  process.env.BEDSIDE_SQLITE_ADDON !== undefined ||
  Number.parseInt(readFileSync(join(electronFolder() ?? '', 'version'), 'utf8').replace('v', ''), 10) >= 35
const wanting = missing ?? (process.platform === 'linux' ? null : 'the started program is looked at through /proc')
if (missing) console.log(`Skipped: ${missing}.`)

const folder = mkdtempSync(join(tmpdir(), 'bedside-packaged-'))
let app: string
beforeAll(async () => {
  if (!missing) app = await packageApp({ out: join(folder, 'dist') })
})
afterAll(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }))

const asRoot = () => (process.getuid?.() === 0 ? ['--no-sandbox'] : [])
const launcher = () => (process.platform === 'linux' ? join(app, 'bedside') : programOf(app))

test.skipIf(missing)(
  'what Electron could do and Bedside never needs is switched off in the program itself',
  async () => {
    const wire = await getCurrentFuseWire(programOf(app))
    const [off, on] = [FuseState.DISABLE, FuseState.ENABLE]
    expect(wire).toMatchObject({
      [FuseV1Options.RunAsNode]: off,
      [FuseV1Options.EnableCookieEncryption]: on,
      [FuseV1Options.EnableNodeOptionsEnvironmentVariable]: off,
      [FuseV1Options.EnableNodeCliInspectArguments]: off,
      [FuseV1Options.EnableEmbeddedAsarIntegrityValidation]: on,
      [FuseV1Options.OnlyLoadAppFromAsar]: on,
      [FuseV1Options.LoadBrowserProcessSpecificV8Snapshot]: off,
      [FuseV1Options.GrantFileProtocolExtraPrivileges]: off,
    })
  },
)

test.skipIf(missing)(
  'the folder holds the app in one archive, native code beside it, and no source, map or development tool',
  () => {
    const resources =
      process.platform === 'darwin' ? join(app, 'Bedside.app/Contents/Resources') : join(app, 'resources')
    expect(existsSync(join(resources, 'app.asar'))).toBe(true)
    expect(existsSync(join(resources, 'app'))).toBe(false)
    expect(existsSync(join(resources, 'default_app.asar'))).toBe(false)
    const loose = readdirSync(join(resources, 'app.asar.unpacked'), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ name }) => name)
    expect(loose.filter((name) => !/\.(node|dll|dylib|so)(\.[\d.]+)?$/.test(name))).toEqual([])
    expect(loose.some((name) => name.endsWith('.node'))).toBe(true)
    // The archive's directory is JSON at its beginning.
    const archive = readFileSync(join(resources, 'app.asar'))
    const header = archive.subarray(16, 16 + archive.readUInt32LE(12)).toString('utf8')
    const { files } = JSON.parse(header) as { files: Record<string, { files?: Record<string, unknown> }> }
    expect(Object.keys(files).sort()).toEqual(['node_modules', 'out', 'package.json', 'resources'])
    const modules = Object.keys(files.node_modules?.files ?? {})
    for (const tool of ['electron', 'vitest', 'typescript', '@biomejs', 'vite', 'playwright-core'])
      expect(modules).not.toContain(tool)
    expect([...header.matchAll(/"([^"]+\.(?:map|tsx?|md))":\{/g)].map(([, name]) => name)).toEqual([])
  },
)

test.skipIf(wanting)('a debugger, a log of its pages or another network is refused at the door', () => {
  for (const word of ['--remote-debugging-port=0', '--inspect=0', '--enable-logging', '--proxy-server=10.0.0.1:1']) {
    const began = spawnSync(launcher(), [...asRoot(), `--user-data-dir=${join(folder, 'refused')}`, word], {
      encoding: 'utf8',
      timeout: 20_000,
    })
    expect(began.status).toBe(78)
    expect(began.stderr).toContain(word.split('=')[0])
    expect(began.stderr).not.toMatch(/DevTools listening|Debugger listening/)
  }
})

/** Processes of the packaged program, by their first arguments. */
const processes = (): { pid: number; words: string[] }[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split(/[\0 ]/)
        return words[0] === programOf(app) ? [{ pid: Number(pid), words }] : []
      } catch {
        return []
      }
    })
const isCore = ({ words }: { words: string[] }) => words.some((word) => word.includes('node.mojom.NodeService'))
const until = async <T>(what: () => T | undefined): Promise<T> => {
  for (let i = 0; i < 150; i++) {
    const found = what()
    if (found !== undefined) return found
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error('It did not come to that in 15 s')
}

test.skipIf(wanting)(
  'started, it runs none of the code the environment names, listens nowhere, and leaves no core dump',
  async () => {
    const marker = join(folder, 'ran')
    const script = join(folder, 'planted.cjs')
    writeFileSync(script, `require('node:fs').writeFileSync(${JSON.stringify(marker)}, 'ran')`)
    const port = 20_000 + (process.pid % 20_000)
    const child = spawn(
      launcher(),
      [...asRoot(), '--vault', join(folder, 'started'), `--user-data-dir=${join(folder, 'profile')}`],
      {
        env: {
          ...process.env,
          ELECTRON_RUN_AS_NODE: '1',
          NODE_OPTIONS: `--require ${script} --inspect=127.0.0.1:${port}`,
        },
        stdio: 'ignore',
      },
    )
    const ended = new Promise<number | null>((resolve) => child.on('exit', resolve))
    try {
      const core = await until(() => processes().find(isCore))
      await until(() => processes().find(({ words }) => words.includes('--type=renderer')))
      await new Promise((resolve) => setTimeout(resolve, 3000))
      // It did not die meanwhile: the database's addon loads in it, too.
      if (addonFits()) expect(processes().filter(isCore)).toMatchObject([{ pid: core.pid }])
      for (const { pid } of processes())
        expect(readFileSync(`/proc/${pid}/limits`, 'utf8')).toMatch(/Max core file size\s+0\s+0/)
      const answers = await new Promise((resolve) => {
        const socket = connect(port, '127.0.0.1', () => resolve(true))
        socket.on('error', () => resolve(false))
      })
      expect(answers).toBe(false)
      expect(listening(processes().map(({ pid }) => pid))).toEqual([])
      expect(existsSync(marker)).toBe(false)
    } finally {
      child.kill('SIGTERM')
      const late = setTimeout(() => child.kill('SIGKILL'), 10_000)
      await ended
      clearTimeout(late)
    }
  },
)

/** Ports that these processes listen on, by the sockets they hold. */
const listening = (pids: number[]): string[] => {
  const held = new Set(
    pids.flatMap((pid) => {
      try {
        return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
          try {
            return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? []
          } catch {
            return []
          }
        })
      } catch {
        return []
      }
    }),
  )
  return ['tcp', 'tcp6', 'udp', 'udp6'].flatMap((kind) =>
    readFileSync(`/proc/net/${kind}`, 'utf8')
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      .filter(([, , , state, , , , , , inode]) => (kind.startsWith('udp') || state === '0A') && held.has(inode ?? ''))
      .map(([, local]) => `${kind} ${local}`),
  )
}

let shell: Shell
let person: Hands

test.skipIf(missing)(
  'out of the archive the whole way works: vault, samples, training in threads, a prediction with its reasons',
  async () => {
    const archive =
      process.platform === 'darwin'
        ? join(app, 'Bedside.app/Contents/Resources/app.asar')
        : join(app, 'resources/app.asar')
    shell = await openInElectron({ vault: join(folder, 'vault'), app: archive })
    try {
      person = hands(shell.page)
      await person.createVault()
      await person.loadSamples()
      // The starter models, in worker threads.
      await shell.page.getByText(/^Done\. Load the sample clinic/).waitFor({ timeout: 120_000 })
      await person.openPatient('biopsy')
      await person.openTab('diagnosis')
      await person.heading('prediction:why.title').waitFor()
      // The worker that encrypts anew, and the one that reads files, are entries of their own in the archive.
      await person.go('/settings', person.heading('settings:users.title'))
      await shell.page.getByRole('button', { name: person.t('settings:rekey.do') }).click()
      const dialog = shell.page.getByRole('dialog')
      await dialog.locator('[name=passphrase]').fill('correct horse battery staple')
      await dialog.getByRole('button', { name: person.t('settings:rekey.do') }).click()
      await shell.page.getByText(/^Done\. Encrypt the vault anew/).waitFor()
      const file = join(folder, 'ward.csv')
      writeFileSync(file, 'id,age,sex\n1,40,f\n2,41,m\n3,42,f\n')
      await person.handOver(file, 'ward')
      await person.checkRows()
      await person.importRows()
      await person.lock()
      await person.unlock()
      expect(shell.complaints.filter((line) => !/status of (423|403)/.test(line))).toEqual([])
    } finally {
      await shell.close()
    }
  },
)
