import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Keychain } from '../core/app.ts'

/**
 * Electron's safeStorage, as far as it is needed here: old versions have the synchronous functions, new ones the
 * others, and some both.
 */
export interface SafeStorage {
  /** On Linux alone. */
  getSelectedStorageBackend?(): string
  isEncryptionAvailable?(): boolean
  encryptString?(text: string): Buffer
  decryptString?(encrypted: Buffer): string
  isAsyncEncryptionAvailable?(): Promise<boolean>
  encryptStringAsync?(text: string): Promise<Buffer>
  decryptStringAsync?(encrypted: Buffer): Promise<{ result: string; shouldReEncrypt: boolean }>
}

/** Names that keep a secret in clear, or under a password that stands in Chromium's source. */
const pretenders = ['basic_text', 'unknown']
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/**
 * Secrets of this account on this computer: one file each in `folder`, enciphered by a key that the system's keychain
 * keeps. They lie in the window's profile and not in the vault, so that who copies the vault does not get them, and in
 * cipher, so that who copies the profile does not either.
 */
export const createKeychain = (
  storage: SafeStorage,
  folder: string,
  platform: NodeJS.Platform = process.platform,
): Keychain => {
  const fileOf = (name: string): string => {
    if (!uuid.test(name)) throw new Error('A secret is named by a UUID')
    return join(folder, `${name}.secret`)
  }
  const backend = (): string => {
    if (platform === 'linux') return storage.getSelectedStorageBackend?.() ?? 'unknown'
    return platform === 'darwin' ? 'keychain' : 'dpapi'
  }
  const available = async (): Promise<boolean> => {
    try {
      if (storage.isAsyncEncryptionAvailable) return await storage.isAsyncEncryptionAvailable()
      return storage.isEncryptionAvailable?.() ?? false
    } catch {
      return false
    }
  }
  const encrypt = async (text: string): Promise<Buffer> => {
    if (storage.encryptStringAsync) return storage.encryptStringAsync(text)
    if (storage.encryptString) return storage.encryptString(text)
    throw new Error('This Electron has no safeStorage')
  }
  const decrypt = async (encrypted: Buffer): Promise<{ text: string; again: boolean }> => {
    if (storage.decryptStringAsync) {
      const { result, shouldReEncrypt } = await storage.decryptStringAsync(encrypted)
      return { text: result, again: shouldReEncrypt }
    }
    if (storage.decryptString) return { text: storage.decryptString(encrypted), again: false }
    throw new Error('This Electron has no safeStorage')
  }
  const usable = async (): Promise<boolean> => !pretenders.includes(backend()) && (await available())
  const write = async (name: string, text: string): Promise<void> => {
    const file = fileOf(name)
    await mkdir(folder, { recursive: true, mode: 0o700 })
    await writeFile(`${file}.new`, await encrypt(text), { mode: 0o600, flush: true })
    await rename(`${file}.new`, file)
  }
  return {
    status: async () => ({ usable: await usable(), backend: backend() }),
    keep: async (name, secret) => {
      if (!(await usable())) throw new Error('This keychain only pretends')
      await write(name, Buffer.from(secret).toString('base64'))
    },
    read: async (name) => {
      if (!(await usable())) return null
      try {
        const { text, again } = await decrypt(await readFile(fileOf(name)))
        // The system's key was changed: the old one may be gone the next time.
        if (again) await write(name, text).catch(() => {})
        const secret = Buffer.from(text, 'base64')
        return secret.length === 32 ? secret : null
      } catch {
        // Not here, or enciphered by a key that this keychain does not have.
        return null
      }
    },
    forget: (name) => rm(fileOf(name), { force: true }),
  }
}
