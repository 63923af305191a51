import { implement } from '@orpc/server'
import { api } from '../../contract/api.ts'
import type { Session } from '../../contract/vault.ts'
import type { CallContext } from '../session/connection.ts'
import { guard } from './guard.ts'
import type { Services } from './services.ts'

/** The API map with the guard before every procedure; handlers are put in place with `.handler`. */
export const implementer = (services: Services) => implement(api).$context<CallContext>().use(guard(services))

export type Implementer = ReturnType<typeof implementer>

/** The signed-in user; the guard has made sure that there is one. */
export const sessionOf = ({ connection }: CallContext): Session => connection.session as Session
