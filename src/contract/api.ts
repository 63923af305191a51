import { advice } from './advice.ts'
import { audit } from './audit.ts'
import { backup } from './backup.ts'
import { exports } from './exports.ts'
import { intake, samples } from './intake.ts'
import { jobs } from './jobs.ts'
import { models } from './models.ts'
import { patients, studies } from './patients.ts'
import { predictions } from './predictions.ts'
import { users } from './users.ts'
import { settings, system, vault } from './vault.ts'

/**
 * The API map: every procedure that crosses a process boundary, once. The core's router, the clients of renderer and
 * CLI, the input and role checks and the server's OpenAPI document are all made from it.
 */
export const api = {
  system,
  vault,
  users,
  settings,
  patients,
  studies,
  intake,
  samples,
  jobs,
  models,
  predictions,
  advice,
  exports,
  audit,
  backup,
}
export type Api = typeof api
