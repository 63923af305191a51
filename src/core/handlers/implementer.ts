import { implement } from '@orpc/server'
import { api } from '../../contract/api.ts'
import type { Session } from '../../contract/vault.ts'
import type { CallContext } from '../session/connection.ts'
import type { Core } from '../session/core.ts'
import { guard } from './guard.ts'

/** The API map with the guard before every procedure; handlers are put in place with `.handler`. */
export const implementer = (core: Core) => implement(api).$context<CallContext>().use(guard(core))

export type Implementer = ReturnType<typeof implementer>

/** The signed-in user; the guard has made sure that there is one. */
export const sessionOf = ({ connection }: CallContext): Session => connection.session as Session
