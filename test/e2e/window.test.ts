import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { networkInterfaces } from 'node:os'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { passphrase } from './command.ts'
import { type Hands, hands } from './flows.ts'
import { askForAll, callOut, privileges, reachForFiles, roam, talkRubbish } from './hostile.js'
import { type DesktopShell, openInElectron, temporaryFolder, withoutElectron } from './shells.ts'

/**
 * What whoever takes over the page of the desktop window could do with it: nothing but ask the core what the signed-in
 * user may ask. Each point of Electron's security checklist that can be tried on the running app is tried here;
 * docs/electron-security.md lists all.
 */

const missing = withoutElectron()
if (missing) console.log(`Skipped: ${missing}.`)

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let shell: DesktopShell
let person: Hands

beforeAll(async () => {
  if (missing) return
  folder = await temporaryFolder()
  shell = await openInElectron({ vault: `${folder.path}/vault` })
  person = hands(shell.page)
  await person.createVault('Dr. Wilhelmina Unmistakable')
})
afterAll(async () => {
  if (missing) return
  await shell.close()
  await folder.remove()
})

/** This machine by all its names: WebRTC leaves out the loopback, other things leave out the rest. */
const hosts = [
  '127.0.0.1',
  'localhost',
  'probe.localhost',
  ...Object.values(networkInterfaces()).flatMap((all = []) =>
    all.flatMap(({ family, internal, address }) => (family === 'IPv4' && !internal ? [address] : [])),
  ),
]

/** Ears on this machine, in every way a page could reach one; what they hear is counted. */
const ears = async () => {
  const heard: string[] = []
  const tcp = createServer((socket) => {
    heard.push('tcp')
    socket.destroy()
  })
  const udp = createSocket('udp4', () => heard.push('udp'))
  tcp.listen(0, '0.0.0.0')
  await once(tcp, 'listening')
  const { port } = tcp.address() as AddressInfo
  udp.bind(port, '0.0.0.0')
  await once(udp, 'listening')
  const close = () => {
    tcp.close()
    udp.close()
  }
  return { port, heard, close }
}

/** Where the page belongs, whatever its view. */
const home = /^app:\/\/bedside\/(#|$)/

const callOutFrom = async (): Promise<{ reached: string[]; heard: string[] }> => {
  const { port, heard, close } = await ears()
  const reached = await shell.page.evaluate(callOut, { port, hosts })
  close()
  expect(shell.page.url()).toMatch(home)
  await shell.page.reload()
  return { reached, heard }
}

test.skipIf(missing)('a page that turns hostile reaches no network, not this machine’s own either', async () => {
  // That the ears hear is tried first.
  const { port, heard, close } = await ears()
  await fetch(`http://127.0.0.1:${port}/`).catch(() => {})
  close()
  expect(heard).toEqual(['tcp'])
  expect(await callOutFrom()).toEqual({ reached: [], heard: [] })
})

test.skipIf(missing)('and it reaches none where its content security policy was got around', async () => {
  const session = await shell.page.context().newCDPSession(shell.page)
  await session.send('Page.setBypassCSP', { enabled: true })
  await shell.page.reload()
  // The policy is off: what it forbids is done.
  expect(await shell.page.evaluate("new Function('return 1')()")).toBe(1)
  expect(await callOutFrom()).toEqual({ reached: [], heard: [] })
  await session.send('Page.setBypassCSP', { enabled: false })
  await shell.page.reload()
})

test.skipIf(missing)('the page stays where it is, opens no window and embeds none', async () => {
  const views = () => shell.app.evaluate(({ webContents }) => webContents.getAllWebContents().length)
  const there = await views()
  await shell.page.evaluate(roam).catch(() => {})
  await expect.poll(() => shell.page.url()).toMatch(home)
  for (const address of [
    'https://example.org/',
    'file:///etc/passwd',
    'data:text/html,x',
    'app://elsewhere/',
    'app://bedside/assets/',
    'about:blank',
    'about:srcdoc',
  ]) {
    await shell.page.evaluate(`location.assign(${JSON.stringify(address)})`).catch(() => {})
    await shell.page.waitForTimeout(150)
    await expect.poll(() => shell.page.url(), { message: address }).toMatch(home)
  }
  await expect.poll(() => shell.page.url()).toMatch(home)
  expect(await views()).toBe(there)
  await shell.page.reload()
  expect(await shell.page.title()).toContain('Bedside')
})

test.skipIf(missing)('there is no Node and nothing of Electron in the page', async () => {
  const found = await shell.page.evaluate(privileges)
  expect(found).toEqual([])
  const preferences = await shell.app.evaluate(({ webContents }) =>
    webContents
      .getAllWebContents()
      .map((contents) => (contents as unknown as { getLastWebPreferences(): object }).getLastWebPreferences()),
  )
  expect(preferences.length).toBeGreaterThan(0)
  for (const each of preferences) {
    expect(each).toMatchObject({
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      nodeIntegrationInSubFrames: false,
      webSecurity: true,
      allowRunningInsecureContent: false,
      experimentalFeatures: false,
      webviewTag: false,
    })
    expect((each as { enableBlinkFeatures?: string }).enableBlinkFeatures ?? '').toBe('')
  }
})

if (!missing && (process.platform !== 'linux' || process.getuid?.() === 0))
  console.log(
    'Skipped: the sandbox as the system enforces it; Chromium has one for ordinary users of Linux only, not for root.',
  )

test.skipIf(missing || process.platform !== 'linux' || process.getuid?.() === 0)(
  'the system holds the page in a sandbox (Chromium has none for root)',
  async () => {
    const pids = await shell.app.evaluate(({ app }) =>
      app.getAppMetrics().flatMap(({ type, pid }) => (type === 'Tab' ? [pid] : [])),
    )
    expect(pids.length).toBeGreaterThan(0)
    for (const pid of pids) {
      const status = readFileSync(`/proc/${pid}/status`, 'utf8')
      // Its system calls are filtered, and it gains no privileges by running anything.
      expect(status).toMatch(/^Seccomp:\s+2$/m)
      expect(status).toMatch(/^NoNewPrivs:\s+1$/m)
    }
  },
)

test.skipIf(missing)('no device, no notification, no reading of the clipboard is granted', async () => {
  const granted = await shell.page.evaluate(askForAll)
  expect(granted).toEqual([])
})

test.skipIf(missing)('its files are served from one folder, and from nowhere else', async () => {
  const session = await shell.page.context().newCDPSession(shell.page)
  await session.send('Page.setBypassCSP', { enabled: true })
  await shell.page.reload()
  const answers = await shell.page.evaluate(reachForFiles)
  expect(answers.filter(([, answer]) => answer !== 404 && answer !== 'refused')).toEqual([])
  const status = (options: string) =>
    shell.page.evaluate(`fetch('app://bedside/index.html', ${options}).then(({ status }) => status)`)
  expect(await status("{ method: 'POST' }")).toBe(404)
  expect(await status('{}')).toBe(200)
  await session.send('Page.setBypassCSP', { enabled: false })
  await shell.page.reload()
})

test.skipIf(missing)('a page that is not ours gets no port to the core, with the very same preload', async () => {
  const asked = await shell.app.evaluate(async ({ BrowserWindow, app }) => {
    const ask = `new Promise((resolve) => {
      addEventListener('message', ({ data }) => data === 'bedside:port' && resolve('port'))
      postMessage('bedside:ready', '*')
      setTimeout(() => resolve('nothing'), 1500)
    })`
    const [own] = BrowserWindow.getAllWindows()
    const preload = `${app.getAppPath()}/out/preload/index.cjs`
    const foreign = new BrowserWindow({ show: false, webPreferences: { preload, sandbox: true } })
    await foreign.loadURL('about:blank')
    const answers = {
      ours: await own?.webContents.executeJavaScript(ask),
      foreign: await foreign.webContents.executeJavaScript(ask),
    }
    foreign.destroy()
    return answers
  })
  expect(asked).toEqual({ ours: 'port', foreign: 'nothing' })
  await shell.page.reload()
})

test.skipIf(missing)('rubbish on the port neither brings the core down nor gets into a log', async () => {
  await shell.page.evaluate(talkRubbish)
  await shell.page.reload()
  await person.open()
  expect(shell.written.join('')).not.toContain('Unmistakable')
})

test.skipIf(missing)('the window locks with the system’s screen and with sleep', async () => {
  for (const event of ['lock-screen', 'suspend'] as const) {
    await person.open()
    await shell.app.evaluate(({ powerMonitor }, name) => powerMonitor.emit(name as never), event)
    await person.heading('unlock:unlockTitle').waitFor()
  }
  await person.unlock()
})

test.skipIf(missing)('after the lock nothing that was shown is left in the page’s memory or history', async () => {
  const session = await shell.page.context().newCDPSession(shell.page)
  const remembered = async (): Promise<boolean> => {
    await session.send('HeapProfiler.enable')
    await session.send('HeapProfiler.collectGarbage')
    const parts: string[] = []
    const take = ({ chunk }: { chunk: string }) => parts.push(chunk)
    session.on('HeapProfiler.addHeapSnapshotChunk', take)
    await session.send('HeapProfiler.takeHeapSnapshot', { reportProgress: false })
    session.off('HeapProfiler.addHeapSnapshotChunk', take)
    await session.send('HeapProfiler.disable')
    return parts.join('').includes('Unmistakable')
  }
  // A fresh page, into which the name was never typed: what is found came from the core.
  await shell.page.reload()
  await person.open()
  await person.go('/settings', person.heading('settings:users.title'))
  await shell.page.getByRole('cell').first().waitFor()
  expect(await remembered()).toBe(true)
  await person.lock()
  await expect.poll(remembered, { timeout: 20_000, interval: 2000 }).toBe(false)
  await person.unlock()
  await person.go('/worklist?q=Unmistakable', person.heading('worklist:title'))
  await person.lock()
  const history = await shell.app.evaluate(({ BrowserWindow }) =>
    BrowserWindow.getAllWindows().flatMap(({ webContents }) =>
      webContents.navigationHistory.getAllEntries().map(({ url, title }) => `${url} ${title}`),
    ),
  )
  expect(history.join('\n')).not.toContain('Unmistakable')
})

test.skipIf(missing)('windows are kept out of screenshots while that is set and somebody is signed in', async () => {
  await person.open()
  await shell.app.evaluate(({ BrowserWindow }) => {
    const told: boolean[] = []
    Object.assign(globalThis, { told })
    for (const window of BrowserWindow.getAllWindows()) {
      const protect = window.setContentProtection.bind(window)
      window.setContentProtection = (enable) => {
        told.push(enable)
        protect(enable)
      }
    }
  })
  const told = () => shell.app.evaluate(() => (globalThis as unknown as { told: boolean[] }).told.at(-1))
  await person.go('/settings', person.heading('settings:policy.title'))
  const protect = shell.page.getByRole('switch', { name: person.t('settings:policy.screen') })
  await protect.click()
  await expect.poll(told).toBe(true)
  await person.lock()
  await expect.poll(told).toBe(false)
  await person.unlock()
  await expect.poll(told).toBe(true)
})

test.skipIf(missing || process.platform !== 'linux')(
  'where the system’s keychain only pretends, the settings say so and nothing is bound to it',
  async () => {
    await person.open()
    // A runner's desktop may have a keyring of its own.
    const real = await shell.app.evaluate(({ safeStorage }) => safeStorage.getSelectedStorageBackend() !== 'basic_text')
    await person.go('/settings', person.heading('settings:keychain.title'))
    const bind = person.button('settings:keychain.bind')
    if (real) return expect(await bind.count()).toBe(1)
    await shell.page.getByText(/no keychain that really keeps a secret \(basic_text\)/).waitFor()
    expect(await bind.isDisabled()).toBe(true)
    expect(readdirSync(`${folder.path}/vault-profile`, { recursive: true }).join('\n')).not.toContain('.secret')
  },
)

test.skipIf(missing)('a core or a page that crashes comes back locked, and leaves no dump of its memory', async () => {
  await person.open()
  const core = await shell.app.evaluate(({ app }) =>
    app.getAppMetrics().flatMap(({ name, pid }) => (name === 'Bedside core' ? [pid] : [])),
  )
  expect(core).toHaveLength(1)
  process.kill(core[0] as number, 'SIGABRT')
  // The page says so, and asks for the new core when it is told to.
  await person.button('errors:retry').click({ timeout: 30_000 })
  await person.heading('unlock:unlockTitle').waitFor()
  await person.unlock()
  await shell.app.evaluate(({ BrowserWindow }) =>
    BrowserWindow.getAllWindows()[0]?.webContents.forcefullyCrashRenderer(),
  )
  await new Promise((resolve) => setTimeout(resolve, 1000))
  const back = await shell.app.evaluate(async ({ BrowserWindow }) => {
    for (let i = 0; i < 100; i++) {
      const contents = BrowserWindow.getAllWindows()[0]?.webContents
      const text = await contents?.executeJavaScript('document.body.innerText').catch(() => '')
      if (/passphrase/i.test(String(text))) return String(text)
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
    return ''
  })
  expect(back).toMatch(/passphrase/i)
  expect(back).not.toContain('Unmistakable')
  const files = readdirSync(folder.path, { recursive: true }).map(String)
  expect(files.filter((name) => /\.(dmp|dump|core)$|(^|\/)core(\.\d+)?$/.test(name))).toEqual([])
  expect(shell.written.join('')).not.toMatch(new RegExp(`Unmistakable|${passphrase}`))
})
