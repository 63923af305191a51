import * as z from 'zod'
import faults from '../../resources/texts/faults.en.json' with { type: 'json' }
import sentences from '../../resources/texts/reasons.en.json' with { type: 'json' }
import { fallbackLanguage } from './languages.ts'
import type { Arguments, Reason } from './reasons.ts'
import { SaidSchema, ValuesSchema } from './said.ts'
import { type Said, say, type Values } from './say.ts'
import { createTexts } from './texts.ts'

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

/** What is wrong at a place of the input; `said` is the text of `reason`, where it is one of the core's. */
export const IssueSchema = z.object({ path: z.string(), reason: z.string(), said: SaidSchema.optional() })
export type Issue = z.infer<typeof IssueSchema>

export const FailureSchema = z.object({
  code: z.enum(failureCodes),
  /**
   * Stable camelCase id (`contract/reasons.ts`), e.g. `wrongPassphrase`: the text `reasons:<reason>` with `details`.
   */
  reason: z.string(),
  /** That text in English, for those who have no catalogue: the HTTP API, logs. Never holds clinical values. */
  message: z.string(),
  details: ValuesSchema.optional(),
  issues: z.array(IssueSchema).optional(),
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

const english = createTexts({ en: { reasons: sentences, faults } }).in(fallbackLanguage)

/** A failure with the English sentence of its reason. */
export const failure = (code: FailureCode, reason: Reason, details?: Values, issues?: readonly Issue[]): Failure => ({
  code,
  reason,
  message: say({ text: `reasons:${reason}`, values: details ?? {} }, english, fallbackLanguage),
  ...(details && Object.keys(details).length > 0 ? { details } : {}),
  ...(issues ? { issues: [...issues] } : {}),
})

const of =
  (code: FailureCode) =>
  <R extends Reason>(reason: R, ...[values, options]: Arguments<R, ErrorOptions>): BedsideError =>
    new BedsideError(failure(code, reason, values), options)

export const notFound = of('notFound')
export const notAllowed = of('notAllowed')
export const locked = of('locked')
export const conflict = of('conflict')
export const outOfDomain = of('outOfDomain')
export const cancelled = of('cancelled')
export const storageFailed = of('storageFailed')

/** Bad input, with the path and the fault of each place that is wrong. */
export const invalidInput = <R extends Reason>(
  reason: R,
  ...[values, issues]: Arguments<R, readonly Issue[]>
): BedsideError => new BedsideError(failure('invalidInput', reason, values, issues ?? []))

export type Fault = keyof typeof faults

/** A fault as a text: `is not a column of the file`. */
export const faultOf = (fault: Fault, values?: Values): Said => ({
  text: `faults:${fault}`,
  ...(values ? { values } : {}),
})

/** What is wrong at a place of the input. */
export const issueAt = (path: string, said: Said): Issue => ({
  path,
  reason: say(said, english, fallbackLanguage),
  said,
})
export const issue = (path: string, fault: Fault, values?: Values): Issue => issueAt(path, faultOf(fault, values))

/** The sentence of a failure within another one. */
export const sentenceIn = ({ reason, details }: Pick<Failure, 'reason' | 'details'>): Said => ({
  text: `reasons:${reason}`,
  ...(details ? { values: details } : {}),
})

/** `<path> <fault>` of each issue, for the sentence that names them all. */
export const named = (issues: readonly Issue[]): Said[] =>
  issues.map(({ path, reason, said }) => ({ text: 'faults:at', values: { path, fault: said ?? reason } }))

/** The faults of issues whose text names what they are about. */
export const faultsIn = (issues: readonly Issue[]): (Said | string)[] =>
  issues.map(({ reason, said }) => said ?? reason)
