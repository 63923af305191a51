import { oc } from '@orpc/contract'

export const roles = ['administrator', 'doctor', 'clerk', 'auditor'] as const
export type Role = (typeof roles)[number]

/** Who may call a procedure: a list of roles (a session is needed), or `anyone` (also before unlock). */
export type Access = readonly Role[] | 'anyone'

export interface ProcedureMeta {
  access: Access
  /** The act written to the audit log (`patient.read`), or false where nothing is written. */
  audit: string | false
  /** True where the output is a stream of progress events. */
  streams: boolean
  /** True where a window calls it by itself: such a call does not put off the automatic lock. */
  background: boolean
}

export interface ProcedureRules {
  access: Access
  audit: string | false
  streams?: boolean
  background?: boolean
  summary: string
}

export const everyone = roles
export const administrators = ['administrator'] as const satisfies readonly Role[]
export const clinical = ['administrator', 'doctor'] as const satisfies readonly Role[]
export const staff = ['administrator', 'doctor', 'clerk'] as const satisfies readonly Role[]

/**
 * Starts a procedure of the API map. Access and audit act are required: a procedure without a role does not compile.
 * Input and output schemas follow with `.input(...)` and `.output(...)`.
 */
export const procedure = ({ access, audit, streams = false, background = false, summary }: ProcedureRules) =>
  oc.$meta<ProcedureMeta>({ access, audit, streams, background }).route({ method: 'POST', summary })
