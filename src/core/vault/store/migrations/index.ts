import { records } from './001-records.ts'
import { signingKey } from './002-signing-key.ts'
import { interruptedJobs } from './003-interrupted-jobs.ts'
import { placesOfRejectedRows } from './004-places-of-rejected-rows.ts'
import { jobSpecs } from './005-job-specs.ts'
import { clinicalRecords } from './006-clinical-records.ts'
import type { Migration } from './migration.ts'

/**
 * Every change to the schema, in order, each in a transaction of its own, one file a change. Never edit one that was
 * released, not even a comment in its SQL, which SQLite keeps with the table: add the next number.
 */
export const migrations: readonly Migration[] = [
  records,
  signingKey,
  interruptedJobs,
  placesOfRejectedRows,
  jobSpecs,
  clinicalRecords,
]
