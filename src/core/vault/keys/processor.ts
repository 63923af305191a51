import { createCipheriv, createHash } from 'node:crypto'
import type { Cipher } from '../store/database.ts'

/**
 * Whether the processor has AES instructions (and this process may use them), by measurement, for no system tells it
 * alike: with them AES-256-GCM takes half to two thirds of the time of SHA-512, which has none on most processors;
 * without them two and a half times as long. Between the two lies the bound. A few milliseconds, once.
 */
export const hasAes = (): boolean => {
  known ??= secondsOf(encryptOnce) < 1.3 * secondsOf(hashOnce)
  return known
}
let known: boolean | undefined

/** AEGIS-256 lives on AES instructions; without them ChaCha20-Poly1305 is as safe and several times as fast. */
export const defaultCipher = (): Cipher => (hasAes() ? 'aegis-256' : 'chacha20-poly1305')

const sample = Buffer.alloc(256 * 1024)

const encryptOnce = (): void => {
  createCipheriv('aes-256-gcm', Buffer.alloc(32), Buffer.alloc(12)).update(sample)
}
const hashOnce = (): void => {
  createHash('sha512').update(sample).digest()
}

/** The best of several: what another program's turn on the processor adds is left out. */
const secondsOf = (work: () => void): number => {
  let best = Number.POSITIVE_INFINITY
  for (let at = 0; at < 8; at++) {
    const start = performance.now()
    work()
    best = Math.min(best, performance.now() - start)
  }
  return best / 1000
}
