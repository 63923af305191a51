import { createCipheriv, createDecipheriv, randomBytes, randomUUID } from 'node:crypto'
import { argon2id } from 'hash-wasm'
import * as z from 'zod'
import { invalidInput } from '../../contract/errors.ts'
import { canonicalJson } from './canonical.ts'

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

/** One way to the database key: a passphrase's derived key wraps it. `header` is authenticated with the wrapped key. */
export const SlotSchema = z.strictObject({
  header: z.strictObject({
    slot: z.uuid(),
    kind: z.enum(['passphrase', 'recovery']),
    user: z.uuid(),
    derivation: z.strictObject({
      name: z.literal('argon2id'),
      memoryKiB: z.int(),
      iterations: z.int(),
      parallelism: z.int(),
      salt: base64(16),
    }),
    wrap: z.strictObject({ name: z.literal('aes-256-gcm'), nonce: base64(12) }),
    createdAt: z.string(),
  }),
  wrapped: base64(32),
  tag: base64(16),
})
export type Slot = z.infer<typeof SlotSchema>

const within = (costs: KeyDerivation): boolean =>
  (['memoryKiB', 'iterations', 'parallelism'] as const).every(
    (name) =>
      Number.isInteger(costs[name]) &&
      costs[name] >= leastKeyDerivation[name] &&
      costs[name] <= mostKeyDerivation[name],
  )

/** True where the slot's costs are neither below the floor nor absurd: checked before anything is derived. */
export const slotIsSound = (slot: Slot): boolean => within(slot.header.derivation)

/** A new slot for `user` around the 32-byte `key`. Binds the slot to `vault`. Throws `weakKeyDerivation`, `emptyPassphrase`. */
export const makeSlot = async (
  vault: string,
  user: string,
  passphrase: string,
  key: Uint8Array,
  costs: KeyDerivation = defaultKeyDerivation,
  kind: Slot['header']['kind'] = 'passphrase',
): Promise<Slot> => {
  if (passphrase === '')
    throw invalidInput('emptyPassphrase', 'A vault needs a passphrase; type one.', [
      { path: 'passphrase', reason: 'is empty' },
    ])
  if (!within(costs))
    throw invalidInput(
      'weakKeyDerivation',
      `Argon2id needs at least ${leastKeyDerivation.memoryKiB / 1024} MiB, ${leastKeyDerivation.iterations} pass and ${leastKeyDerivation.parallelism} lane; ask for more.`,
      [{ path: 'keyDerivation', reason: 'below the floor' }],
    )
  const header: Slot['header'] = {
    slot: randomUUID(),
    kind,
    user,
    derivation: {
      name: 'argon2id',
      memoryKiB: costs.memoryKiB,
      iterations: costs.iterations,
      parallelism: costs.parallelism,
      salt: randomBytes(16).toString('base64'),
    },
    wrap: { name: 'aes-256-gcm', nonce: randomBytes(12).toString('base64') },
    createdAt: new Date().toISOString(),
  }
  const wrappingKey = await derive(passphrase, header.derivation)
  try {
    const cipher = createCipheriv('aes-256-gcm', wrappingKey, Buffer.from(header.wrap.nonce, 'base64'))
    cipher.setAAD(authenticated(vault, header))
    const wrapped = Buffer.concat([cipher.update(key), cipher.final()])
    return { header, wrapped: wrapped.toString('base64'), tag: cipher.getAuthTag().toString('base64') }
  } finally {
    wrappingKey.fill(0)
  }
}

/** The database key, or null where the passphrase is not the slot's (or the slot was changed). The caller wipes the key. */
export const openSlot = async (vault: string, slot: Slot, passphrase: string): Promise<Buffer | null> => {
  if (passphrase === '') return null
  const { header } = slot
  const wrappingKey = await derive(passphrase, header.derivation)
  try {
    const decipher = createDecipheriv('aes-256-gcm', wrappingKey, Buffer.from(header.wrap.nonce, 'base64'), {
      authTagLength: 16,
    })
    decipher.setAAD(authenticated(vault, header))
    decipher.setAuthTag(Buffer.from(slot.tag, 'base64'))
    const key = decipher.update(Buffer.from(slot.wrapped, 'base64'))
    try {
      decipher.final()
    } catch {
      key.fill(0)
      return null
    }
    return key
  } finally {
    wrappingKey.fill(0)
  }
}

const authenticated = (vault: string, header: Slot['header']): Buffer =>
  Buffer.from(canonicalJson({ format: 'bedside-slot-1', vault, header }), 'utf8')

/** The same passphrase typed on another keyboard or system gives the same bytes (NFKC, as RFC 8265 does for passwords). */
const derive = async (passphrase: string, derivation: Slot['header']['derivation']): Promise<Uint8Array> =>
  argon2id({
    password: Buffer.from(passphrase.normalize('NFKC'), 'utf8'),
    salt: Buffer.from(derivation.salt, 'base64'),
    memorySize: derivation.memoryKiB,
    iterations: derivation.iterations,
    parallelism: derivation.parallelism,
    hashLength: 32,
    outputType: 'binary',
  })
