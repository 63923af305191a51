import type { Command } from '../command.ts'
import { auditCommand } from './audit.ts'
import { backupCommand, restoreCommand } from './backup.ts'
import { evaluateCommand } from './evaluate.ts'
import { exportCommand } from './export.ts'
import { importCommand } from './import.ts'
import { initCommand } from './init.ts'
import { jobsCommand } from './jobs.ts'
import { passphraseCommand, recoverCommand, recoveryKitCommand, rekeyCommand } from './keys.ts'
import { predictCommand } from './predict.ts'
import { studiesCommand } from './studies.ts'
import { trainCommand } from './train.ts'
import { undoCommand } from './undo.ts'
import { usersCommand } from './users.ts'

export const commands: readonly Command[] = [
  initCommand,
  importCommand,
  undoCommand,
  studiesCommand,
  trainCommand,
  predictCommand,
  evaluateCommand,
  jobsCommand,
  exportCommand,
  usersCommand,
  passphraseCommand,
  recoveryKitCommand,
  recoverCommand,
  rekeyCommand,
  auditCommand,
  backupCommand,
  restoreCommand,
]
