import { ORPCError } from '@orpc/client'
import { type Failure, FailureSchema } from '../../contract/errors.ts'

export const isFailure = (value: unknown): value is Failure => FailureSchema.safeParse(value).success

/**
 * What went wrong, as a value: the core's failure where the error carries one; `cancelled` for an aborted call; a lost
 * connection; else an incident.
 */
export const failureOf = (error: unknown): Failure => {
  if (error instanceof ORPCError && isFailure(error.data)) return error.data
  if (isFailure(error)) return error
  if (error instanceof DOMException && error.name === 'AbortError')
    return { code: 'cancelled', reason: 'cancelled', message: 'The action was cancelled.' }
  if (error instanceof TypeError && /fetch|network/i.test(error.message))
    return {
      code: 'incident',
      reason: 'connectionLost',
      message: 'The connection to the core of Bedside was lost. Try again.',
    }
  if (error instanceof ORPCError && error.code === 'BAD_REQUEST')
    return {
      code: 'invalidInput',
      reason: 'inputRejected',
      message: 'The core refused the input. Check the fields and try again.',
      issues: issuesOf(error.data),
    }
  return {
    code: 'incident',
    reason: 'unexpected',
    message: 'Something went wrong that is not your doing. Try again; if it stays, report it.',
  }
}

/** The issues of a schema check at the boundary (Standard Schema: path of keys or segments, message). */
const issuesOf = (data: unknown): { path: string; reason: string }[] => {
  const issues = typeof data === 'object' && data !== null && 'issues' in data ? data.issues : []
  if (!Array.isArray(issues)) return []
  return issues.map((issue: { path?: readonly unknown[]; message?: string }) => ({
    path: (issue.path ?? [])
      .map((part) => (typeof part === 'object' && part !== null && 'key' in part ? String(part.key) : String(part)))
      .join('.'),
    reason: issue.message ?? '',
  }))
}

/** Id under which the core logged a bug, where the failure is one. */
export const incidentOf = (failure: Failure): string | null => {
  const id = failure.details?.incident ?? failure.details?.id
  return failure.code === 'incident' && id !== undefined && id !== null ? String(id) : null
}

type Translate = (key: string, options: Record<string, unknown>) => string

/**
 * The sentence to show: `reasons:<reason>` in the language of the app, else the core's own English sentence, which is also
 * the English text of every reason: it names what the translation leaves out.
 */
export const sentenceOf = (failure: Failure, translate: Translate): string =>
  translate(`reasons:${failure.reason}`, { ...failure.details, defaultValue: failure.message })
