import { listAudit } from '../vault/audit.ts'
import { schemaVersion } from '../vault/schema.ts'
import { readSettings, writeSettings } from '../vault/settings.ts'
import type { Core } from './core.ts'
import { type Implementer, sessionOf } from './implementer.ts'

export const vaultHandlers = (core: Core, os: Implementer) => ({
  vault: {
    status: os.vault.status.handler(({ context }) => {
      const { state, session } = core.status(context.connection)
      return { state, path: core.options.vaultPath, session, schemaVersion: state === 'open' ? schemaVersion : null }
    }),
    create: os.vault.create.handler(({ input, context }) =>
      core.create(context.connection, input.displayName, input.passphrase),
    ),
    unlock: os.vault.unlock.handler(({ input, context }) =>
      core.unlock(context.connection, input.user, input.passphrase),
    ),
    lock: os.vault.lock.handler(async ({ context }) => {
      const { user: actor } = sessionOf(context)
      await core.audit({ actor, act: 'vault.lock', record: null, outcome: 'done' })
      await core.lock(context.connection)
      return {}
    }),
  },
  settings: {
    get: os.settings.get.handler(({ context }) => readSettings(core.vault().read, sessionOf(context).user)),
    set: os.settings.set.handler(async ({ input, context }) => {
      await core.vault().write((store) => writeSettings(store, sessionOf(context).user, input))
      return {}
    }),
  },
  audit: {
    list: os.audit.list.handler(({ input }) => listAudit(core.vault().read, input)),
  },
})
