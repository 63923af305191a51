import { tmpdir } from 'node:os'
import { BedsideError, locked } from '../../contract/errors.ts'
import type { Job } from '../../contract/jobs.ts'
import type { LockReason, Policy, Session } from '../../contract/vault.ts'
import { createUploads, type Uploads } from '../intake/import/uploads.ts'
import { type JobHandlers, JobRunner, type KeptJob } from '../jobs/runner.ts'
import { readSpec, rulesOf } from '../jobs/specs.ts'
import { threadTransport } from '../jobs/transport/threads.ts'
import type { Transport } from '../jobs/transport/transport.ts'
import { createModelShelf, type ModelShelf } from '../models/modelCache.ts'
import { type AuditLog, openAuditLog } from '../vault/audit/auditLog.ts'
import { noteRefusal, type RefusedAct, refusedUser } from '../vault/audit/refusals.ts'
import { replacePassphrase, requireStrong } from '../vault/keys/access.ts'
import { calibratedKeyDerivation } from '../vault/keys/calibrate.ts'
import { firstOpened, type Keychain } from '../vault/keys/keychain.ts'
import { defaultPolicy, readPolicy } from '../vault/keys/policy.ts'
import { readRecoveryCode } from '../vault/keys/recovery.ts'
import { openSlot, type Slot } from '../vault/keys/slots.ts'
import { createThrottle } from '../vault/keys/throttle.ts'
import { userById } from '../vault/keys/users.ts'
import { readVaultFile } from '../vault/keys/vaultFile.ts'
import { interruptJobs, listJobs, type StoredJob, saveJob } from '../vault/models/jobs.ts'
import type { Cipher } from '../vault/store/database.ts'
import {
  mistypedRecoveryCode,
  throttled,
  vaultMissing,
  wrongPassphrase,
  wrongRecoveryCode,
} from '../vault/store/failures.ts'
import {
  createVault,
  isSlotOf,
  type KeyDerivation,
  openVault,
  type User,
  type Vault,
  vaultState,
} from '../vault/store/vault.ts'
import type { Connection } from './connection.ts'
import { incidentOf } from './incident.ts'
import { createSessions, type Sessions } from './sessions.ts'

export interface CoreOptions {
  vaultPath: string
  /** Folder of the bundled samples and their dictionaries. */
  resources: string
  /** Entry of worker threads. */
  worker: URL
  /** What models are made by: version and, after a `+`, the digest of the code that decides a fit. */
  build: string
  threads: number
  log: (line: string) => void
  /** For tests: a cheaper key derivation, never below the floors. By default it is measured to take about half a second. */
  keyDerivation?: KeyDerivation
  /** Told when somebody signs in or a session ends, and when the policy changes. */
  onState?: (state: VaultState) => void
  /** The operating system's keychain, where the shell has one. */
  keychain?: Keychain
  /** For tests: bytes that could still be had. */
  freeBytes?: () => number
  /** For tests: the time, in milliseconds. */
  now?: () => number
}

export interface VaultState {
  /** Whether anybody is signed in. */
  open: boolean
  policy: Policy
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
  /** Where long tasks run: on threads of this machine. */
  transport: Transport
  uploads: Uploads
  shelf: ModelShelf
  /** What neural nets were last trained on; null until then. */
  neuralBackend: string | null
  isOpen(): boolean
  /** The open vault; throws `locked`. */
  vault(): Vault
  status(connection: Connection): { state: 'absent' | 'locked' | 'open'; session: Session | null }
  create(
    connection: Connection,
    given: { displayName: string; passphrase: string; login: string | null; cipher: Cipher | null },
  ): Promise<Session>
  unlock(connection: Connection, user: string | null, passphrase: string): Promise<Session>
  /** Opens the vault with a recovery code, which is used up, and gives its user a new passphrase. */
  recover(connection: Connection, code: string, passphrase: string): Promise<Session>
  /** Makes sure that who is signed in is who sits there; throttled like an unlock. Throws `wrongPassphrase`, `throttled`. */
  confirm(connection: Connection, passphrase: string): Promise<void>
  /** Seconds until the next passphrase is tried. */
  waitSeconds(): number
  /** Null where the shell has none. */
  keychain: Keychain | null
  /** Costs of new key slots. */
  costs(): Promise<KeyDerivation>
  sessions: Sessions
  /** The slots of the vault, open or locked; none where `vault.json` cannot be read: unlocking says why. */
  slots(): readonly Slot[]
  /** Ends the connection's session. With the last one the vault closes, as soon as no job runs any more. */
  lock(connection: Connection, reason: LockReason): Promise<void>
  /** Ends all sessions, of one user where one is named. */
  lockAll(reason: LockReason, user?: string): Promise<void>
  /** The policy was changed. */
  policyChanged(): void
  audit(act: AuditedAct): Promise<void>
  /** The audit log of the open vault; throws `locked`. */
  auditLog(): AuditLog
  /** Notes that somebody does something on a connection. */
  touch(connection: Connection): void
  connect(kind: Connection['kind']): Connection
  close(): Promise<void>
}

/** What carries records or models out of the vault is signed for. */
const exportActs = /(^export\.write|\.export)$/

/** How late an automatic lock may come. */
const patrolMilliseconds = 5_000

const isWrongPassphrase = (error: unknown): boolean =>
  error instanceof BedsideError && error.failure.reason === 'wrongPassphrase'

/** So many jobs of before are shown. */
const knownJobs = 50

const keptOf = ({ spec, user, ...stored }: StoredJob): KeptJob => {
  const read = readSpec(spec)
  const job: Job = {
    ...stored,
    position: null,
    progress: stored.state === 'done' ? 1 : null,
    endsAt: null,
    workingSince: null,
    stage: stored.state,
    curve: null,
    pausable: false,
    resumable: read !== null && rulesOf[stored.kind].resumable,
  }
  return { job, spec: read, by: user ?? 'system' }
}

const sessionOf = ({ id, displayName, role }: User): Session => ({ user: id, displayName, role })

export const createCore = (options: CoreOptions, jobHandlersOf: (core: Core) => JobHandlers): Core => {
  const { vaultPath, log, keychain = null } = options
  const sessions = createSessions({
    onClose: () => void closeWhenUnused().catch((error) => incidentOf(error, log)),
    onChange: () => tellState(),
    now: options.now,
  })
  const newUploads = () => createUploads({ folder: tmpdir() })
  const newJobs = (known: readonly KeptJob[] = []) =>
    new JobRunner({
      handlers: () => jobHandlersOf(core),
      incident: (error) => incidentOf(error, log),
      keep: keepJob,
      known,
    })
  let vault: Vault | null = null
  let auditLog: AuditLog | null = null
  let opening: Promise<unknown> = Promise.resolve()

  const current = (): Vault => {
    if (!vault) throw locked('locked')
    return vault
  }

  const currentLog = (): AuditLog => {
    if (!auditLog) throw locked('locked')
    return auditLog
  }

  const keepJob = async ({ job, spec, by }: KeptJob): Promise<void> => {
    await vault?.write((store) => saveJob(store, { ...job, spec, user: by === 'system' ? null : by }))
  }

  /** A vault is open only once its audit log is, too. What was cut off when it was last open shows as interrupted. */
  const take = async (opened: Vault): Promise<void> => {
    try {
      auditLog = await openAuditLog(opened, log)
      await opened.write(interruptJobs)
      vault = opened
      core.jobs = newJobs(listJobs(opened.read, knownJobs).map(keptOf))
    } catch (error) {
      opened.close()
      throw error
    }
  }

  /** Who was not let in goes into the audit log, or waits beside the vault until somebody is. */
  const recordRefusal = async (connection: Connection, act: RefusedAct, user: string | null, error: unknown) => {
    const wrong =
      error instanceof BedsideError && ['wrongPassphrase', 'wrongRecoveryCode'].includes(error.failure.reason)
    // Whoever is signed in already stands in the entry that the guard writes.
    if (!wrong || connection.session) return
    const actor = refusedUser(vaultPath, user)
    if (vault) await core.audit({ actor: actor ?? 'unknown', act, record: null, outcome: 'refused' })
    else noteRefusal(vaultPath, act, actor)
  }

  const vaultLog = ({ event, sql, milliseconds }: { event: string; sql: string; milliseconds: number }) =>
    log(`${event} ${milliseconds.toFixed(0)} ms: ${sql.replace(/\s+/g, ' ').slice(0, 200)}`)

  /** One opening at a time: two windows that unlock together must not race for the file. */
  const alone = <T>(work: () => Promise<T>): Promise<T> => {
    const result = opening.then(work)
    opening = result.catch(() => {})
    return result
  }

  const throttle = createThrottle(vaultPath, options.now)
  const costs = async (): Promise<KeyDerivation> => options.keyDerivation ?? (await calibratedKeyDerivation())

  /** A try of a passphrase or recovery code: counted, and refused where too many were wrong lately. */
  const attempt = async <T>(work: () => Promise<T>): Promise<T> => {
    if (vaultState(vaultPath) === 'absent') throw vaultMissing(vaultPath)
    // A folder of something else, or a damaged vault, is told before anything is written beside it.
    readVaultFile(vaultPath)
    const seconds = throttle.waitSeconds()
    if (seconds > 0) throw throttled(seconds)
    throttle.begin()
    try {
      const result = await work()
      throttle.succeed()
      return result
    } catch (error) {
      const wrong =
        error instanceof BedsideError && ['wrongPassphrase', 'wrongRecoveryCode'].includes(error.failure.reason)
      if (!wrong) throttle.forgive()
      throw error
    }
  }

  /** Whose passphrase this is, by the slots of the vault that is already open. */
  const holderOf = async (
    user: string | null,
    secret: string,
    kind: Slot['header']['kind'] = 'passphrase',
  ): Promise<{ user: User; slot: string } | null> => {
    const { keyring, read } = current()
    const named = keyring.slots().filter((slot) => slot.header.kind === kind && (user === null || isSlotOf(slot, user)))
    return firstOpened(named, keychain, async (slot, kept) => {
      const key = await openSlot(keyring.vault, slot, secret, kept)
      if (!key) return null
      key.fill(0)
      const found = userById(read, slot.header.user)
      return found && !found.disabled ? { user: found, slot: slot.header.slot } : null
    })
  }

  const enter = async (
    user: string | null,
    secret: string,
    kind: Slot['header']['kind'] = 'passphrase',
  ): Promise<{ user: User; slot: string }> => {
    if (vault) {
      const holder = await holderOf(user, secret, kind)
      if (!holder) throw wrongPassphrase()
      return holder
    }
    const opened = await openVault(vaultPath, { user, passphrase: secret, kind, keychain, log: vaultLog })
    await take(opened.vault)
    return opened
  }

  const tellState = () =>
    options.onState?.({ open: sessions.of().length > 0, policy: vault ? readPolicy(vault.read) : defaultPolicy })

  const closeVault = async () => {
    await core.jobs.close()
    core.uploads.close()
    core.shelf.clear()
    // A log whose end is signed cannot be cut unnoticed while nobody looks.
    await auditLog?.checkpoint('lock').catch((error) => incidentOf(error, log))
    vault?.close()
    vault = null
    auditLog = null
    core.jobs = newJobs()
    core.uploads = newUploads()
  }

  /** Where nobody is signed in: what was deciphered is forgotten at once, the vault itself when the last job has ended. */
  const closeWhenUnused = async () => {
    if (!vault || sessions.of().length > 0) return
    core.shelf.clear()
    await core.jobs.settled()
    await alone(async () => {
      if (vault && sessions.of().length === 0) await closeVault()
    })
  }

  const noteLock = async (connection: Connection, reason: LockReason) => {
    const actor = connection.session?.user
    if (actor && vault) await core.audit({ actor, act: 'vault.lock', record: `reason/${reason}`, outcome: 'done' })
  }

  /** Looks every few seconds who has been away for too long. */
  const patrol = setInterval(() => {
    if (!vault) return
    const { autoLockMinutes } = readPolicy(vault.read)
    for (const connection of sessions.idle(autoLockMinutes * 60_000))
      void core.lock(connection, 'idle').catch((error) => incidentOf(error, log))
  }, patrolMilliseconds)
  patrol.unref()

  const core: Core = {
    options,
    log,
    jobs: newJobs(),
    transport: threadTransport(options.worker),
    uploads: newUploads(),
    shelf: createModelShelf(current),
    neuralBackend: null,
    isOpen: () => vault !== null,
    vault: current,
    status: (connection) => ({
      state: vault && connection.session ? 'open' : vault ? 'locked' : vaultState(vaultPath),
      session: vault ? connection.session : null,
    }),
    sessions,
    slots: () => {
      if (vault) return vault.keyring.slots()
      try {
        return readVaultFile(vaultPath).slots
      } catch {
        return []
      }
    },
    costs,
    keychain,
    waitSeconds: () => throttle.waitSeconds(),
    create: (connection, { displayName, passphrase, login, cipher }) =>
      alone(async () => {
        if (vaultState(vaultPath) === 'absent') await requireStrong(passphrase, [displayName, login])
        const made = await createVault(vaultPath, {
          displayName,
          passphrase,
          login,
          cipher: cipher ?? undefined,
          log: vaultLog,
          keyDerivation: await costs(),
        })
        await take(made.vault)
        return sessions.begin(connection, sessionOf(made.user))
      }),
    unlock: (connection, user, passphrase) =>
      alone(async () => {
        const holder = await attempt(() => enter(user, passphrase)).catch(async (error) => {
          await recordRefusal(connection, 'vault.unlock', user, error)
          throw error
        })
        return sessions.begin(connection, sessionOf(holder.user))
      }),
    recover: (connection, typed, passphrase) =>
      alone(async () => {
        const code = readRecoveryCode(typed)
        if (code === null) throw mistypedRecoveryCode()
        await requireStrong(passphrase, [])
        const wasOpen = vault !== null
        try {
          const { user, slot } = await attempt(() =>
            enter(null, code, 'recovery').catch((error) => {
              throw isWrongPassphrase(error) ? wrongRecoveryCode() : error
            }),
          )
          const { keyring } = current()
          await replacePassphrase(current(), { user: user.id, passphrase }, await costs())
          // Used up, but only after the new passphrase holds: cut off in between, the code still works.
          await current().write(() => keyring.replace(keyring.slots().filter(({ header }) => header.slot !== slot)))
          return sessions.begin(connection, sessionOf(user))
        } catch (error) {
          await recordRefusal(connection, 'vault.recover', null, error)
          if (!wasOpen && vault && sessions.of().length === 0) await closeVault()
          throw error
        }
      }),
    confirm: (connection, passphrase) =>
      alone(() =>
        attempt(async () => {
          const user = connection.session?.user
          if (!user) throw locked('locked')
          if (!(await holderOf(user, passphrase))) throw wrongPassphrase()
        }),
      ),
    lock: async (connection, reason) => {
      await noteLock(connection, reason)
      if (!sessions.end(connection, reason)) return
      const busy = core.jobs.list().some(({ endedAt, state }) => endedAt === null && state !== 'paused')
      const closing = closeWhenUnused()
      // A training goes on behind a locked screen: the lock does not wait for it.
      if (busy) closing.catch((error) => incidentOf(error, log))
      else await closing
    },
    lockAll: async (reason, user) => {
      for (const connection of sessions.of(user)) await core.lock(connection, reason)
    },
    policyChanged: tellState,
    audit: async (act) => {
      await currentLog().append(act)
      if (exportActs.test(act.act) && act.outcome === 'done') await currentLog().checkpoint('export')
    },
    auditLog: currentLog,
    touch: (connection) => sessions.touch(connection),
    connect: (kind) => sessions.connect(kind),
    close: async () => {
      clearInterval(patrol)
      sessions.clear()
      await alone(closeVault)
    },
  }
  return core
}
