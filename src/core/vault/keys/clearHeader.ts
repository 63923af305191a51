import { hkdfSync } from 'node:crypto'
import { closeSync, openSync, readSync } from 'node:fs'
import { vaultDamaged } from '../store/failures.ts'

/**
 * SQLite3 Multiple Ciphers leaves the first 24 bytes of a file in clear: 16 of salt, then the geometry of pages, which
 * SQLite has to know before it reads one. Not every cipher authenticates them with page 1, and AEGIS under a raw key
 * has no use for the salt. So they are compared with what they have to be, and for AEGIS the salt is made from the key:
 * nobody changes one of them unnoticed.
 */

/**
 * The salt of an AEGIS file under this key: it tells who has the key that the file is theirs, and nobody anything else.
 */
export const saltOf = (key: Uint8Array): Buffer => Buffer.from(hkdfSync('sha256', key, '', 'bedside-aegis-salt-1', 16))

/**
 * Throws `vaultDamaged` where the bytes in clear are not those of a database of ours. `reserved`: bytes of a page that
 * its nonce and tag take; `salt`: what the first 16 bytes have to be, null where page 1 authenticates them.
 */
export const checkClearHeader = (file: string, reserved: number, salt: Buffer | null): void => {
  const header = Buffer.alloc(24)
  const handle = openSync(file, 'r')
  try {
    readSync(handle, header, 0, 24, 0)
  } finally {
    closeSync(handle)
  }
  const ours =
    geometriesOf(reserved).some((geometry) => header.subarray(16).equals(geometry)) &&
    (salt === null || header.subarray(0, 16).equals(salt))
  if (!ours) throw vaultDamaged(file, 'undeciphered')
}

/**
 * Page size (4096); versions of the file format for writing and reading, 2 (write-ahead log), or 1 in a copy that is
 * being encrypted; bytes reserved a page; SQLite's three constants.
 */
const geometriesOf = (reserved: number): Buffer[] =>
  [2, 1].map((version) => Buffer.from([0x10, 0x00, version, version, reserved, 64, 32, 32]))
