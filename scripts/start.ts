import { type SpawnOptions, spawn } from 'node:child_process'
import { dirname, join } from 'node:path'
import { build, isBuilt } from './build.ts'
import { fetchElectron, findElectron, hasDisplay } from './electron.ts'

/**
 * `npm start`: Bedside in its own window where that can be, else in the browser.
 *
 *   npm start -- [--vault DIR] [--server] [--port N] [--no-sandbox]
 */
const root = dirname(import.meta.dirname)
const words = process.argv.slice(2)
const wantsServer = words.includes('--server')
const passed = words.filter((word) => word !== '--server')

/**
 * The program with core dumps off, for it and all its processes: what they hold in memory is not written to a disk when
 * one crashes. Windows has no such dumps.
 */
const withoutDumps = (command: string, args: string[]): [string, string[]] =>
  process.platform === 'win32' ? [command, args] : ['/bin/sh', ['-c', 'ulimit -c 0; exec "$0" "$@"', command, ...args]]

/** Runs a program to its end, which Ctrl-C reaches too: this process stays until it has ended. */
const run = (command: string, args: string[], options: SpawnOptions = {}) =>
  new Promise<number>((resolve) => {
    const child = spawn(...withoutDumps(command, args), { stdio: 'inherit', ...options })
    const pass = (signal: NodeJS.Signals) => child.kill(signal)
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
    for (const signal of signals) process.on(signal, pass)
    const end = (code: number) => {
      for (const signal of signals) process.off(signal, pass)
      resolve(code)
    }
    child.on('error', () => end(127))
    child.on('exit', (code, signal) => end(signal === null ? (code ?? 1) : stopSignals.has(signal) ? 0 : 1))
  })
const stopSignals = new Set<NodeJS.Signals>(['SIGINT', 'SIGTERM', 'SIGHUP'])

/** Why there is no window, or null where one was shown and has been closed. */
const runWindow = async (): Promise<string | null> => {
  if (wantsServer) return 'As you asked, Bedside starts in the browser.'
  if (!hasDisplay()) return 'There is no display for a window, so Bedside starts in the browser.'
  const electron = findElectron() ?? (await fetchElectron())
  if (!electron)
    return 'Electron is not on this machine and cannot be fetched from its download host, so Bedside starts in the browser.'
  const args = passed.filter(
    (word, at) => word !== '--port' && passed[at - 1] !== '--port' && !word.startsWith('--port='),
  )
  if (process.platform === 'linux' && process.getuid?.() === 0 && !args.includes('--no-sandbox')) {
    console.error('You are root, and Chromium has no sandbox for root: use another account for real patients.')
    args.unshift('--no-sandbox')
  }
  const { ELECTRON_RUN_AS_NODE: _, ...env } = process.env
  const began = Date.now()
  const code = await run(electron, [root, ...args], { env })
  if (code !== 0 && Date.now() - began < 10_000)
    return `Electron cannot open a window here (it ended with code ${code}), so Bedside starts in the browser.`
  process.exitCode = code
  return null
}

if (!isBuilt()) {
  console.log('Building Bedside ...')
  await build()
}
const reason = await runWindow()
if (reason !== null) {
  console.log(reason)
  const args = passed.filter((word) => word !== '--no-sandbox')
  process.exitCode = await run(process.execPath, [join(root, 'src', 'server', 'index.ts'), ...args])
}
