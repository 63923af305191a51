import { availableParallelism } from 'node:os'
import type { ContractRouterClient } from '@orpc/contract'
import { createRouterClient } from '@orpc/server'
import type { Api } from '../contract/api.ts'
import { adviceHandlers } from './handlers/advice.ts'
import { auditHandlers } from './handlers/audit.ts'
import { backupHandlers, scheduleBackups } from './handlers/backup.ts'
import { exportHandlers } from './handlers/exports.ts'
import { implementer } from './handlers/implementer.ts'
import { intakeHandlers } from './handlers/intake.ts'
import { jobHandlersOf } from './handlers/jobKinds.ts'
import { jobHandlers } from './handlers/jobs.ts'
import { modelHandlers } from './handlers/models.ts'
import { patientHandlers } from './handlers/patients.ts'
import { predictionHandlers } from './handlers/predictions.ts'
import { sampleHandlers } from './handlers/samples.ts'
import { Services, type Workers } from './handlers/services.ts'
import { studyHandlers } from './handlers/studies.ts'
import { systemHandlers } from './handlers/system.ts'
import { userHandlers } from './handlers/users.ts'
import { vaultHandlers } from './handlers/vault.ts'
import type { Connection } from './session/connection.ts'
import type { VaultState } from './session/session.ts'
import type { Keychain } from './vault/keys/keychain.ts'
import type { KeyDerivation } from './vault/store/vault.ts'

export type { Connection } from './session/connection.ts'
export { endOnIncident } from './session/incident.ts'
export type { VaultState } from './session/session.ts'
export type { Keychain, KeychainStatus } from './vault/keys/keychain.ts'

export interface AppOptions {
  /** Folder of the vault; need not exist yet. */
  vaultPath: string
  /** Folder of bundled samples, scores and guidelines. */
  resources: string
  workers: Workers
  /**
   * What models are made by: version and, after a `+`, the digest of the code that decides a fit; asked for when
   * needed.
   */
  build: string | (() => string)
  /** Threads that training may use; default: as many as the machine has. */
  threads?: number
  /** Takes lines without patient data. */
  log?: (line: string) => void
  /** For tests: a cheaper key derivation, never below the floors. */
  keyDerivation?: KeyDerivation
  /** Told when somebody signs in or a session ends, and when the policy changes: for what the shell has to do then. */
  onState?: (state: VaultState) => void
  /** The operating system's keychain, where the shell has one: the desktop window. */
  keychain?: Keychain
  /** For tests: bytes of memory that could still be had. */
  freeBytes?: () => number
  /** For tests: the time, in milliseconds. */
  now?: () => number
  /** For tests: milliseconds between two looks at who has been away for too long. */
  patrolMilliseconds?: number
}

export interface App {
  router: ReturnType<typeof routerOf>
  /** One a window, a browser session or a CLI run; it carries who has signed in. */
  connect(kind: Connection['kind']): Connection
  /** The API map in this process. */
  client(connection: Connection): ContractRouterClient<Api>
  /** Names a file of this machine as an upload. For the CLI alone: not in the API map, so no view can read files. */
  registerFile(path: string): Promise<{ upload: string }>
  /** Ends every session, because the system was locked or goes to sleep. */
  lock(): Promise<void>
  close(): Promise<void>
}

const routerOf = (services: Services) => {
  const os = implementer(services)
  return os.router({
    ...systemHandlers(services, os),
    ...vaultHandlers(services, os),
    ...userHandlers(services, os),
    ...patientHandlers(services, os),
    ...studyHandlers(services, os),
    ...intakeHandlers(services, os),
    ...sampleHandlers(services, os),
    ...jobHandlers(services, os),
    ...modelHandlers(services, os),
    ...predictionHandlers(services, os),
    ...adviceHandlers(services, os),
    ...auditHandlers(services, os),
    ...backupHandlers(services, os),
    ...exportHandlers(services, os),
  })
}

/** The composition root: the only place that sees all rooms. */
export const createApp = (options: AppOptions): App => {
  const services = new Services(
    {
      threads: availableParallelism(),
      log: () => {},
      ...options,
      // From sources it takes a fifth of a second to find, and most commands never ask.
      get build() {
        return typeof options.build === 'string' ? options.build : options.build()
      },
    },
    jobHandlersOf,
  )
  const router = routerOf(services)
  const stopSchedule = scheduleBackups(services)
  return {
    router,
    connect: (kind) => services.session.connect(kind),
    client: (connection) =>
      createRouterClient(router as never, { context: { connection } as never }) as unknown as ContractRouterClient<Api>,
    registerFile: async (path) => ({ upload: await services.uploads.register(path) }),
    lock: () => services.session.lockAll('system'),
    close: async () => {
      stopSchedule()
      await services.session.close()
    },
  }
}
