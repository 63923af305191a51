import {
  createCipheriv,
  createDecipheriv,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
  randomBytes,
  randomUUID,
} from 'node:crypto'
import { argon2id } from 'hash-wasm'
import * as z from 'zod'
import { invalidInput, issue } from '../../../contract/errors.ts'
import { canonicalJson } from '../../numbers/digest.ts'

/** Argon2id costs (RFC 9106): memory in KiB, passes over it, lanes. */
export interface KeyDerivation {
  memoryKiB: number
  iterations: number
  parallelism: number
}

export const defaultKeyDerivation: KeyDerivation = { memoryKiB: 65536, iterations: 3, parallelism: 4 }
/** OWASP's least (46 MiB, one pass). Neither an option nor an edited file goes below. */
export const leastKeyDerivation: KeyDerivation = { memoryKiB: 47104, iterations: 1, parallelism: 1 }
/** So that an edited file cannot make unlocking take hours or all memory. */
const mostKeyDerivation: KeyDerivation = { memoryKiB: 2_097_152, iterations: 64, parallelism: 64 }

const base64 = (length: number) =>
  z.string().refine((text) => Buffer.from(text, 'base64').length === length, `not ${length} bytes of base64`)

/** The database key for the holder of one slot: sealed to the slot's public key (X25519, HKDF-SHA-256, AES-256-GCM). */
export const SealSchema = z.strictObject({
  ephemeral: base64(32),
  nonce: base64(12),
  wrapped: base64(32),
  tag: base64(16),
})
export type Seal = z.infer<typeof SealSchema>

/**
 * One way to the database key. A passphrase's derived key unwraps the slot's private key (`wrapped`), which opens
 * `seal`. The step in between is what lets an administrator encrypt the vault anew for everybody, without anybody's
 * passphrase: sealing needs public keys alone. `header` is authenticated with both.
 */
export const SlotSchema = z.strictObject({
  header: z.strictObject({
    slot: z.uuid(),
    kind: z.enum(['passphrase', 'recovery']),
    user: z.uuid(),
    /** What its holder signs in as; chosen for it, and the only word of a person outside the encrypted database. */
    login: z.string().max(64).nullable(),
    derivation: z.strictObject({
      name: z.literal('argon2id'),
      memoryKiB: z.int(),
      iterations: z.int(),
      parallelism: z.int(),
      salt: base64(16),
    }),
    wrap: z.strictObject({ name: z.literal('aes-256-gcm'), nonce: base64(12) }),
    publicKey: base64(32),
    createdAt: z.string(),
    /**
     * A second factor: the wrapping key is HKDF-SHA-256 of the derived key and a secret that the keychain of one
     * computer keeps under this name. Absent: the passphrase alone.
     */
    keychain: z.strictObject({ name: z.literal('hkdf-sha256'), secret: z.uuid() }).optional(),
  }),
  wrapped: base64(32),
  tag: base64(16),
  seal: SealSchema,
})
export type Slot = z.infer<typeof SlotSchema>
type Header = Slot['header']

const within = (costs: KeyDerivation): boolean =>
  (['memoryKiB', 'iterations', 'parallelism'] as const).every(
    (name) =>
      Number.isInteger(costs[name]) &&
      costs[name] >= leastKeyDerivation[name] &&
      costs[name] <= mostKeyDerivation[name],
  )

/** True where the slot's costs are neither below the floor nor absurd: checked before anything is derived. */
export const slotIsSound = (slot: Slot): boolean => within(slot.header.derivation)

/** What a slot's wrapping key needs beside the passphrase. */
export interface Binding {
  /** Name of the secret in the keychain. */
  name: string
  secret: Uint8Array
}

export interface SlotOptions {
  user: string
  /** Passphrase or recovery code. */
  secret: string
  kind?: Header['kind']
  login?: string | null
  costs?: KeyDerivation | undefined
  /** Binds the slot to this computer's keychain. */
  binding?: Binding | null
}

/**
 * A new slot for a user around the 32-byte `key`, bound to the vault of that id. Throws `weakKeyDerivation`,
 * `emptyPassphrase`.
 */
export const makeSlot = async ({
  vault,
  key,
  user,
  secret,
  kind = 'passphrase',
  login = null,
  costs = defaultKeyDerivation,
  binding = null,
}: SlotOptions & { vault: string; key: Uint8Array }): Promise<Slot> => {
  if (secret === '') throw invalidInput('emptyPassphrase', {}, [issue('passphrase', 'empty')])
  if (!within(costs))
    throw invalidInput(
      'weakKeyDerivation',
      {
        memory: leastKeyDerivation.memoryKiB / 1024,
        iterations: leastKeyDerivation.iterations,
        parallelism: leastKeyDerivation.parallelism,
      },
      [issue('keyDerivation', 'belowFloor')],
    )
  const pair = generateKeyPairSync('x25519')
  const header: Header = {
    slot: randomUUID(),
    kind,
    user,
    login,
    derivation: {
      name: 'argon2id',
      memoryKiB: costs.memoryKiB,
      iterations: costs.iterations,
      parallelism: costs.parallelism,
      salt: randomBytes(16).toString('base64'),
    },
    wrap: { name: 'aes-256-gcm', nonce: randomBytes(12).toString('base64') },
    publicKey: rawPublic(pair.publicKey).toString('base64'),
    createdAt: new Date().toISOString(),
    ...(binding ? { keychain: { name: 'hkdf-sha256', secret: binding.name } } : {}),
  }
  const wrappingKey = await wrappingKeyOf(secret, header, binding?.secret ?? null)
  const privateKey = pair.privateKey.export({ format: 'der', type: 'pkcs8' })
  try {
    const { wrapped, tag } = encrypt(
      wrappingKey,
      Buffer.from(header.wrap.nonce, 'base64'),
      authenticated('bedside-slot-1', vault, header),
      privateKey.subarray(-32),
    )
    return { header, wrapped, tag, seal: sealKey(vault, header, key) }
  } finally {
    wrappingKey.fill(0)
    privateKey.fill(0)
  }
}

/**
 * The slot's private key, or null where the passphrase is not the slot's (or the slot was changed). `secret`: what the
 * keychain keeps for a bound slot.
 */
export const unlockSlot = async (
  vault: string,
  slot: Slot,
  passphrase: string,
  secret: Uint8Array | null = null,
): Promise<KeyObject | null> => {
  const { header, wrapped, tag } = slot
  if (passphrase === '' || (header.keychain && !secret)) return null
  const wrappingKey = await wrappingKeyOf(passphrase, header, secret)
  const nonce = Buffer.from(header.wrap.nonce, 'base64')
  const raw = decrypt(wrappingKey, nonce, authenticated('bedside-slot-1', vault, header), { wrapped, tag })
  wrappingKey.fill(0)
  if (!raw) return null
  const der = Buffer.concat([privatePrefix, raw])
  raw.fill(0)
  try {
    return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
  } finally {
    der.fill(0)
  }
}

/**
 * The database key, or null where the passphrase is not the slot's (or the slot was changed). The caller wipes the key.
 */
export const openSlot = async (
  vault: string,
  slot: Slot,
  passphrase: string,
  secret: Uint8Array | null = null,
): Promise<Buffer | null> => {
  const privateKey = await unlockSlot(vault, slot, passphrase, secret)
  return privateKey && openSeal(vault, slot.header, slot.seal, privateKey)
}

/** Seals `key` to the holder of a slot. */
export const sealKey = (vault: string, header: Header, key: Uint8Array): Seal => {
  const { publicKey, privateKey } = generateKeyPairSync('x25519')
  const ephemeral = rawPublic(publicKey)
  const sealing = sealingKey(privateKey, publicOf(header.publicKey), ephemeral, header.publicKey)
  const nonce = randomBytes(12)
  try {
    return {
      ephemeral: ephemeral.toString('base64'),
      nonce: nonce.toString('base64'),
      ...encrypt(sealing, nonce, authenticated('bedside-seal-1', vault, header), key),
    }
  } finally {
    sealing.fill(0)
  }
}

/** What was sealed to the slot, or null where it was changed. The caller wipes it. */
export const openSeal = (vault: string, header: Header, seal: Seal, privateKey: KeyObject): Buffer | null => {
  let sealing: Buffer
  try {
    sealing = sealingKey(privateKey, publicOf(seal.ephemeral), Buffer.from(seal.ephemeral, 'base64'), header.publicKey)
  } catch {
    // A point of low order: no honest seal has one.
    return null
  }
  const nonce = Buffer.from(seal.nonce, 'base64')
  try {
    return decrypt(sealing, nonce, authenticated('bedside-seal-1', vault, header), seal)
  } finally {
    sealing.fill(0)
  }
}

const authenticated = (format: string, vault: string, header: Header): Buffer =>
  Buffer.from(canonicalJson({ format, vault, header }), 'utf8')

const sealingKey = (own: KeyObject, other: KeyObject, ephemeral: Buffer, recipient: string): Buffer => {
  const shared = diffieHellman({ privateKey: own, publicKey: other })
  try {
    const salt = Buffer.concat([ephemeral, Buffer.from(recipient, 'base64')])
    return Buffer.from(hkdfSync('sha256', shared, salt, 'bedside-seal-1', 32))
  } finally {
    shared.fill(0)
  }
}

const encrypt = (key: Uint8Array, nonce: Buffer, header: Buffer, plain: Uint8Array) => {
  const cipher = createCipheriv('aes-256-gcm', key, nonce)
  cipher.setAAD(header)
  const wrapped = Buffer.concat([cipher.update(plain), cipher.final()])
  return { wrapped: wrapped.toString('base64'), tag: cipher.getAuthTag().toString('base64') }
}

const decrypt = (
  key: Uint8Array,
  nonce: Buffer,
  header: Buffer,
  { wrapped, tag }: { wrapped: string; tag: string },
): Buffer | null => {
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: 16 })
  decipher.setAAD(header)
  decipher.setAuthTag(Buffer.from(tag, 'base64'))
  const plain = decipher.update(Buffer.from(wrapped, 'base64'))
  try {
    decipher.final()
    return plain
  } catch {
    plain.fill(0)
    return null
  }
}

/** X25519 keys as DER are these bytes, then the 32 of the key (RFC 8410). */
const privatePrefix = Buffer.from('302e020100300506032b656e04220420', 'hex')
const publicPrefix = Buffer.from('302a300506032b656e032100', 'hex')

const rawPublic = (key: KeyObject): Buffer => key.export({ format: 'der', type: 'spki' }).subarray(-32)

const publicOf = (raw: string): KeyObject =>
  createPublicKey({ key: Buffer.concat([publicPrefix, Buffer.from(raw, 'base64')]), format: 'der', type: 'spki' })

/**
 * The key a slot's private key is wrapped under; where the slot is bound, of the passphrase and the keychain's secret
 * together.
 */
const wrappingKeyOf = async (passphrase: string, header: Header, secret: Uint8Array | null): Promise<Uint8Array> => {
  const derived = await derive(passphrase, header.derivation)
  if (!header.keychain || !secret) return derived
  const both = Buffer.concat([derived, secret])
  try {
    const salt = Buffer.from(header.derivation.salt, 'base64')
    return Buffer.from(hkdfSync('sha256', both, salt, `bedside-keychain-1:${header.keychain.secret}`, 32))
  } finally {
    derived.fill(0)
    both.fill(0)
  }
}

/**
 * The same passphrase typed on another keyboard or system gives the same bytes (NFKC, as RFC 8265 does for passwords).
 */
export const derive = async (
  passphrase: string,
  { memoryKiB, iterations, parallelism, salt }: KeyDerivation & { salt: string },
): Promise<Uint8Array> =>
  argon2id({
    password: Buffer.from(passphrase.normalize('NFKC'), 'utf8'),
    salt: Buffer.from(salt, 'base64'),
    memorySize: memoryKiB,
    iterations,
    parallelism,
    hashLength: 32,
    outputType: 'binary',
  })
