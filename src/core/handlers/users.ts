import {
  addMember,
  changeMemberRole,
  disableMember,
  enableMember,
  makeRecovery,
  renameMember,
  replacePassphrase,
  revokeSlot,
} from '../vault/access.ts'
import { recoveryText } from '../vault/recovery.ts'
import { readSettings, writeSettings } from '../vault/settings.ts'
import type { Slot } from '../vault/slots.ts'
import { listUsers, userById } from '../vault/users.ts'
import type { Core } from './core.ts'
import { type Implementer, sessionOf } from './implementer.ts'

/** There while a re-keying runs, and after one that was cut off. */
const rekeyBegun = 'rekey.begunAt'

export const userHandlers = (core: Core, os: Implementer) => ({
  users: {
    list: os.users.list.handler(() => {
      const { read, keyring } = core.vault()
      const slotOf = (user: string, kind: Slot['header']['kind']) =>
        keyring.slots().find(({ header }) => header.user === user && header.kind === kind)?.header
      return {
        users: listUsers(read).map(({ id, displayName, role, createdAt, disabledAt }) => ({
          user: id,
          displayName,
          login: slotOf(id, 'passphrase')?.login ?? null,
          role,
          createdAt,
          disabledAt,
          passphraseSetAt: slotOf(id, 'passphrase')?.createdAt ?? null,
          recoveryKitAt: slotOf(id, 'recovery')?.createdAt ?? null,
          signedIn: core.sessions.of(id).length > 0,
        })),
        rekeyedAt: keyring.rekeyedAt(),
        rekeyInterrupted:
          rekeyBegun in readSettings(read, null) &&
          !core.jobs.list().some(({ kind, endedAt }) => kind === 'rekey' && endedAt === null),
      }
    }),
    add: os.users.add.handler(async ({ input }) => ({
      user: await addMember(core.vault(), input, await core.costs()),
    })),
    rename: os.users.rename.handler(async ({ input: { user, displayName } }) => {
      await renameMember(core.vault(), user, displayName)
      core.sessions.change(user, { displayName })
      return {}
    }),
    changeRole: os.users.changeRole.handler(async ({ input: { user, role } }) => {
      await changeMemberRole(core.vault(), user, role)
      core.sessions.change(user, { role })
      return {}
    }),
    disable: os.users.disable.handler(async ({ input: { user } }) => {
      await disableMember(core.vault(), user)
      await core.lockAll('revoked', user)
      return {}
    }),
    enable: os.users.enable.handler(async ({ input }) => {
      await enableMember(core.vault(), input, await core.costs())
      return {}
    }),
    resetPassphrase: os.users.resetPassphrase.handler(async ({ input, context }) => {
      await replacePassphrase(core.vault(), input, await core.costs())
      if (input.user !== sessionOf(context).user) await core.lockAll('revoked', input.user)
      return {}
    }),
    changePassphrase: os.users.changePassphrase.handler(async ({ input: { old, passphrase, login }, context }) => {
      await core.confirm(context.connection, old)
      const { user } = sessionOf(context)
      await replacePassphrase(core.vault(), { user, passphrase, login }, await core.costs())
      return {}
    }),
    slots: os.users.slots.handler(() => {
      const { read, keyring } = core.vault()
      return keyring.slots().map(({ header: { slot, kind, user, login, createdAt } }) => ({
        slot,
        kind,
        user,
        displayName: userById(read, user)?.displayName ?? '',
        login,
        createdAt,
      }))
    }),
    revokeSlot: os.users.revokeSlot.handler(async ({ input: { slot } }) => {
      const { header } = await revokeSlot(core.vault(), slot)
      if (header.kind === 'passphrase') await core.lockAll('revoked', header.user)
      return {}
    }),
    makeRecoveryKit: os.users.makeRecoveryKit.handler(async ({ input, context }) => {
      await core.confirm(context.connection, input.passphrase)
      const { user, displayName } = sessionOf(context)
      const vault = core.vault()
      const kit = { ...(await makeRecovery(vault, user, await core.costs())), vault: vault.keyring.vault, displayName }
      return { ...kit, text: recoveryText(kit) }
    }),
    rekey: os.users.rekey.handler(async ({ input, context }) => {
      await core.confirm(context.connection, input.passphrase)
      const { job } = core.jobs.start('rekey', 'Encrypting the vault under a new key', async ({ signal, report }) => {
        const vault = core.vault()
        await vault.write((store) => writeSettings(store, null, { [rekeyBegun]: new Date().toISOString() }))
        // Where it ends by itself, done or not, nothing was cut off.
        try {
          await vault.rekey({ signal, report, worker: threadOf(core.options.worker) })
        } finally {
          await vault.write((store) => store.run('DELETE FROM setting WHERE user IS NULL AND name = ?', rekeyBegun))
        }
        return {}
      })
      return { job }
    }),
  },
})

const threadOf = (worker: URL): URL =>
  new URL(worker.pathname.endsWith('.ts') ? '../vault/rekeyWorker.ts' : './rekeyWorker.js', worker)
