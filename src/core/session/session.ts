import type { LockReason, Policy, Session } from '../../contract/vault.ts'
import type { Keychain } from '../vault/keys/keychain.ts'
import { defaultPolicy, readPolicy } from '../vault/keys/policy.ts'
import type { Slot } from '../vault/keys/slots.ts'
import { readVaultFile } from '../vault/keys/vaultFile.ts'
import { type KeyDerivation, vaultState } from '../vault/store/vault.ts'
import type { Connection } from './connection.ts'
import { incidentOf } from './incident.ts'
import { createSessions, type Sessions } from './sessions.ts'
import { Unlocking } from './unlocking.ts'
import { VaultHolder, type VaultHooks } from './vaultHolder.ts'

/** What a shell is told: whether it has to keep windows out of screenshots, say. */
export interface VaultState {
  /** Whether anybody is signed in. */
  open: boolean
  policy: Policy
}

export interface SessionOptions {
  vaultPath: string
  log: (line: string) => void
  /**
   * For tests: a cheaper key derivation, never below the floors. By default it is measured to take about half a second.
   */
  keyDerivation?: KeyDerivation
  /** Told when somebody signs in or a session ends, and when the policy changes. */
  onState?: (state: VaultState) => void
  /** The operating system's keychain, where the shell has one. */
  keychain?: Keychain
  /** For tests: the time, in milliseconds. */
  now?: () => number
  /** For tests: milliseconds between two looks at who has been away for too long. */
  patrolMilliseconds?: number
}

/** What goes on behind the sessions, by whoever composes them. */
export interface Background extends VaultHooks {
  /** Whether work is going on that a lock does not wait for. */
  busy(): boolean
  /** When no work is left. */
  settled(): Promise<void>
  /** Forgets what was deciphered: nobody is signed in any more. */
  forget(): void
}

/** How late an automatic lock may come. */
const patrolMilliseconds = 5_000

/** The life of the vault in this process: who is connected and signed in, and when it opens, locks and closes. */
export class SessionService {
  readonly sessions: Sessions
  readonly unlocking: Unlocking
  /** Null where the shell has none. */
  readonly keychain: Keychain | null
  private readonly options: SessionOptions
  private readonly holder: VaultHolder
  private readonly background: Background
  private readonly patrol: NodeJS.Timeout

  constructor(options: SessionOptions, background: Background) {
    const { vaultPath, log, keychain = null, keyDerivation, now } = options
    this.options = options
    this.background = background
    this.keychain = keychain
    this.holder = new VaultHolder(background, log)
    this.sessions = createSessions({
      onClose: () => void this.closeWhenUnused().catch((error) => incidentOf(error, log)),
      onChange: () => this.tellState(),
      now,
    })
    const { holder, sessions } = this
    this.unlocking = new Unlocking({ vaultPath, holder, sessions, keychain, log, keyDerivation, now })
    this.patrol = setInterval(() => this.lockIdle(), options.patrolMilliseconds ?? patrolMilliseconds)
    this.patrol.unref()
  }

  isOpen = () => this.holder.isOpen()
  /** The open vault; throws `locked`. */
  vault = () => this.holder.vault()
  /** The audit log of the open vault; throws `locked`. */
  auditLog = () => this.holder.auditLog()
  audit: VaultHolder['audit'] = (act) => this.holder.audit(act)

  connect(kind: Connection['kind']): Connection {
    return this.sessions.connect(kind)
  }

  /** Notes that somebody does something on a connection. */
  touch(connection: Connection): void {
    this.sessions.touch(connection)
  }

  status(connection: Connection): { state: 'absent' | 'locked' | 'open'; session: Session | null } {
    if (!this.isOpen()) return { state: vaultState(this.options.vaultPath), session: null }
    const { session } = connection
    return { state: session ? 'open' : 'locked', session }
  }

  /** The slots of the vault, open or locked; none where `vault.json` cannot be read: unlocking says why. */
  slots(): readonly Slot[] {
    if (this.isOpen()) return this.vault().keyring.slots()
    try {
      return readVaultFile(this.options.vaultPath).slots
    } catch {
      return []
    }
  }

  /** Ends the connection's session. With the last one the vault closes, as soon as no work is left. */
  async lock(connection: Connection, reason: LockReason): Promise<void> {
    const actor = connection.session?.user
    if (actor && this.isOpen())
      await this.audit({ actor, act: 'vault.lock', record: `reason/${reason}`, outcome: 'done' })
    if (!this.sessions.end(connection, reason)) return
    const busy = this.background.busy()
    const closing = this.closeWhenUnused()
    // A training goes on behind a locked screen: the lock does not wait for it.
    if (busy) closing.catch((error) => incidentOf(error, this.options.log))
    else await closing
  }

  /** Ends all sessions, of one user where one is named. */
  async lockAll(reason: LockReason, user?: string): Promise<void> {
    for (const connection of this.sessions.of(user)) await this.lock(connection, reason)
  }

  /** Tells the shell; also called where the policy was changed. */
  tellState(): void {
    const policy = this.isOpen() ? readPolicy(this.vault().read) : defaultPolicy
    this.options.onState?.({ open: this.sessions.of().length > 0, policy })
  }

  async close(): Promise<void> {
    clearInterval(this.patrol)
    this.sessions.clear()
    await this.holder.alone(() => this.holder.close())
  }

  /**
   * Where nobody is signed in: what was deciphered is forgotten at once, the vault itself when the last job has ended.
   */
  private async closeWhenUnused(): Promise<void> {
    const unused = () => this.isOpen() && this.sessions.of().length === 0
    if (!unused()) return
    this.background.forget()
    await this.background.settled()
    await this.holder.alone(async () => {
      if (unused()) await this.holder.close()
    })
  }

  /** Looks who has been away for too long. */
  private lockIdle(): void {
    if (!this.isOpen()) return
    const { autoLockMinutes } = readPolicy(this.vault().read)
    for (const connection of this.sessions.idle(autoLockMinutes * 60_000))
      void this.lock(connection, 'idle').catch((error) => incidentOf(error, this.options.log))
  }
}
