import {
  createDecipheriv,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  hkdfSync,
  randomBytes,
  randomUUID,
} from 'node:crypto'
import { argon2id } from 'hash-wasm'
import { expect, test } from 'vitest'
import { canonicalJson } from '../../numbers/digest.ts'
import {
  defaultKeyDerivation,
  leastKeyDerivation,
  makeSlot,
  openSlot,
  type Slot,
  sealKey,
  slotIsSound,
} from './slots.ts'

const vault = randomUUID()
const user = randomUUID()
const key = randomBytes(32)
const slot = await makeSlot({ vault, user, secret: 'päss', key, costs: leastKeyDerivation })

test('the right passphrase opens the slot, in either Unicode spelling, and no other does', async () => {
  expect(await openSlot(vault, slot, 'päss'.normalize('NFC'))).toEqual(key)
  expect(await openSlot(vault, slot, 'päss'.normalize('NFD'))).toEqual(key)
  expect(await openSlot(vault, slot, 'pass')).toBeNull()
  expect(await openSlot(vault, slot, '')).toBeNull()
})

test('a slot is what it says it is: Argon2id of the passphrase unwraps an X25519 key, to which the database key is sealed', async () => {
  const { derivation, wrap, publicKey } = slot.header
  const wrapping = await argon2id({
    password: 'päss'.normalize('NFKC'),
    salt: Buffer.from(derivation.salt, 'base64'),
    memorySize: 47104,
    iterations: 1,
    parallelism: 1,
    hashLength: 32,
    outputType: 'binary',
  })
  const opened = (
    secret: Uint8Array,
    nonce: string,
    format: string,
    { wrapped, tag }: { wrapped: string; tag: string },
  ) => {
    const decipher = createDecipheriv('aes-256-gcm', secret, Buffer.from(nonce, 'base64'))
    decipher.setAAD(Buffer.from(canonicalJson({ format, vault, header: slot.header })))
    decipher.setAuthTag(Buffer.from(tag, 'base64'))
    return Buffer.concat([decipher.update(Buffer.from(wrapped, 'base64')), decipher.final()])
  }
  const d = opened(wrapping, wrap.nonce, 'bedside-slot-1', slot).toString('base64url')
  const key25519 = (raw: string, secret = {}) => ({
    key: { kty: 'OKP', crv: 'X25519', x: Buffer.from(raw, 'base64').toString('base64url'), ...secret },
    format: 'jwk' as const,
  })
  const shared = diffieHellman({
    privateKey: createPrivateKey(key25519(publicKey, { d })),
    publicKey: createPublicKey(key25519(slot.seal.ephemeral)),
  })
  const salt = Buffer.concat([Buffer.from(slot.seal.ephemeral, 'base64'), Buffer.from(publicKey, 'base64')])
  const sealing = Buffer.from(hkdfSync('sha256', shared, salt, 'bedside-seal-1', 32))
  expect(opened(sealing, slot.seal.nonce, 'bedside-seal-1', slot.seal)).toEqual(key)
})

test('a slot moved to another user, another vault or another role of slot does not open', async () => {
  const altered: Slot[] = [
    { ...slot, header: { ...slot.header, user: randomUUID() } },
    { ...slot, header: { ...slot.header, kind: 'recovery' } },
    { ...slot, header: { ...slot.header, createdAt: '2020-01-01T00:00:00.000Z' } },
    { ...slot, header: { ...slot.header, login: 'mallory' } },
    { ...slot, header: { ...slot.header, publicKey: randomBytes(32).toString('base64') } },
    { ...slot, tag: randomBytes(16).toString('base64') },
    { ...slot, seal: { ...slot.seal, tag: randomBytes(16).toString('base64') } },
    // The neutral point: whoever seals to nobody must not be listened to.
    { ...slot, seal: { ...slot.seal, ephemeral: Buffer.alloc(32).toString('base64') } },
    // Somebody else's key, sealed by somebody who knows the public key alone, is bound to another header.
    { ...slot, seal: sealKey(vault, { ...slot.header, user: randomUUID() }, randomBytes(32)) },
  ]
  for (const one of altered) expect(await openSlot(vault, one, 'päss')).toBeNull()
  expect(await openSlot(randomUUID(), slot, 'päss')).toBeNull()
})

test('key derivation cannot be made cheap, neither by asking nor by editing the file', async () => {
  const cheap = [
    { ...leastKeyDerivation, memoryKiB: 46 * 1024 - 1 },
    { ...leastKeyDerivation, iterations: 0 },
    { ...leastKeyDerivation, parallelism: 0 },
    { ...leastKeyDerivation, memoryKiB: 2 ** 31 },
    { ...leastKeyDerivation, iterations: 1.5 },
  ]
  for (const costs of cheap) {
    await expect(makeSlot({ vault, user, secret: 'x', key, costs })).rejects.toMatchObject({
      failure: { code: 'invalidInput', reason: 'weakKeyDerivation' },
    })
    const { salt, name } = slot.header.derivation
    expect(slotIsSound({ ...slot, header: { ...slot.header, derivation: { name, salt, ...costs } } })).toBe(false)
  }
  expect(slotIsSound(slot)).toBe(true)
  expect(defaultKeyDerivation).toEqual({ memoryKiB: 64 * 1024, iterations: 3, parallelism: 4 })
})

test('two slots of one passphrase share nothing that tells so', async () => {
  const other = await makeSlot({ vault, user, secret: 'päss', key, costs: leastKeyDerivation })
  expect(other.header.derivation.salt).not.toBe(slot.header.derivation.salt)
  expect(other.header.wrap.nonce).not.toBe(slot.header.wrap.nonce)
  expect(other.wrapped).not.toBe(slot.wrapped)
})

test('a vault can be given another key for everybody, without anybody typing a passphrase', async () => {
  const next = randomBytes(32)
  const resealed: Slot = { ...slot, seal: sealKey(vault, slot.header, next) }
  expect(await openSlot(vault, resealed, 'päss')).toEqual(next)
  expect(await openSlot(vault, resealed, 'pass')).toBeNull()
})
