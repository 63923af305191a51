import { createHmac, createSecretKey, randomBytes } from 'node:crypto'

const keyBytes = 32

/** 256 random bits. */
export const newSecret = (): Uint8Array => new Uint8Array(randomBytes(keyBytes))

/**
 * What an export key makes of the vault's own numbers. All of it is HMAC-SHA-256 (RFC 2104) under the key, a purpose
 * before each message so that one answer tells nothing of another. The numbers are those the vault gave to its records,
 * nothing about the patient (45 CFR 164.514(c)(1)); without the key they cannot be tried out one by one.
 */
export interface ExportKey {
  /** 128 bits in hex; the same patient is the same in every export with this key, and in no export with another. */
  patient(patient: number): string
  /** 128 bits in hex. Also the order of a patient's cases. */
  encounter(encounter: number): string
  /** `site-` and 48 bits in hex. */
  site(value: string): string
  /** Days to move a patient's dates by: uniform on -365..-1 and 1..365, never 0. */
  shift(patient: number): number
  /** Tells keys apart in a report's digest, and nothing else of the key. */
  fingerprint: string
}

export const exportKey = (secret: Uint8Array): ExportKey => {
  if (secret.length !== keyBytes) throw new RangeError(`An export key has ${keyBytes} bytes, not ${secret.length}.`)
  // A copy outside of the heap: the bytes given may be wiped.
  const held = createSecretKey(secret)
  const mac = (purpose: string, of: string | number) => createHmac('sha256', held).update(`${purpose}\0${of}`).digest()
  return {
    patient: (patient) => mac('patient', patient).toString('hex', 0, 16),
    encounter: (encounter) => mac('encounter', encounter).toString('hex', 0, 16),
    site: (value) => `site-${mac('site', value).toString('hex', 0, 6)}`,
    shift: (patient) => {
      // 48 bits modulo 730: the bias is below 1 in 10^11.
      const at = mac('shift', patient).readUIntBE(0, 6) % 730
      return at < 365 ? at - 365 : at - 364
    },
    fingerprint: mac('fingerprint', '').toString('hex', 0, 8),
  }
}
