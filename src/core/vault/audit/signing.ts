import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto'
import { canonicalJson, sha256 } from '../../numbers/digest.ts'
import type { Connection } from '../store/database.ts'
import type { ReadStore } from '../store/store.ts'

/** The vault's Ed25519 key (RFC 8032), as others see it. */
export interface PublicSigningKey {
  /** SHA-256 of the public key (SPKI, DER), in hexadecimal: `openssl pkey -pubin -outform DER | sha256sum`. */
  fingerprint: string
  /** SPKI, DER, base64. */
  publicKey: string
  createdAt: string
}

/**
 * Makes the vault's signing key; part of a migration, so that every vault has one. The private part lies in the
 * encrypted database alone.
 */
export const makeSigningKey = (db: Connection): void => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const secret = privateKey.export({ format: 'der', type: 'pkcs8' })
  const known = publicKey.export({ format: 'der', type: 'spki' })
  db.prepare('INSERT INTO signing_key (fingerprint, public_key, private_key, created_at) VALUES (?, ?, ?, ?)').run(
    sha256(known),
    known.toString('base64'),
    secret,
    new Date().toISOString(),
  )
  secret.fill(0)
}

/** The newest key: the one that signs. */
export const signingKey = (store: ReadStore): PublicSigningKey => {
  const row = store.row<[string, string, string]>(
    'SELECT fingerprint, public_key, created_at FROM signing_key ORDER BY created_at DESC, fingerprint LIMIT 1',
  )
  if (!row) throw new Error('The vault has no signing key.')
  return { fingerprint: row[0], publicKey: row[1], createdAt: row[2] }
}

/** PEM of an SPKI key in base64. */
export const pemOf = (publicKey: string): string =>
  publicKeyOf(publicKey).export({ format: 'pem', type: 'spki' }).toString()

/** Signs the canonical JSON of `content`; returns the signature in base64. */
export const signContent = (store: ReadStore, key: PublicSigningKey, content: object): string => {
  const secret = store.value<Uint8Array>('SELECT private_key FROM signing_key WHERE fingerprint = ?', key.fingerprint)
  if (!secret) throw new Error('The signing key is not in the vault.')
  const bytes = Buffer.from(secret.buffer, secret.byteOffset, secret.byteLength)
  try {
    const privateKey = createPrivateKey({ key: bytes, format: 'der', type: 'pkcs8' })
    return sign(null, Buffer.from(canonicalJson(content), 'utf8'), privateKey).toString('base64')
  } finally {
    bytes.fill(0)
  }
}

/** Whether `signature` is that of `content` by `publicKey`, and `publicKey` the one with this fingerprint. */
export const signatureFits = (
  content: object,
  { key, publicKey, signature }: { key: string; publicKey: string; signature: string },
): boolean => {
  try {
    if (sha256(Buffer.from(publicKey, 'base64')) !== key) return false
    const bytes = Buffer.from(canonicalJson(content), 'utf8')
    return verify(null, bytes, publicKeyOf(publicKey), Buffer.from(signature, 'base64'))
  } catch {
    // Not a key, or not one of Ed25519.
    return false
  }
}

const opened = new Map<string, KeyObject>()
const publicKeyOf = (publicKey: string): KeyObject => {
  const known = opened.get(publicKey)
  if (known) return known
  const key = createPublicKey({ key: Buffer.from(publicKey, 'base64'), format: 'der', type: 'spki' })
  if (key.asymmetricKeyType !== 'ed25519') throw new TypeError('not an Ed25519 key')
  if (opened.size > 100) opened.clear()
  opened.set(publicKey, key)
  return key
}
