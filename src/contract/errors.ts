import * as z from 'zod'

/**
 * The errors a user can act on. Anything else is a bug: it is logged without patient data and reaches the user as one
 * sentence with an incident id (code `incident`).
 */
export const failureCodes = [
  'notFound',
  'invalidInput',
  'notAllowed',
  'locked',
  'conflict',
  'outOfDomain',
  'cancelled',
  'storageFailed',
  'incident',
] as const

export const FailureSchema = z.object({
  code: z.enum(failureCodes),
  /** Stable camelCase id within the code, e.g. `wrongPassphrase`; the renderer translates `errors.<reason>` with `details`. */
  reason: z.string(),
  /** One English sentence that says what is wrong, where, and what to do. Never holds clinical values. */
  message: z.string(),
  details: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])).optional(),
  issues: z.array(z.object({ path: z.string(), reason: z.string() })).optional(),
})

export type FailureCode = (typeof failureCodes)[number]
export type Failure = z.infer<typeof FailureSchema>

/** Thrown inside the core for an expected error; the router turns it into a reply that carries the failure. */
export class BedsideError extends Error {
  readonly failure: Failure
  constructor(failure: Failure, options?: ErrorOptions) {
    super(failure.message, options)
    this.name = 'BedsideError'
    this.failure = failure
  }
}

type Details = Failure['details']

const of = (code: FailureCode) => (reason: string, message: string, details?: Details, options?: ErrorOptions) =>
  new BedsideError(details ? { code, reason, message, details } : { code, reason, message }, options)

export const notFound = of('notFound')
export const notAllowed = of('notAllowed')
export const locked = of('locked')
export const conflict = of('conflict')
export const outOfDomain = of('outOfDomain')
export const cancelled = of('cancelled')
export const storageFailed = of('storageFailed')

/** Bad input, with the path and the reason of each fault. */
export const invalidInput = (
  reason: string,
  message: string,
  issues: { path: string; reason: string }[] = [],
  details?: Details,
): BedsideError => new BedsideError({ code: 'invalidInput', reason, message, issues, ...(details ? { details } : {}) })
