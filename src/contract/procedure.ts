import { oc } from '@orpc/contract'

export const roles = ['administrator', 'doctor', 'clerk', 'auditor'] as const
export type Role = (typeof roles)[number]

/** Who may call a procedure: a list of roles (a session is needed), or `anyone` (also before unlock). */
export type Access = readonly Role[] | 'anyone'

/** What an act can be about. An entry of the audit log names a record by its kind and number, never by what it says. */
export const recordKinds = ['patient', 'model', 'study', 'batch', 'job', 'prediction', 'key', 'user', 'slot'] as const
export type RecordKind = (typeof recordKinds)[number]

/**
 * The records an act is about: fields of the input that name them, each called as its kind; none where it is about no
 * single record. `output`: what the act makes is named by its answer.
 */
export type Records = readonly RecordKind[] | { output: readonly RecordKind[] }

/** What is written to the audit log: the act (`patient.read`) and the records it is about, or nothing. */
export type AuditRules = { audit: string; record: Records } | { audit: false; record?: never }

export type ProcedureMeta = AuditRules & {
  access: Access
  /** True where the output is a stream of progress events. */
  streams: boolean
  /** True where a window calls it by itself: such a call does not put off the automatic lock. */
  background: boolean
}

export type ProcedureRules = AuditRules & {
  access: Access
  streams?: boolean
  background?: boolean
  summary: string
}

/** The rules a procedure of the API map was made with. */
export const metaOf = (procedure: object): ProcedureMeta =>
  (procedure as { '~orpc': { meta: unknown } })['~orpc'].meta as ProcedureMeta

export const everyone = roles
export const administrators = ['administrator'] as const satisfies readonly Role[]
export const clinical = ['administrator', 'doctor'] as const satisfies readonly Role[]
export const staff = ['administrator', 'doctor', 'clerk'] as const satisfies readonly Role[]

/**
 * Starts a procedure of the API map. Access, audit act and the records it is about are required: a procedure without a
 * role, or an act that does not say what it is about, does not compile.
 * Input and output schemas follow with `.input(...)` and `.output(...)`.
 */
export const procedure = ({ summary, ...rules }: ProcedureRules) =>
  oc
    .$meta<ProcedureMeta>({ ...rules, streams: rules.streams ?? false, background: rules.background ?? false })
    .route({ method: 'POST', summary })
