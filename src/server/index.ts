import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { createApp, endOnIncident } from '../core/app.ts'
import { defaultVault, installation } from '../core/installation.ts'
import { startServer } from './server.ts'

const usage = `Bedside in the browser, on this machine alone.

  node src/server/index.ts [--vault DIR] [--port N] [--threads N]

BEDSIDE_NO_BROWSER=1 leaves the browser closed.
`

const start = async () => {
  const { values } = parseArgs({
    options: {
      vault: { type: 'string' },
      port: { type: 'string' },
      threads: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  })
  if (values.help) return void process.stdout.write(usage)
  const renderer = fileURLToPath(new URL('../../out/renderer', import.meta.url))
  if (!existsSync(renderer)) throw new Error('The renderer is not built yet: run npm run build first')
  const { resources, workers, version, build } = installation()
  const log = (line: string) => void process.stderr.write(`${line}\n`)
  endOnIncident(log)
  const app = createApp({
    vaultPath: resolve(values.vault ?? defaultVault()),
    resources,
    workers,
    build,
    ...(values.threads === undefined ? {} : { threads: whole('threads', values.threads, 1, 1024) }),
    log,
  })
  const server = await startServer(app, {
    port: values.port === undefined ? 0 : whole('port', values.port, 0, 65535),
    renderer,
    version,
    log,
    invite: (address, again) => {
      process.stdout.write(again ? `For another browser: ${address}\n` : `Bedside is at ${address}\n`)
      if (!again) openBrowser(address)
    },
  }).catch(async (error: unknown) => {
    await app.close()
    throw error
  })

  let stopping = false
  const stop = async () => {
    if (stopping) return
    stopping = true
    await server.close()
    await app.close()
    process.exit(0)
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
  process.on('SIGHUP', stop)
}

const whole = (name: string, text: string, low: number, high: number): number => {
  const value = Number(text)
  if (!Number.isInteger(value) || value < low || value > high)
    throw new Error(`--${name} takes a whole number from ${low} to ${high}`)
  return value
}

/** Opens the default browser where there is a screen to open it on; the printed address serves where it does not. */
const openBrowser = (address: string) => {
  if (process.env.BEDSIDE_NO_BROWSER === '1') return
  const { platform, env } = process
  if (platform === 'linux' && !env.DISPLAY && !env.WAYLAND_DISPLAY) return
  const [command, args] =
    platform === 'win32'
      ? ['rundll32', ['url.dll,FileProtocolHandler', address]]
      : platform === 'darwin'
        ? ['open', [address]]
        : ['xdg-open', [address]]
  const child = spawn(command as string, args as string[], { stdio: 'ignore', detached: true })
  child.on('error', () => {})
  child.unref()
}

start().catch((error: unknown) => {
  const code = (error as NodeJS.ErrnoException).code
  const reason = code === 'EADDRINUSE' ? 'That port is taken: choose another with --port' : (error as Error).message
  process.stderr.write(`bedside: ${reason}\n`)
  process.exit(1)
})
