import { createCipheriv, createDecipheriv, randomBytes, randomUUID } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MessageChannel } from 'node:worker_threads'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createKeychain, type SafeStorage } from './keychain.ts'
import { answerOf, askingKeychain, type KeychainAnswer, type KeychainQuestion } from './keychain-channel.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bedside-secrets-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** A safeStorage whose key no other has, as each computer's. */
const storage = (backend = 'gnome_libsecret', available = true): Required<SafeStorage> => {
  const key = randomBytes(32)
  const encryptString = (text: string) => {
    const nonce = randomBytes(12)
    const cipher = createCipheriv('aes-256-gcm', key, nonce)
    const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
    return Buffer.concat([nonce, cipher.getAuthTag(), body])
  }
  const decryptString = (encrypted: Buffer) => {
    const decipher = createDecipheriv('aes-256-gcm', key, encrypted.subarray(0, 12))
    decipher.setAuthTag(encrypted.subarray(12, 28))
    return decipher.update(encrypted.subarray(28), undefined, 'utf8') + decipher.final('utf8')
  }
  return {
    getSelectedStorageBackend: () => backend,
    isEncryptionAvailable: () => available,
    encryptString,
    decryptString,
    isAsyncEncryptionAvailable: async () => available,
    encryptStringAsync: async (text) => encryptString(text),
    decryptStringAsync: async (encrypted) => ({ result: decryptString(encrypted), shouldReEncrypt: false }),
  }
}
const withoutAsync = (full: Required<SafeStorage>): SafeStorage => {
  const { isAsyncEncryptionAvailable: _, encryptStringAsync: __, decryptStringAsync: ___, ...old } = full
  return old
}

test('a secret is kept in cipher, for its owner alone, and read back by the same keychain, by old Electrons and new', async () => {
  const full = storage()
  const [name, secret] = [randomUUID(), randomBytes(32)]
  await createKeychain(withoutAsync(full), folder, 'linux').keep(name, secret)
  const [file = ''] = readdirSync(folder)
  const bytes = readFileSync(join(folder, file))
  for (const form of [secret, Buffer.from(secret.toString('base64')), Buffer.from(secret.toString('hex'))])
    expect(bytes.includes(form)).toBe(false)
  if (process.platform !== 'win32') expect(statSync(join(folder, file)).mode & 0o77).toBe(0)
  for (const one of [withoutAsync(full), full])
    expect(Buffer.from((await createKeychain(one, folder, 'linux').read(name)) as Uint8Array)).toEqual(secret)
  await createKeychain(full, folder, 'linux').forget(name)
  expect(readdirSync(folder)).toEqual([])
})

test('a profile that was copied to another computer gives no secret there', async () => {
  const name = randomUUID()
  await createKeychain(storage(), folder, 'linux').keep(name, randomBytes(32))
  expect(await createKeychain(storage(), folder, 'linux').read(name)).toBeNull()
  expect(await createKeychain(storage(), folder, 'linux').read(randomUUID())).toBeNull()
})

test('a keychain that only pretends is not used, on any platform', async () => {
  for (const [backend, available, platform] of [
    ['basic_text', true, 'linux'],
    ['unknown', true, 'linux'],
    ['gnome_libsecret', false, 'linux'],
    ['', false, 'darwin'],
    ['', false, 'win32'],
  ] as const) {
    const keychain = createKeychain(storage(backend, available), folder, platform)
    expect((await keychain.status()).usable).toBe(false)
    await expect(keychain.keep(randomUUID(), randomBytes(32))).rejects.toThrow()
    expect(readdirSync(folder)).toEqual([])
  }
  expect(await createKeychain(storage('kwallet6'), folder, 'linux').status()).toEqual({
    usable: true,
    backend: 'kwallet6',
  })
  expect(await createKeychain({}, folder, 'linux').status()).toEqual({ usable: false, backend: 'unknown' })
})

test('no file is written outside the folder, whatever a secret is called', async () => {
  const keychain = createKeychain(storage(), join(folder, 'secrets'), 'linux')
  for (const name of ['../escaped', '..', 'a/b', '', randomUUID().toUpperCase()])
    await expect(keychain.keep(name, randomBytes(32))).rejects.toThrow()
  expect(readdirSync(folder)).toEqual([])
})

test('the core asks main over a channel, each question gets its own answer, and a failure tells nothing', async () => {
  const { port1: core, port2: main } = new MessageChannel()
  const own = createKeychain(storage(), folder, 'linux')
  main.on('message', async (question: KeychainQuestion) => main.postMessage(await answerOf(own, question)))
  const { keychain, answered } = askingKeychain((question) => core.postMessage(question))
  core.on('message', (answer: KeychainAnswer) => answered(answer))
  try {
    const secrets = Array.from({ length: 5 }, () => ({ name: randomUUID(), secret: randomBytes(32) }))
    await Promise.all(secrets.map(({ name, secret }) => keychain.keep(name, secret)))
    const read = await Promise.all(secrets.map(({ name }) => keychain.read(name)))
    expect(read.map((each) => Buffer.from(each as Uint8Array))).toEqual(secrets.map(({ secret }) => secret))
    expect(await keychain.status()).toEqual({ usable: true, backend: 'gnome_libsecret' })
    const failure = await keychain.keep('../patient Lin', randomBytes(32)).catch((error: Error) => error.message)
    expect(failure).toBe('The keychain of the system failed')
  } finally {
    core.close()
  }
})
