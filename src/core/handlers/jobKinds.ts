import type { JobHandlers } from '../jobs/runner.ts'
import { editTermsJob } from '../models/edit.ts'
import { trainJob } from '../models/train.ts'
import type { Core } from '../session/core.ts'
import { backupJob, verifyBackupJob } from './backup.ts'
import { importJob, validateJob } from './intake.ts'
import { evaluateJob } from './models.ts'
import { samplesJob } from './samples.ts'
import { rekeyJob } from './users.ts'

/** What is done for each kind of job. A kind that is missing here does not compile. */
export const jobHandlersOf = (core: Core): JobHandlers => ({
  train: trainJob(core),
  evaluate: evaluateJob(core),
  editTerms: editTermsJob(core),
  validate: validateJob(core),
  import: importJob(core),
  samples: samplesJob(core),
  rekey: rekeyJob(core),
  backup: backupJob(core),
  verifyBackup: verifyBackupJob(core),
})
