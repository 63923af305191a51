import type { Core } from '../session/core.ts'
import { readPolicy, writePolicy } from '../vault/keys/policy.ts'
import { schemaVersion } from '../vault/store/schema.ts'
import { readSettings, writeSettings } from '../vault/store/settings.ts'
import { type Implementer, sessionOf } from './implementer.ts'

export const vaultHandlers = (core: Core, os: Implementer) => ({
  vault: {
    status: os.vault.status.handler(({ context }) => {
      const { state, session } = core.status(context.connection)
      const slots = state === 'absent' ? [] : core.slots()
      const ofPassphrase = slots.filter(({ header }) => header.kind === 'passphrase')
      return {
        state,
        path: core.options.vaultPath,
        session,
        schemaVersion: state === 'open' ? schemaVersion : null,
        logins: ofPassphrase.flatMap(({ header }) => header.login ?? []).sort(),
        users: new Set(ofPassphrase.map(({ header }) => header.user)).size,
        recovery: slots.some(({ header }) => header.kind === 'recovery'),
        waitSeconds: state === 'absent' ? 0 : core.waitSeconds(),
        autoLockMinutes: state === 'open' ? readPolicy(core.vault().read).autoLockMinutes : null,
      }
    }),
    create: os.vault.create.handler(({ input, context }) => core.create(context.connection, input)),
    unlock: os.vault.unlock.handler(({ input, context }) =>
      core.unlock(context.connection, input.user, input.passphrase),
    ),
    recover: os.vault.recover.handler(({ input, context }) =>
      core.recover(context.connection, input.code, input.passphrase),
    ),
    lock: os.vault.lock.handler(async ({ context }) => {
      await core.lock(context.connection, 'user')
      return {}
    }),
    watch: os.vault.watch.handler(({ context, signal }) => core.sessions.watch(context.connection, signal)),
    // The guard has noted it.
    active: os.vault.active.handler(() => ({})),
    policy: os.vault.policy.handler(() => readPolicy(core.vault().read)),
    setPolicy: os.vault.setPolicy.handler(async ({ input }) => {
      await core.vault().write((store) => writePolicy(store, input))
      core.policyChanged()
      return readPolicy(core.vault().read)
    }),
  },
  settings: {
    get: os.settings.get.handler(({ context }) => readSettings(core.vault().read, sessionOf(context).user)),
    set: os.settings.set.handler(async ({ input, context }) => {
      await core.vault().write((store) => writeSettings(store, sessionOf(context).user, input))
      return {}
    }),
  },
})
