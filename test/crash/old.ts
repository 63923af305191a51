import { randomBytes, randomUUID } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { leastKeyDerivation, makeSlot } from '../../src/core/vault/keys/slots.ts'
import { addUser } from '../../src/core/vault/keys/users.ts'
import { vaultFileVersion, writeVaultFile } from '../../src/core/vault/keys/vaultFile.ts'
import { databasePath, openDatabase } from '../../src/core/vault/store/database.ts'
import { migrations } from '../../src/core/vault/store/migrations/index.ts'
import { migrate } from '../../src/core/vault/store/schema.ts'
import { writeStore } from '../../src/core/vault/store/store.ts'
import { concept, importCases, passphrase } from '../fixtures/vault.ts'

/** A vault as the first version of the schema knew it, with patients in it, that the next opening migrates. */
export const makeOldVault = async (dir: string): Promise<void> => {
  mkdirSync(dir, { mode: 0o700 })
  const [id, key, user] = [randomUUID(), randomBytes(32), randomUUID()]
  const cipher = 'chacha20-poly1305'
  const createdAt = new Date().toISOString()
  const db = openDatabase(databasePath(dir), { cipher, key, create: true })
  migrate(db, dir, migrations.slice(0, 1))
  const { store } = writeStore(db, dir, undefined, new Map())
  // The cases are written by the code of today, which knows a column more of a batch.
  db.exec('ALTER TABLE batch ADD COLUMN cases INTEGER')
  db.exec('BEGIN IMMEDIATE')
  store.run('INSERT INTO vault (id, created_at) VALUES (?, ?)', id, createdAt)
  addUser(store, { id: user, displayName: 'Dr. Adams', role: 'administrator' }, createdAt)
  importCases(
    store,
    'ward',
    [concept('a', 'number')],
    Array.from({ length: 5000 }, (_, at) => ({ patientKey: `MRN-${at}`, name: `Wang ${at}`, cells: { a: at / 7 } })),
  )
  db.exec('COMMIT')
  db.exec('ALTER TABLE batch DROP COLUMN cases')
  db.close()
  const slots = [await makeSlot({ vault: id, user, secret: passphrase, key, costs: leastKeyDerivation })]
  const rest = { cipher, createdAt, slots, rekeyedAt: null, next: null } as const
  writeVaultFile(dir, { format: 'bedside-vault', version: vaultFileVersion, vault: id, ...rest, slots }, key)
}
