import { readPolicy, writePolicy } from '../vault/keys/policy.ts'
import { schemaVersion } from '../vault/store/schema.ts'
import { readSettings, writeSettings } from '../vault/store/settings.ts'
import { type Implementer, sessionOf } from './implementer.ts'
import type { Services } from './services.ts'

export const vaultHandlers = (services: Pick<Services, 'options' | 'session' | 'vault'>, os: Implementer) => ({
  vault: {
    status: os.vault.status.handler(({ context }) => {
      const { state, session } = services.session.status(context.connection)
      const slots = state === 'absent' ? [] : services.session.slots()
      const ofPassphrase = slots.filter(({ header }) => header.kind === 'passphrase')
      return {
        state,
        path: services.options.vaultPath,
        session,
        schemaVersion: state === 'open' ? schemaVersion : null,
        logins: ofPassphrase.flatMap(({ header }) => header.login ?? []).sort(),
        users: new Set(ofPassphrase.map(({ header }) => header.user)).size,
        recovery: slots.some(({ header }) => header.kind === 'recovery'),
        waitSeconds: state === 'absent' ? 0 : services.session.unlocking.waitSeconds(),
        autoLockMinutes: state === 'open' ? readPolicy(services.vault().read).autoLockMinutes : null,
      }
    }),
    create: os.vault.create.handler(({ input, context }) =>
      services.session.unlocking.create(context.connection, input),
    ),
    unlock: os.vault.unlock.handler(({ input, context }) =>
      services.session.unlocking.unlock(context.connection, input.user, input.passphrase),
    ),
    recover: os.vault.recover.handler(({ input, context }) =>
      services.session.unlocking.recover(context.connection, input.code, input.passphrase),
    ),
    lock: os.vault.lock.handler(async ({ context }) => {
      await services.session.lock(context.connection, 'user')
      return {}
    }),
    watch: os.vault.watch.handler(({ context, signal }) => services.session.sessions.watch(context.connection, signal)),
    // The guard has noted it.
    active: os.vault.active.handler(() => ({})),
    policy: os.vault.policy.handler(() => readPolicy(services.vault().read)),
    setPolicy: os.vault.setPolicy.handler(async ({ input }) => {
      await services.vault().write((store) => writePolicy(store, input))
      services.session.tellState()
      return readPolicy(services.vault().read)
    }),
  },
  settings: {
    get: os.settings.get.handler(({ context }) => readSettings(services.vault().read, sessionOf(context).user)),
    set: os.settings.set.handler(async ({ input, context }) => {
      await services.vault().write((store) => writeSettings(store, sessionOf(context).user, input))
      return {}
    }),
  },
})
