import { fileURLToPath } from 'node:url'
import { RPCHandler } from '@orpc/server/message-port'
import type { MessagePortMain, ParentPort } from 'electron'
import { type Connection, createApp, endOnIncident } from '../core/app.ts'
import type { CoreMessage } from './core-process.ts'
import { askingKeychain } from './keychain-channel.ts'

/** Set by electron.vite.config.ts. */
declare const __BEDSIDE_BUILD__: string

/**
 * The core as a process of its own (Electron's utilityProcess). Main sends it one MessagePort a window; patient data
 * travels on that port between this process and the window alone. To main it tells whether somebody is signed in, and
 * it asks main for the secrets of keys that are bound to the keychain.
 */
const parent = (process as unknown as { parentPort: ParentPort }).parentPort
const [vaultPath] = process.argv.slice(2)
if (!vaultPath) throw new Error('The core was started without the path of a vault')

const log = (line: string) => void process.stderr.write(`${line}\n`)
endOnIncident(log)

const tell = (message: CoreMessage) => parent.postMessage(message)
const { keychain, answered } = askingKeychain((question) => tell({ keychain: question }))

const app = createApp({
  vaultPath,
  resources: fileURLToPath(new URL('../../resources', import.meta.url)),
  workers: {
    pool: new URL('./worker.js', import.meta.url),
    rows: new URL('./rowsWorker.js', import.meta.url),
    rekey: new URL('./rekeyWorker.js', import.meta.url),
  },
  build: __BEDSIDE_BUILD__,
  log,
  onState: (state) => tell({ state }),
  keychain,
})
const handler = new RPCHandler<{ connection: Connection }>(app.router)

const serve = (port: MessagePortMain) => {
  const connection = app.connect('desktop')
  handler.upgrade(port, { context: { connection } })
  port.on('close', () => connection.close())
  port.start()
}

let stopping = false
const stop = async () => {
  if (stopping) return
  stopping = true
  await app.close()
  process.exit(0)
}

parent.on('message', ({ data, ports }) => {
  if (data?.keychain) return answered(data.keychain)
  const [port] = ports
  if (data === 'connect' && port) serve(port)
  // The system's screen is locked, or it goes to sleep.
  if (data === 'lock') void app.lock()
  if (data === 'stop') void stop()
})
