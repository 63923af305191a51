import { tmpdir } from 'node:os'
import { locked, notAllowed } from '../../contract/errors.ts'
import type { Session } from '../../contract/vault.ts'
import { createUploads, type Uploads } from '../intake/uploads.ts'
import { createJobRunner, type JobRunner } from '../jobs/runner.ts'
import { appendAudit } from '../vault/audit.ts'
import { openSlot } from '../vault/slots.ts'
import { userById } from '../vault/users.ts'
import { createVault, type KeyDerivation, openVault, type User, type Vault, vaultState } from '../vault/vault.ts'
import { readVaultFile } from '../vault/vaultFile.ts'
import { type Connection, createConnection } from './connection.ts'
import { incidentOf } from './guard.ts'
import { createModelShelf, type ModelShelf } from './shelf.ts'

export interface CoreOptions {
  vaultPath: string
  /** Folder of the bundled samples and their dictionaries. */
  resources: string
  /** Entry of worker threads. */
  worker: URL
  /** What a model was made by: version and digest of the sources. */
  build: string
  threads: number
  log: (line: string) => void
  /** For tests: a cheaper key derivation, never below the floors. */
  keyDerivation?: KeyDerivation
}

export interface AuditedAct {
  actor: string
  act: string
  record: string | null
  outcome: string
}

/** What all procedures share: the vault while it is open, who is connected, jobs, uploads, models at hand. */
export interface Core {
  options: CoreOptions
  log: (line: string) => void
  jobs: JobRunner
  uploads: Uploads
  shelf: ModelShelf
  /** What neural nets were last trained on; null until then. */
  neuralBackend: string | null
  isOpen(): boolean
  /** The open vault; throws `locked`. */
  vault(): Vault
  status(connection: Connection): { state: 'absent' | 'locked' | 'open'; session: Session | null }
  create(connection: Connection, displayName: string, passphrase: string): Promise<Session>
  unlock(connection: Connection, user: string | null, passphrase: string): Promise<Session>
  /** Ends the connection's session; the vault closes with the last one. */
  lock(connection: Connection): Promise<void>
  audit(act: AuditedAct): Promise<void>
  /** Notes that a connection is in use. */
  touch(connection: Connection): void
  connect(kind: Connection['kind']): Connection
  close(): Promise<void>
}

const sessionOf = ({ id, displayName, role }: User): Session => ({ user: id, displayName, role })

export const createCore = (options: CoreOptions): Core => {
  const { vaultPath, log } = options
  const connections = new Set<Connection>()
  const newUploads = () => createUploads({ folder: tmpdir() })
  const newJobs = () => createJobRunner((error) => incidentOf(error, log))
  let vault: Vault | null = null
  let opening: Promise<unknown> = Promise.resolve()

  const current = (): Vault => {
    if (!vault) throw locked('locked', 'The vault is locked. Unlock it and try again.')
    return vault
  }

  const vaultLog = ({ event, sql, milliseconds }: { event: string; sql: string; milliseconds: number }) =>
    log(`${event} ${milliseconds.toFixed(0)} ms: ${sql.replace(/\s+/g, ' ').slice(0, 200)}`)

  /** One opening at a time: two windows that unlock together must not race for the file. */
  const alone = <T>(work: () => Promise<T>): Promise<T> => {
    const result = opening.then(work)
    opening = result.catch(() => {})
    return result
  }

  /** Whose passphrase this is, by the slots of the vault that is already open. */
  const holderOf = async (user: string | null, passphrase: string): Promise<User> => {
    const file = readVaultFile(vaultPath)
    for (const slot of file.slots) {
      if (user !== null && slot.header.user !== user) continue
      const key = await openSlot(file.vault, slot, passphrase)
      if (!key) continue
      key.fill(0)
      const found = userById(current().read, slot.header.user)
      if (found && !found.disabled) return found
    }
    throw notAllowed('wrongPassphrase', 'The passphrase is wrong. Nothing was changed; try again.')
  }

  const closeVault = async () => {
    await core.jobs.close()
    core.uploads.close()
    core.shelf.clear()
    vault?.close()
    vault = null
    core.jobs = newJobs()
    core.uploads = newUploads()
  }

  const core: Core = {
    options,
    log,
    jobs: newJobs(),
    uploads: newUploads(),
    shelf: createModelShelf(current),
    neuralBackend: null,
    isOpen: () => vault !== null,
    vault: current,
    status: (connection) => ({
      state: vault && connection.session ? 'open' : vault ? 'locked' : vaultState(vaultPath),
      session: vault ? connection.session : null,
    }),
    create: (connection, displayName, passphrase) =>
      alone(async () => {
        const { keyDerivation } = options
        const made = await createVault(vaultPath, {
          displayName,
          passphrase,
          log: vaultLog,
          ...(keyDerivation ? { keyDerivation } : {}),
        })
        vault = made.vault
        connection.session = sessionOf(made.user)
        return connection.session
      }),
    unlock: (connection, user, passphrase) =>
      alone(async () => {
        if (vault) connection.session = sessionOf(await holderOf(user, passphrase))
        else {
          const opened = await openVault(vaultPath, { user, passphrase, log: vaultLog })
          vault = opened.vault
          connection.session = sessionOf(opened.user)
        }
        return connection.session
      }),
    lock: async (connection) => {
      connection.session = null
      if ([...connections].every(({ session }) => session === null)) await alone(closeVault)
    },
    audit: async (act) => {
      await current().write((store) => appendAudit(store, act))
    },
    touch: () => {},
    connect: (kind) => {
      const connection = createConnection(kind, (closing) => {
        connections.delete(closing)
        if (closing.session) void core.lock(closing).catch((error) => incidentOf(error, log))
      })
      connections.add(connection)
      return connection
    },
    close: async () => {
      for (const connection of connections) connection.session = null
      connections.clear()
      await alone(closeVault)
    },
  }
  return core
}
