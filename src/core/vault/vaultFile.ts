import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs'
import { dirname, join } from 'node:path'
import * as z from 'zod'
import { canonicalJson, sha256 } from './canonical.ts'
import { ciphers } from './database.ts'
import { notAVault, storageError, vaultDamaged, vaultNewer } from './failures.ts'
import { SlotSchema, slotIsSound } from './slots.ts'

/** `vault.json`: what is needed to unlock, and nothing of any patient or user's name. */
export const vaultFileVersion = 1
const format = 'bedside-vault'

const VaultFileSchema = z.strictObject({
  format: z.literal(format),
  version: z.literal(vaultFileVersion),
  vault: z.uuid(),
  cipher: z.enum(ciphers),
  createdAt: z.string(),
  slots: z.array(SlotSchema).min(1),
})
export type VaultFile = z.infer<typeof VaultFileSchema>

export const vaultFilePath = (dir: string) => join(dir, 'vault.json')

/**
 * Reads and checks `vault.json`. The checksum tells a damaged file from a wrong passphrase; that nobody rewrote a slot is
 * told by the slot's authentication. Throws `notAVault`, `vaultNewer` or `vaultDamaged`.
 */
export const readVaultFile = (dir: string): VaultFile => {
  const path = vaultFilePath(dir)
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT')
      throw vaultDamaged(dir, 'its vault.json, which holds the keys, is missing')
    throw storageError(dir, error)
  }
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    if (text.includes(format)) throw vaultDamaged(dir, 'its vault.json cannot be read')
    throw notAVault(dir, 'its vault.json is something else')
  }
  const { checksum, ...content } = (parsed ?? {}) as Record<string, unknown>
  if (content.format !== format) {
    if ('slots' in content && 'cipher' in content) throw vaultDamaged(dir, 'its vault.json was altered')
    throw notAVault(dir, 'its vault.json is something else')
  }
  const intact = checksum === sha256(canonicalJson(content))
  if (intact && typeof content.version === 'number' && content.version > vaultFileVersion)
    throw vaultNewer(dir, content.version, vaultFileVersion)
  const checked = VaultFileSchema.safeParse(content)
  if (!intact || !checked.success) throw vaultDamaged(dir, 'its vault.json was altered')
  if (!checked.data.slots.every(slotIsSound))
    throw vaultDamaged(dir, 'a key slot in its vault.json was altered to derive keys more cheaply than Bedside allows')
  return checked.data
}

/** Writes `vault.json` whole or not at all: a file beside it, synced, renamed over it, the folder synced. */
export const writeVaultFile = (dir: string, content: VaultFile): void => {
  const path = vaultFilePath(dir)
  const beside = `${path}.new`
  const text = `${JSON.stringify({ ...content, checksum: sha256(canonicalJson(content)) }, null, 2)}\n`
  try {
    const file = openSync(beside, 'w', 0o600)
    try {
      writeSync(file, text)
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
    renameSync(beside, path)
    syncFolder(dirname(path))
  } catch (error) {
    rmSync(beside, { force: true })
    throw storageError(dir, error)
  }
}

/** A rename outlasts a power cut only once its folder is synced. Windows cannot open folders and needs no sync. */
export const syncFolder = (dir: string): void => {
  if (process.platform === 'win32') return
  const folder = openSync(dir, 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}
