import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { _electron, type Browser, type ElectronApplication, type Page } from 'playwright-core'
import { findElectron, hasDisplay } from '../../scripts/electron.ts'
import { launchChromium } from './chromium.ts'

const root = dirname(dirname(import.meta.dirname))

/** Bedside as a person has it before them, in one of its shells. */
export interface Shell {
  page: Page
  /** Errors of the page and complaints of the browser about its security policy, in order. */
  complaints: string[]
  /** Ends this Bedside; the vault stays. */
  close(): Promise<void>
}

/** A window, with its main process at hand. */
export interface DesktopShell extends Shell {
  app: ElectronApplication
  /** What the processes of the app have written, to stdout and stderr. */
  written: string[]
}

export interface ShellOptions {
  vault: string
  /** What Electron starts, in place of the sources' folder: the archive of a packaged app. */
  app?: string
  /** BCP 47 of the browser or system. */
  locale?: string
  colorScheme?: 'light' | 'dark'
}

export const temporaryFolder = async (): Promise<{ path: string; remove(): Promise<void> }> => {
  const path = await mkdtemp(join(tmpdir(), 'bedside-'))
  return { path, remove: () => rm(path, { recursive: true, force: true, maxRetries: 5 }) }
}

export interface RunningServer {
  /** The one-time address. */
  address: string
  /** Bugs that the core logged. */
  incidents: string[]
  stop(): Promise<number>
}

/** Starts the loopback server as `npm start` does. */
const startServer = async (vault: string): Promise<RunningServer> => {
  const child = spawn(process.execPath, [join(root, 'src/server/index.ts'), '--vault', vault], {
    env: { ...process.env, BEDSIDE_NO_BROWSER: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const incidents: string[] = []
  child.stderr?.on('data', (chunk) => {
    if (/^incident /m.test(String(chunk))) incidents.push(String(chunk))
  })
  const address = await firstMatch(child, /Bedside is at (http:\S+)/)
  return { address, incidents, stop: () => end(child) }
}

/** Bedside in headless Chromium, served on loopback. */
export const openInBrowser = async (options: ShellOptions): Promise<Shell> => {
  const server = await startServer(options.vault)
  let browser: Browser | null = null
  try {
    browser = await launchChromium()
    const context = await browser.newContext({
      locale: options.locale ?? 'en-GB',
      colorScheme: options.colorScheme ?? 'light',
      reducedMotion: 'reduce',
      viewport: { width: 1360, height: 900 },
      timezoneId: 'UTC',
    })
    const page = await context.newPage()
    const complaints = watch(page)
    await page.goto(server.address)
    await page.waitForURL((url) => !url.searchParams.has('token'))
    const running = browser
    let closed = false
    return {
      page,
      complaints,
      async close() {
        if (closed) return
        closed = true
        await running.close()
        const code = await server.stop()
        if (code !== 0) throw new Error(`The server ended with code ${code}`)
        if (server.incidents.length > 0) throw new Error(`The core met a bug: ${server.incidents.join('')}`)
      },
    }
  } catch (error) {
    await browser?.close()
    await server.stop()
    throw error
  }
}

/** Why there are no tests in Electron here, or null where there are. */
export const withoutElectron = (): string | null => {
  if (!findElectron()) return "Electron's program is not on this machine (npm start fetches it where it can)"
  return hasDisplay() ? null : 'there is no display for a window (xvfb-run gives one)'
}

/** Bedside in its own window. */
export const openInElectron = async (options: ShellOptions): Promise<DesktopShell> => {
  const executablePath = findElectron()
  if (!executablePath) throw new Error(withoutElectron() ?? '')
  const { ELECTRON_RUN_AS_NODE: _, ...env } = process.env
  const app = await launchElectron({
    executablePath,
    // Playwright takes it away unless told not to; for root there is none.
    chromiumSandbox: process.getuid?.() !== 0,
    args: [
      ...(process.platform === 'linux' && process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      `--lang=${options.locale ?? 'en-GB'}`,
      // Beside the vault: tests leave nothing in the profile of whoever runs them.
      `--user-data-dir=${options.vault}-profile`,
      options.app ?? root,
      '--vault',
      options.vault,
    ],
    env: { ...env, LANGUAGE: (options.locale ?? 'en-GB').replace('-', '_') } as Record<string, string>,
    colorScheme: options.colorScheme ?? 'light',
    timeout: 30_000,
  })
  let closed = false
  const written: string[] = []
  for (const stream of [app.process().stdout, app.process().stderr])
    stream?.on('data', (chunk) => written.push(String(chunk)))
  const page = await app.firstWindow()
  const complaints = watch(page)
  await page.waitForLoadState('domcontentloaded')
  return {
    page,
    complaints,
    app,
    written,
    async close() {
      if (closed) return
      closed = true
      const { pid } = app.process()
      const late = setTimeout(() => pid && process.kill(pid, 'SIGKILL'), 20_000)
      await app.close()
      clearTimeout(late)
    },
  }
}

/** On a busy machine Electron under a debugger now and then does not come up at all: then it is started anew. */
const launchElectron = async (
  options: Parameters<typeof _electron.launch>[0],
  attempts = 3,
): Promise<Awaited<ReturnType<typeof _electron.launch>>> => {
  try {
    return await _electron.launch(options)
  } catch (error) {
    if (attempts <= 1) throw error
    return launchElectron(options, attempts - 1)
  }
}

const watch = (page: Page): string[] => {
  page.setDefaultTimeout(15_000)
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(`error: ${error.message}`))
  page.on('console', (message) => {
    if (/Content Security Policy|Refused to|violates the following/i.test(message.text()))
      complaints.push(`policy: ${message.text()}`)
    else if (message.type() === 'error') complaints.push(`console: ${message.text()}`)
  })
  page.on('request', (request) => {
    const { protocol, hostname } = new URL(request.url())
    if (!(['app:', 'data:', 'blob:'].includes(protocol) || hostname === '127.0.0.1'))
      complaints.push(`network: ${request.url()}`)
  })
  return complaints
}

const firstMatch = (child: ChildProcess, pattern: RegExp): Promise<string> =>
  new Promise((resolve, reject) => {
    let said = ''
    const late = setTimeout(() => fail('did not answer in time'), 60_000)
    const fail = (what: string) => {
      clearTimeout(late)
      child.kill()
      reject(new Error(`The server ${what}: ${said}`))
    }
    const listen = (chunk: unknown) => {
      said += String(chunk)
      const found = pattern.exec(said)?.[1]
      if (found === undefined) return
      clearTimeout(late)
      resolve(found)
    }
    child.stdout?.on('data', listen)
    child.stderr?.on('data', listen)
    child.on('exit', (code) => fail(`ended with code ${code}`))
  })

const end = (child: ChildProcess): Promise<number> =>
  new Promise((resolve) => {
    if (child.exitCode !== null) return resolve(child.exitCode)
    child.on('exit', (code) => resolve(code ?? 1))
    child.kill('SIGTERM')
  })
