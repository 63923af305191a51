import { BedsideError, locked } from '../../contract/errors.ts'
import type { Session } from '../../contract/vault.ts'
import { noteRefusal, type RefusedAct, refusedUser } from '../vault/audit/refusals.ts'
import { replacePassphrase, requireStrong } from '../vault/keys/access.ts'
import { calibratedKeyDerivation } from '../vault/keys/calibrate.ts'
import { firstOpened, type Keychain } from '../vault/keys/keychain.ts'
import { readRecoveryCode } from '../vault/keys/recovery.ts'
import { openSlot, type Slot } from '../vault/keys/slots.ts'
import { createThrottle, type Throttle } from '../vault/keys/throttle.ts'
import { userById } from '../vault/keys/users.ts'
import { readVaultFile } from '../vault/keys/vaultFile.ts'
import type { Cipher } from '../vault/store/database.ts'
import {
  mistypedRecoveryCode,
  throttled,
  vaultMissing,
  wrongPassphrase,
  wrongRecoveryCode,
} from '../vault/store/failures.ts'
import { createVault, isSlotOf, type KeyDerivation, openVault, type User, vaultState } from '../vault/store/vault.ts'
import type { Connection } from './connection.ts'
import type { Sessions } from './sessions.ts'
import type { VaultHolder } from './vaultHolder.ts'

export interface NewVault {
  displayName: string
  passphrase: string
  login: string | null
  cipher: Cipher | null
}

export interface UnlockingOptions {
  vaultPath: string
  holder: VaultHolder
  sessions: Sessions
  keychain: Keychain | null
  log: (line: string) => void
  /** For tests: a cheaper key derivation. */
  keyDerivation?: KeyDerivation | undefined
  /** For tests: the time, in milliseconds. */
  now?: (() => number) | undefined
}

type SlotKind = Slot['header']['kind']
/** Who a passphrase or recovery code belongs to, and the slot it opened. */
interface Holder {
  user: User
  slot: string
}

const isWrong = (error: unknown, ...reasons: string[]): boolean =>
  error instanceof BedsideError && reasons.includes(error.failure.reason)

const sessionOf = ({ id, displayName, role }: User): Session => ({ user: id, displayName, role })

/** From a passphrase or recovery code to a session. Tries are counted; wrong ones are on record, and slowed down. */
export class Unlocking {
  private readonly options: UnlockingOptions
  private readonly throttle: Throttle

  constructor(options: UnlockingOptions) {
    this.options = options
    this.throttle = createThrottle(options.vaultPath, options.now)
  }

  /** Seconds until the next passphrase is tried. */
  waitSeconds(): number {
    return this.throttle.waitSeconds()
  }

  /** Costs of new key slots. */
  async costs(): Promise<KeyDerivation> {
    return this.options.keyDerivation ?? (await calibratedKeyDerivation())
  }

  /** Makes the vault and signs its first user in. Throws `weakPassphrase`, `vaultExists`. */
  create(connection: Connection, { displayName, passphrase, login, cipher }: NewVault): Promise<Session> {
    const { vaultPath, holder, sessions } = this.options
    return holder.alone(async () => {
      if (vaultState(vaultPath) === 'absent') await requireStrong(passphrase, [displayName, login])
      const made = await createVault(vaultPath, {
        displayName,
        passphrase,
        login,
        cipher: cipher ?? undefined,
        log: this.vaultLog,
        keyDerivation: await this.costs(),
      })
      await holder.take(made.vault)
      return sessions.begin(connection, sessionOf(made.user))
    })
  }

  /** Throws `wrongPassphrase`, `throttled`, `vaultMissing`. */
  unlock(connection: Connection, user: string | null, passphrase: string): Promise<Session> {
    return this.options.holder.alone(async () => {
      const found = await this.attempt(() => this.enter(user, passphrase)).catch(async (error) => {
        await this.recordRefusal(connection, 'vault.unlock', user, error)
        throw error
      })
      return this.options.sessions.begin(connection, sessionOf(found.user))
    })
  }

  /** Opens the vault with a recovery code, which is used up, and gives its user a new passphrase. */
  recover(connection: Connection, typed: string, passphrase: string): Promise<Session> {
    const { holder, sessions } = this.options
    return holder.alone(async () => {
      const code = readRecoveryCode(typed)
      if (code === null) throw mistypedRecoveryCode()
      await requireStrong(passphrase, [])
      const wasOpen = holder.isOpen()
      try {
        const { user, slot } = await this.attempt(() =>
          this.enter(null, code, 'recovery').catch((error) => {
            throw isWrong(error, 'wrongPassphrase') ? wrongRecoveryCode() : error
          }),
        )
        const vault = holder.vault()
        const { keyring } = vault
        await replacePassphrase(vault, { user: user.id, passphrase }, await this.costs())
        // Used up, but only after the new passphrase holds: cut off in between, the code still works.
        await vault.write(() => keyring.replace(keyring.slots().filter(({ header }) => header.slot !== slot)))
        return sessions.begin(connection, sessionOf(user))
      } catch (error) {
        await this.recordRefusal(connection, 'vault.recover', null, error)
        if (!wasOpen && holder.isOpen() && sessions.of().length === 0) await holder.close()
        throw error
      }
    })
  }

  /**
   * Makes sure that who is signed in is who sits there; throttled like an unlock. Throws `wrongPassphrase`,
   * `throttled`.
   */
  confirm(connection: Connection, passphrase: string): Promise<void> {
    return this.options.holder.alone(() =>
      this.attempt(async () => {
        const user = connection.session?.user
        if (!user) throw locked('locked')
        if (!(await this.holderOf(user, passphrase))) throw wrongPassphrase()
      }),
    )
  }

  /** A try of a passphrase or recovery code: counted, and refused where too many were wrong lately. */
  private async attempt<T>(work: () => Promise<T>): Promise<T> {
    const { vaultPath } = this.options
    if (vaultState(vaultPath) === 'absent') throw vaultMissing(vaultPath)
    // A folder of something else, or a damaged vault, is told before anything is written beside it.
    readVaultFile(vaultPath)
    const seconds = this.throttle.waitSeconds()
    if (seconds > 0) throw throttled(seconds)
    this.throttle.begin()
    try {
      const result = await work()
      this.throttle.succeed()
      return result
    } catch (error) {
      if (!isWrong(error, 'wrongPassphrase', 'wrongRecoveryCode')) this.throttle.forgive()
      throw error
    }
  }

  private async enter(user: string | null, secret: string, kind: SlotKind = 'passphrase'): Promise<Holder> {
    const { holder, vaultPath, keychain } = this.options
    if (holder.isOpen()) {
      const found = await this.holderOf(user, secret, kind)
      if (!found) throw wrongPassphrase()
      return found
    }
    const opened = await openVault(vaultPath, { user, passphrase: secret, kind, keychain, log: this.vaultLog })
    await holder.take(opened.vault)
    return opened
  }

  /** Whose passphrase this is, by the slots of the vault that is already open. */
  private async holderOf(user: string | null, secret: string, kind: SlotKind = 'passphrase'): Promise<Holder | null> {
    const { keyring, read } = this.options.holder.vault()
    const named = keyring.slots().filter((slot) => slot.header.kind === kind && (user === null || isSlotOf(slot, user)))
    return firstOpened(named, this.options.keychain, async (slot, kept) => {
      const key = await openSlot(keyring.vault, slot, secret, kept)
      if (!key) return null
      key.fill(0)
      const found = userById(read, slot.header.user)
      return found && !found.disabled ? { user: found, slot: slot.header.slot } : null
    })
  }

  /** Who was not let in goes into the audit log, or waits beside the vault until somebody is. */
  private async recordRefusal(connection: Connection, act: RefusedAct, user: string | null, error: unknown) {
    const { holder, vaultPath } = this.options
    // Whoever is signed in already stands in the entry that the guard writes.
    if (!isWrong(error, 'wrongPassphrase', 'wrongRecoveryCode') || connection.session) return
    const actor = refusedUser(vaultPath, user)
    if (holder.isOpen()) await holder.audit({ actor: actor ?? 'unknown', act, record: null, outcome: 'refused' })
    else noteRefusal(vaultPath, act, actor)
  }

  private readonly vaultLog = ({ event, sql, milliseconds }: { event: string; sql: string; milliseconds: number }) =>
    this.options.log(`${event} ${milliseconds.toFixed(0)} ms: ${sql.replace(/\s+/g, ' ').slice(0, 200)}`)
}
