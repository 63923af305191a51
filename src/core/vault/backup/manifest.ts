import { createHash } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { type BackupManifest, BackupManifestSchema, type backupParts } from '../../../contract/backup.ts'
import { cancelled } from '../../../contract/errors.ts'
import { signatureFits } from '../audit/signing.ts'
import { backupDamaged, backupMissing, backupNewer, notABackup, storageError } from '../store/failures.ts'
import { schemaVersion } from '../store/schema.ts'

export type BackupPart = (typeof backupParts)[number]

export const manifestName = 'manifest.json'
const mostManifestBytes = 4 * 1024 * 1024

/**
 * Reads and checks the manifest of a backup: its form, its version and its signature. Throws `backupMissing`,
 * `notABackup`, `backupDamaged`, `backupNewer`.
 */
export const readManifest = (path: string): BackupManifest => {
  let text: string
  try {
    if (!statSync(path).isDirectory()) throw notABackup(path)
    if (statSync(join(path, manifestName)).size > mostManifestBytes) throw backupDamaged(path, manifestName)
    text = readFileSync(join(path, manifestName), 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOTDIR') throw notABackup(path)
    if (code === 'ENOENT') throw statSync(path, { throwIfNoEntry: false }) ? notABackup(path) : backupMissing(path)
    throw storageError(path, error)
  }
  let parsed: Record<string, unknown>
  try {
    parsed = JSON.parse(text) as Record<string, unknown>
  } catch {
    throw backupDamaged(path, manifestName)
  }
  if (parsed?.format !== 'bedside-backup') {
    if (text.includes('bedside-backup') || 'signature' in (parsed ?? {})) throw backupDamaged(path, manifestName)
    throw notABackup(path)
  }
  const { signature, ...content } = parsed
  const signed = signatureFits(content, {
    key: String(content.key),
    publicKey: String(content.publicKey),
    signature: String(signature),
  })
  if (!signed) throw backupDamaged(path, manifestName)
  // A manifest of a later form is only told as newer where it is whole.
  if (typeof parsed.version === 'number' && parsed.version > 1) throw backupNewer(path)
  const checked = BackupManifestSchema.safeParse(parsed)
  if (!checked.success) throw backupDamaged(path, manifestName)
  if (checked.data.schemaVersion > schemaVersion) throw backupNewer(path)
  return checked.data
}

export interface CopyOptions {
  signal?: AbortSignal | undefined
  /** Told the bytes as they are read. */
  onBytes?: (bytes: number) => void
}

const chunkBytes = 1024 * 1024

/**
 * Reads a file once, writes it to `to` where that is named (new, for its owner alone, synced); its length and SHA-256.
 */
export const copyHashed = async (
  from: string,
  to: string | null,
  { signal, onBytes }: CopyOptions = {},
): Promise<{ bytes: number; sha256: string }> => {
  const digest = createHash('sha256')
  const source = await open(from, 'r')
  try {
    const target = to === null ? null : await open(to, 'wx', 0o600)
    try {
      const chunk = Buffer.allocUnsafe(chunkBytes)
      let bytes = 0
      for (;;) {
        if (signal?.aborted) throw cancelled('cancelled')
        const { bytesRead } = await source.read(chunk, 0, chunkBytes, bytes)
        if (bytesRead === 0) break
        const piece = chunk.subarray(0, bytesRead)
        digest.update(piece)
        if (target) await target.writeFile(piece)
        bytes += bytesRead
        onBytes?.(bytesRead)
      }
      if (target) await target.sync()
      return { bytes, sha256: digest.digest('hex') }
    } finally {
      await target?.close()
    }
  } finally {
    await source.close()
  }
}

/**
 * Reads a part of a backup to its end, copying it where `to` says, and holds it against the manifest. Throws
 * `backupDamaged` with the name of the part.
 */
export const takePart = async (
  path: string,
  manifest: BackupManifest,
  name: BackupPart,
  to: string | null,
  options: CopyOptions = {},
): Promise<void> => {
  const stated = manifest.files.find((file) => file.name === name)
  if (!stated) throw backupDamaged(path, manifestName)
  let found: { bytes: number; sha256: string }
  try {
    // A longer or shorter file is damaged before anything of it is read.
    if (statSync(join(path, name)).size !== stated.bytes) throw backupDamaged(path, name)
    found = await copyHashed(join(path, name), to, options)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT' && !statSync(join(path, name), { throwIfNoEntry: false }))
      throw backupDamaged(path, name)
    throw error
  }
  if (found.sha256 !== stated.sha256) throw backupDamaged(path, name)
}
