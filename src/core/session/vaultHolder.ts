import { locked } from '../../contract/errors.ts'
import { type AuditLog, openAuditLog } from '../vault/audit/auditLog.ts'
import type { Vault } from '../vault/store/vault.ts'
import { incidentOf } from './incident.ts'

/** An entry of the audit log, as whoever acts hands it over. */
export interface AuditedAct {
  actor: string
  act: string
  record: string | null
  outcome: string
}

/** What begins and ends with the vault; told here, so that a session need not know what that is. */
export interface VaultHooks {
  /** The vault is open, its audit log too. Throws: it is closed again. */
  opened(vault: Vault): Promise<void>
  /** Work on the vault is to end; it is still open. */
  closing(): Promise<void>
  /** The vault is closed. */
  closed(): void
}

/** What carries records or models out of the vault is signed for. */
const exportActs = /(^export\.write|\.export)$/

/** The one vault of this process while it is open. It is open only once its audit log is, too. */
export class VaultHolder {
  private held: { vault: Vault; auditLog: AuditLog } | null = null
  private opening: Promise<unknown> = Promise.resolve()
  private readonly hooks: VaultHooks
  private readonly log: (line: string) => void

  constructor(hooks: VaultHooks, log: (line: string) => void) {
    this.hooks = hooks
    this.log = log
  }

  isOpen(): boolean {
    return this.held !== null
  }

  /** The open vault; throws `locked`. */
  vault(): Vault {
    if (!this.held) throw locked('locked')
    return this.held.vault
  }

  /** The audit log of the open vault; throws `locked`. */
  auditLog(): AuditLog {
    if (!this.held) throw locked('locked')
    return this.held.auditLog
  }

  async audit(act: AuditedAct): Promise<void> {
    await this.auditLog().append(act)
    if (exportActs.test(act.act) && act.outcome === 'done') await this.auditLog().checkpoint('export')
  }

  /** One opening or closing at a time: two windows that unlock together must not race for the file. */
  alone<T>(work: () => Promise<T>): Promise<T> {
    const result = this.opening.then(work)
    this.opening = result.catch(() => {})
    return result
  }

  /** Owns the opened vault from here on; closes it where it cannot be taken into use. */
  async take(vault: Vault): Promise<void> {
    try {
      const auditLog = await openAuditLog(vault, this.log)
      await this.hooks.opened(vault)
      this.held = { vault, auditLog }
    } catch (error) {
      vault.close()
      throw error
    }
  }

  async close(): Promise<void> {
    await this.hooks.closing()
    // A log whose end is signed cannot be cut unnoticed while nobody looks.
    await this.held?.auditLog.checkpoint('lock').catch((error) => incidentOf(error, this.log))
    this.held?.vault.close()
    this.held = null
    this.hooks.closed()
  }
}
