import { closeSync, fsyncSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import * as z from 'zod'
import { sha256 } from '../../numbers/digest.ts'
import { readVaultFile, syncFolder } from '../keys/vaultFile.ts'
import { readSettings, writeSettings } from '../store/settings.ts'
import { isSlotOf, type Vault } from '../store/vault.ts'
import { appendAudit } from './audit.ts'

/**
 * Unlocks that were refused while the vault was locked, when nothing can be written in it. They wait in
 * `refused.jsonl`, time and user's id alone, for the next unlock, and are then appended to the audit log. Whoever can
 * write in the vault's folder can take them away before.
 */
const refusalsPath = (dir: string): string => join(dir, 'refused.jsonl')

const RefusalSchema = z.strictObject({
  at: z.iso.datetime(),
  act: z.enum(['vault.unlock', 'vault.recover']),
  /** Id of the user whose passphrase was tried, where one was named. */
  user: z.uuid().nullable(),
})

export type RefusedAct = z.infer<typeof RefusalSchema>['act']

/** So that somebody who tries for weeks does not fill the disk; 4,000 refusals tell enough. */
const mostBytes = 256 * 1024
const takenSetting = 'audit.refusalsTaken'

/** Id of the user whose slot was tried, or null: what was typed as a name may be anything, a passphrase too. */
export const refusedUser = (dir: string, name: string | null): string | null => {
  if (name === null) return null
  try {
    return readVaultFile(dir).slots.find((slot) => isSlotOf(slot, name))?.header.user ?? null
  } catch {
    return null
  }
}

/** Notes a refused unlock. Never throws: that the passphrase is wrong must be told in any case. */
export const noteRefusal = (dir: string, act: RefusedAct, user: string | null, at = new Date()): void => {
  try {
    const file = openSync(refusalsPath(dir), 'a+', 0o600)
    try {
      const before = readFileSync(file, 'utf8')
      if (before.length >= mostBytes) return
      // After a line that a power cut left unfinished.
      const start = before === '' || before.endsWith('\n') ? '' : '\n'
      writeSync(file, `${start}${JSON.stringify({ at: at.toISOString(), act, user })}\n`)
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
  } catch {
    // A read-only or full disk.
  }
}

/** Appends the noted refusals to the audit log, each once even where a crash comes in between, and forgets them. */
export const takeRefusals = async (vault: Vault): Promise<number> => {
  const path = refusalsPath(vault.path)
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch {
    return 0
  }
  const taken = String(readSettings(vault.read, null)[takenSetting] ?? '')
  const [length, hash] = taken.split(':')
  // The log has these already; only their file outlived the crash.
  const known = taken !== '' && sha256(text.slice(0, Number(length))) === hash ? Number(length) : 0
  const lines = text.slice(known).split('\n')
  const refusals = lines.flatMap((line) => {
    try {
      return [RefusalSchema.parse(JSON.parse(line))]
    } catch {
      return []
    }
  })
  await vault.write((store) => {
    let earliest = store.value<string>('SELECT at FROM audit ORDER BY sequence DESC LIMIT 1') ?? ''
    const now = new Date().toISOString()
    for (const { at, act, user } of refusals) {
      // The file is not protected, so its times may lie only where they can: after the last entry, before now.
      const when = at < earliest ? earliest : at > now ? now : at
      earliest = when
      appendAudit(store, { actor: user ?? 'unknown', act, record: null, outcome: 'refused' }, when)
    }
    writeSettings(store, null, { [takenSetting]: `${text.length}:${sha256(text)}` })
  })
  rmSync(path, { force: true })
  syncFolder(vault.path)
  return refusals.length
}
