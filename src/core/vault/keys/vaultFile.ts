import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto'
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs'
import { dirname, join } from 'node:path'
import * as z from 'zod'
import { ciphers } from '../../../contract/vault.ts'
import { canonicalJson, sha256 } from '../../numbers/digest.ts'
import { notAVault, storageError, vaultDamaged, vaultNewer } from '../store/failures.ts'
import { SealSchema, SlotSchema, slotIsSound } from './slots.ts'

/** `vault.json`: what is needed to unlock. Of persons it holds the login names they chose, of patients nothing. */
export const vaultFileVersion = 1
const format = 'bedside-vault'

const VaultFileSchema = z.strictObject({
  format: z.literal(format),
  version: z.literal(vaultFileVersion),
  vault: z.uuid(),
  cipher: z.enum(ciphers),
  createdAt: z.string(),
  slots: z.array(SlotSchema).min(1),
  /** When the database was last encrypted under a new key. */
  rekeyedAt: z.string().nullable(),
  /** While the database changes keys: the new key, sealed to each slot by its id. The slots hold the earlier one. */
  next: z.record(z.uuid(), SealSchema).nullable(),
  /** And the cipher it changes to, where that is another. */
  nextCipher: z.enum(ciphers).optional(),
  /**
   * HMAC-SHA-256 over the rest under a key from the database key: nobody without it can add, take away or swap slots.
   */
  mac: z.string(),
})
export type VaultFile = z.infer<typeof VaultFileSchema>
export type VaultFileContent = Omit<VaultFile, 'mac'>

export const vaultFilePath = (dir: string) => join(dir, 'vault.json')

/**
 * Reads and checks `vault.json`. The checksum tells a damaged file from a wrong passphrase; that nobody rewrote a slot
 * is told by the slot's authentication. Throws `notAVault`, `vaultNewer` or `vaultDamaged`.
 */
export const readVaultFile = (dir: string): VaultFile => {
  const path = vaultFilePath(dir)
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw vaultDamaged(dir, 'vaultFileMissing')
    throw storageError(dir, error)
  }
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    if (text.includes(format)) throw vaultDamaged(dir, 'vaultFileUnreadable')
    throw notAVault(dir, 'vaultFileForeign')
  }
  const { checksum, ...content } = (parsed ?? {}) as Record<string, unknown>
  if (content.format !== format) {
    if ('slots' in content && 'cipher' in content) throw vaultDamaged(dir, 'vaultFileAltered')
    throw notAVault(dir, 'vaultFileForeign')
  }
  const intact = checksum === sha256(canonicalJson(content))
  if (intact && typeof content.version === 'number' && content.version > vaultFileVersion)
    throw vaultNewer(dir, content.version, vaultFileVersion)
  const checked = VaultFileSchema.safeParse(content)
  if (!intact || !checked.success) throw vaultDamaged(dir, 'vaultFileAltered')
  if (!checked.data.slots.every(slotIsSound)) throw vaultDamaged(dir, 'cheapSlot')
  return checked.data
}

const macOf = (content: VaultFileContent, key: Uint8Array): Buffer => {
  const macKey = Buffer.from(hkdfSync('sha256', key, content.vault, 'bedside-vault-file-1', 32))
  try {
    return createHmac('sha256', macKey).update(canonicalJson(content)).digest()
  } finally {
    macKey.fill(0)
  }
}

/** Whether the file was last written by somebody who held the database key. */
export const isAuthentic = ({ mac, ...content }: VaultFile, key: Uint8Array): boolean => {
  const found = Buffer.from(mac, 'base64')
  const right = macOf(content, key)
  return found.length === right.length && timingSafeEqual(found, right)
}

/**
 * Writes `vault.json` whole or not at all: a file beside it, synced, renamed over it, the folder synced. `key`: the
 * database key that the slots' seals hold.
 */
export const writeVaultFile = (dir: string, unsigned: VaultFileContent, key: Uint8Array): void => {
  const path = vaultFilePath(dir)
  const beside = `${path}.new`
  const content: VaultFile = { ...unsigned, mac: macOf(unsigned, key).toString('base64') }
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
