import { ORPCError, os, ValidationError } from '@orpc/server'
import { BedsideError, type Failure, type FailureCode, failure, locked, notAllowed } from '../../contract/errors.ts'
import type { ProcedureMeta } from '../../contract/procedure.ts'
import { findStudy } from '../vault/records/studies.ts'
import type { CallContext } from './connection.ts'
import type { Core } from './core.ts'
import { hasExportKey } from './exports.ts'
import { incidentOf } from './incident.ts'

const statusOf: Record<FailureCode, number> = {
  notFound: 404,
  invalidInput: 422,
  notAllowed: 403,
  locked: 423,
  conflict: 409,
  outOfDomain: 422,
  cancelled: 499,
  storageFailed: 507,
  incident: 500,
}

/** A failure as a reply: the client reads it from `data` (`failureOf` in renderer and CLI). */
export const replyOf = (failure: Failure): ORPCError<string, Failure> =>
  new ORPCError(failure.code, { status: statusOf[failure.code], message: failure.message, data: failure })

/** The faults of an input that does not fit its schema, as a failure; paths as a person would write them. */
const invalidFailure = (error: ValidationError): Failure => {
  const issues = error.issues.map(({ path, message }) => ({
    path: (path ?? []).map((part) => String(typeof part === 'object' ? part.key : part)).join('.'),
    reason: message,
  }))
  const faults = issues.map(({ path, reason }) => (path ? `${path}: ${reason}` : reason))
  return failure('invalidInput', 'invalidInput', { faults }, issues)
}

const failureOf = (error: unknown, log: (line: string) => void): Failure => {
  if (error instanceof BedsideError) return error.failure
  if (error instanceof ORPCError) {
    if (error.cause instanceof ValidationError && error.code === 'BAD_REQUEST') return invalidFailure(error.cause)
    if (error.data && typeof error.data === 'object' && 'reason' in error.data) return error.data as Failure
  }
  return incidentOf(error, log)
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/**
 * The record an act is about, by numbers alone: never a name, a search text or a value, whatever a caller sends in its place.
 * A study stands by its number, one that is only being made as `study/new`.
 */
const recordOf = (core: Core, input: unknown, room: string | undefined): string | null => {
  if (input === null || typeof input !== 'object') return null
  const fields = input as Record<string, unknown>
  // At unlock `user` is what was typed, which may be a passphrase in the wrong field.
  if (room === 'users') {
    const name = (['user', 'slot'] as const).find((each) => uuid.test(String(fields[each])))
    return name ? `${name}/${fields[name]}` : null
  }
  const parts = (['patient', 'model', 'study', 'batch', 'job', 'prediction', 'key'] as const).flatMap((name) => {
    const value = fields[name]
    if (Number.isSafeInteger(value)) return [`${name}/${value}`]
    if (typeof value !== 'string') return []
    if (name === 'study') return [`study/${findStudy(core.vault().read, value)?.id ?? 'new'}`]
    if (name === 'key') return room === 'exports' && hasExportKey(core.vault().read, value) ? [`key/${value}`] : []
    return uuid.test(value) ? [`${name}/${value}`] : []
  })
  return parts.length > 0 ? parts.join(' ') : null
}

const isStream = (output: unknown): output is AsyncGenerator<unknown> =>
  typeof output === 'object' && output !== null && Symbol.asyncIterator in output

/** What goes wrong once a stream has begun is told like anything else. */
async function* withFailures(stream: AsyncGenerator<unknown>, log: (line: string) => void): AsyncGenerator<unknown> {
  try {
    yield* stream
  } catch (error) {
    throw replyOf(failureOf(error, log))
  }
}

/**
 * Stands before every procedure: checks session and role, turns errors into failures, and writes the act to the audit log
 * once it is known how it went.
 */
export const guard = (core: Core) =>
  os.$context<CallContext>().middleware(async ({ context, path, procedure, next }, input: unknown) => {
    const { connection } = context
    const { access, audit, background } = procedure['~orpc'].meta as unknown as ProcedureMeta
    const settle = async (outcome: string, output?: unknown) => {
      if (audit === false) return
      const actor = connection.session?.user ?? null
      if (actor === null || !core.isOpen()) return
      // A user who was added is named by the answer.
      const record = recordOf(core, input, path[0]) ?? (path[0] === 'users' ? recordOf(core, output, 'users') : null)
      await core.audit({ actor, act: audit, record, outcome })
    }
    try {
      const session = connection.session
      if (access !== 'anyone') {
        if (!session || !core.isOpen()) throw locked('locked')
        if (!access.includes(session.role))
          throw notAllowed('role', { role: session.role, act: path.join('.'), needs: access })
      }
      if (!background) core.touch(connection)
      const result = await next()
      await settle('done', result.output)
      return isStream(result.output) ? { ...result, output: withFailures(result.output, core.log) } : result
    } catch (error) {
      const failed = failureOf(error, core.log)
      await settle(failed.code === 'notAllowed' ? 'refused' : `failed: ${failed.reason}`).catch(() => {})
      throw replyOf(failed)
    }
  })
