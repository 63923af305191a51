import type { JobHandlers } from '../jobs/runner.ts'
import { editTermsJob } from '../models/edit.ts'
import { evaluateJob } from '../models/evaluate.ts'
import { samplesJob } from '../models/samples.ts'
import { trainJob } from '../models/train.ts'
import { backupJob, verifyBackupJob } from './backup.ts'
import { importJob, validateJob } from './intake.ts'
import type { Services } from './services.ts'
import { rekeyJob } from './users.ts'

/** What is done for each kind of job. A kind that is missing here does not compile. */
export const jobHandlersOf = (services: Services): JobHandlers => ({
  train: trainJob(services),
  evaluate: evaluateJob(services),
  editTerms: editTermsJob(services),
  validate: validateJob(services),
  import: importJob(services),
  samples: samplesJob(services, {
    resources: services.options.resources,
    workerUrl: services.options.workers.rows,
  }),
  rekey: rekeyJob(services),
  backup: backupJob(services),
  verifyBackup: verifyBackupJob(services),
})
