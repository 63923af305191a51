import { ORPCError, os, ValidationError } from '@orpc/server'
import { BedsideError, type Failure, type FailureCode, failure, locked, notAllowed } from '../../contract/errors.ts'
import { metaOf } from '../../contract/procedure.ts'
import type { CallContext } from '../session/connection.ts'
import { incidentOf } from '../session/incident.ts'
import { recordOf } from './records.ts'
import type { Services } from './services.ts'

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
const replyOf = (failure: Failure): ORPCError<string, Failure> =>
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
 * Stands before every procedure: checks session and role, turns errors into failures, and writes the act to the audit
 * log once it is known how it went.
 */
export const guard = (services: Pick<Services, 'options' | 'session' | 'vault'>) =>
  os.$context<CallContext>().middleware(async ({ context, path, procedure, next }, input: unknown) => {
    const { connection } = context
    const { access, background, ...rules } = metaOf(procedure)
    const settle = async (outcome: string, output?: unknown) => {
      if (rules.audit === false) return
      const actor = connection.session?.user ?? null
      if (actor === null || !services.session.isOpen()) return
      const record = recordOf(services.vault().read, rules.record, { input, output })
      await services.session.audit({ actor, act: rules.audit, record, outcome })
    }
    try {
      const session = connection.session
      if (access !== 'anyone') {
        if (!session || !services.session.isOpen()) throw locked('locked')
        if (!access.includes(session.role))
          throw notAllowed('role', { role: session.role, act: path.join('.'), needs: access })
      }
      if (!background) services.session.touch(connection)
      const result = await next()
      await settle('done', result.output)
      return isStream(result.output) ? { ...result, output: withFailures(result.output, services.options.log) } : result
    } catch (error) {
      const failed = failureOf(error, services.options.log)
      await settle(failed.code === 'notAllowed' ? 'refused' : `failed: ${failed.reason}`).catch(() => {})
      throw replyOf(failed)
    }
  })
