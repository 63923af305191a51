import { ORPCError } from '@orpc/client'
import { type Failure, FailureSchema, failure, type Issue } from '../../contract/errors.ts'
import type { Language } from '../../contract/languages.ts'
import { say } from '../../contract/say.ts'
import type { Translate } from '../../contract/texts.ts'

export const isFailure = (value: unknown): value is Failure => FailureSchema.safeParse(value).success

/**
 * What went wrong, as a value: the core's failure where the error carries one; `cancelled` for an aborted call; a lost
 * connection; else an incident.
 */
export const failureOf = (error: unknown): Failure => {
  if (error instanceof ORPCError && isFailure(error.data)) return error.data
  if (isFailure(error)) return error
  if (error instanceof DOMException && error.name === 'AbortError') return failure('cancelled', 'cancelled')
  if (error instanceof TypeError && /fetch|network/i.test(error.message)) return failure('incident', 'connectionLost')
  if (error instanceof ORPCError && error.code === 'BAD_REQUEST')
    return failure('invalidInput', 'inputRejected', {}, issuesOf(error.data))
  return failure('incident', 'unexpected')
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

/**
 * The sentence to show: that of the reason in the language of the app, else the English one that came with the failure.
 */
export const sentenceOf = ({ reason, details, message }: Failure, translate: Translate, language: Language): string =>
  say({ text: `reasons:${reason}`, ...(details ? { values: details } : {}) }, translate, language, message)

/** What is wrong at a place of the input, in the language of the app. */
export const faultTextOf = ({ said, reason }: Issue, translate: Translate, language: Language): string =>
  said ? say(said, translate, language, reason) : reason
