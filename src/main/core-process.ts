import { join } from 'node:path'
import { MessageChannelMain, type UtilityProcess, utilityProcess, type WebContents } from 'electron'
import type { Keychain, VaultState } from '../core/app.ts'
import { answerOf, type KeychainQuestion } from './keychain-channel.ts'

export interface CoreProcess {
  /** Gives a window a port to the core; an earlier port of that window is closed by its page being gone. */
  connect(window: WebContents): void
  /** Ends every session. */
  lock(): void
  /** Asks the core to close the vault and end; resolves when it has, or was made to. */
  stop(): Promise<void>
}

/** What the core tells main: never anything of a patient. */
export type CoreMessage = { state: VaultState } | { keychain: KeychainQuestion }

/** A core that dies this often within `unrest` milliseconds is not started again. */
const patience = 5
const unrest = 60_000
/** Time to finish a transaction and close the database at quitting. */
const grace = 10_000

/**
 * Starts the core, and starts it again after a crash. A window learns of the crash by its port closing; its next
 * request for a port gets one to the new core (locked, as any fresh core is).
 *
 * @param vault folder of the vault
 * @param keychain what the core may ask for the secrets of bound keys
 * @param gaveUp told, once, when the core keeps dying
 * @param onState told when somebody signs in or a session ends; also by the core's death
 */
export const startCore = (
  vault: string,
  keychain: Keychain,
  gaveUp: () => void,
  onState: (state: VaultState) => void,
): CoreProcess => {
  let core: UtilityProcess | null = null
  let stopping = false
  const deaths: number[] = []

  const start = () => {
    const started = utilityProcess.fork(join(import.meta.dirname, 'core.js'), [vault], {
      serviceName: 'Bedside core',
      stdio: 'inherit',
    })
    core = started
    let last: VaultState | null = null
    started.on('message', (message: CoreMessage) => {
      if ('keychain' in message)
        void answerOf(keychain, message.keychain).then((answer) => started.postMessage({ keychain: answer }))
      else {
        last = message.state
        onState(message.state)
      }
    })
    started.once('exit', () => {
      if (core !== started) return
      core = null
      if (last) onState({ ...last, open: false })
      if (stopping) return
      const now = Date.now()
      deaths.push(now)
      if (deaths.filter((at) => now - at < unrest).length < patience) start()
      else gaveUp()
    })
  }
  start()

  return {
    connect(window) {
      if (!core) return
      const { port1, port2 } = new MessageChannelMain()
      core.postMessage('connect', [port1])
      window.mainFrame.postMessage('bedside:port', null, [port2])
    },
    lock() {
      core?.postMessage('lock')
    },
    async stop() {
      stopping = true
      const running = core
      if (!running) return
      await new Promise<void>((resolve) => {
        const kill = setTimeout(() => running.kill(), grace)
        running.once('exit', () => {
          clearTimeout(kill)
          resolve()
        })
        running.postMessage('stop')
      })
    },
  }
}
