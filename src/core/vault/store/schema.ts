import { applicationId, type Connection } from './database.ts'
import { vaultNewer } from './failures.ts'
import { migrations } from './migrations/index.ts'
import type { Migration } from './migrations/migration.ts'

export const schemaVersion = migrations.length

/**
 * Brings a database to the newest schema, one transaction a step. Throws `vaultNewer`, before anything is written,
 * where it is newer than this build. A database that is not Bedside's has another application id and never comes this
 * far.
 */
export const migrate = (db: Connection, path: string, steps: readonly Migration[] = migrations): number => {
  const known = steps.length
  const found = db.pragma('user_version', { simple: true }) as number
  if (found > known) throw vaultNewer(path, found, known)
  for (const { version, sql, code } of steps.slice(found)) {
    db.exec('BEGIN IMMEDIATE')
    try {
      db.exec(sql)
      code?.(db)
      if (version === 1) db.pragma(`application_id = ${applicationId}`)
      db.pragma(`user_version = ${version}`)
      db.exec('COMMIT')
    } catch (error) {
      if (db.inTransaction) db.exec('ROLLBACK')
      throw error
    }
  }
  return known
}
