import { createDecipheriv, hkdfSync, randomBytes, randomUUID } from 'node:crypto'
import { argon2id } from 'hash-wasm'
import { expect, test } from 'vitest'
import { canonicalJson } from '../../numbers/digest.ts'
import { leastKeyDerivation, makeSlot, openSlot, type Slot, SlotSchema } from './slots.ts'

const vault = randomUUID()
const user = randomUUID()
const key = randomBytes(32)
const binding = { name: randomUUID(), secret: randomBytes(32) }
const bound = await makeSlot({ vault, user, secret: 'päss', key, costs: leastKeyDerivation, binding })

test('a bound slot opens to passphrase and secret together, and to neither alone', async () => {
  expect(await openSlot(vault, bound, 'päss', binding.secret)).toEqual(key)
  expect(await openSlot(vault, bound, 'päss')).toBeNull()
  expect(await openSlot(vault, bound, 'päss', randomBytes(32))).toBeNull()
  expect(await openSlot(vault, bound, 'pass', binding.secret)).toBeNull()
})

test('that a slot is bound cannot be edited away, nor pointed at another secret', async () => {
  const { keychain: _, ...loose } = bound.header
  const altered: Slot[] = [
    { ...bound, header: loose },
    { ...bound, header: { ...bound.header, keychain: { name: 'hkdf-sha256', secret: randomUUID() } } },
  ]
  for (const slot of altered)
    for (const secret of [null, binding.secret]) expect(await openSlot(vault, slot, 'päss', secret)).toBeNull()
})

test('the wrapping key of a bound slot is HKDF-SHA-256 of what Argon2id derived, then the secret', async () => {
  const { derivation, wrap } = bound.header
  const salt = Buffer.from(derivation.salt, 'base64')
  const derived = await argon2id({
    password: 'päss'.normalize('NFKC'),
    salt,
    memorySize: 47104,
    iterations: 1,
    parallelism: 1,
    hashLength: 32,
    outputType: 'binary',
  })
  const input = Buffer.concat([derived, binding.secret])
  const wrapping = Buffer.from(hkdfSync('sha256', input, salt, `bedside-keychain-1:${binding.name}`, 32))
  const decipher = createDecipheriv('aes-256-gcm', wrapping, Buffer.from(wrap.nonce, 'base64'))
  decipher.setAAD(Buffer.from(canonicalJson({ format: 'bedside-slot-1', vault, header: bound.header })))
  decipher.setAuthTag(Buffer.from(bound.tag, 'base64'))
  decipher.update(Buffer.from(bound.wrapped, 'base64'))
  expect(() => decipher.final()).not.toThrow()
})

test('a slot made before keys could be bound is read as it stands', async () => {
  const slot = await makeSlot({ vault, user, secret: 'päss', key, costs: leastKeyDerivation })
  expect(Object.keys(slot.header)).not.toContain('keychain')
  const read = SlotSchema.parse(JSON.parse(JSON.stringify(slot)))
  expect(await openSlot(vault, read, 'päss')).toEqual(key)
})
