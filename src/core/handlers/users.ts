import type { JobHandler } from '../jobs/runner.ts'
import { accountsOf, keySlotsOf } from '../session/accounts.ts'
import { bindToKeychain, changePassphrase, keychainStatus, unbindFromKeychain } from '../session/keychainBinding.ts'
import { rekeyBegun, rekeyVault } from '../session/rekey.ts'
import {
  addMember,
  changeMemberRole,
  disableMember,
  enableMember,
  makeRecovery,
  renameMember,
  replacePassphrase,
  revokeSlot,
} from '../vault/keys/access.ts'
import { recoveryText } from '../vault/keys/recovery.ts'
import { type Implementer, sessionOf } from './implementer.ts'
import type { Services } from './services.ts'

type Needs = Pick<Services, 'jobs' | 'options' | 'session' | 'vault'>

/** What a change of a user's own key is handed. */
const keysOf = ({ session, vault }: Needs) => ({
  vault: vault(),
  keychain: session.keychain,
  costs: () => session.unlocking.costs(),
})

export const userHandlers = (services: Needs, os: Implementer) => ({
  users: {
    list: os.users.list.handler(() => {
      const vault = services.vault()
      return {
        users: accountsOf(vault, (user) => services.session.sessions.of(user).length > 0),
        rekeyedAt: vault.keyring.rekeyedAt(),
        rekeyInterrupted:
          rekeyBegun(vault.read) &&
          !services.jobs.list().some(({ kind, endedAt }) => kind === 'rekey' && endedAt === null),
      }
    }),
    add: os.users.add.handler(async ({ input }) => ({
      user: await addMember(services.vault(), input, await services.session.unlocking.costs()),
    })),
    rename: os.users.rename.handler(async ({ input: { user, displayName } }) => {
      await renameMember(services.vault(), user, displayName)
      services.session.sessions.change(user, { displayName })
      return {}
    }),
    changeRole: os.users.changeRole.handler(async ({ input: { user, role } }) => {
      await changeMemberRole(services.vault(), user, role)
      services.session.sessions.change(user, { role })
      return {}
    }),
    disable: os.users.disable.handler(async ({ input: { user } }) => {
      await disableMember(services.vault(), user)
      await services.session.lockAll('revoked', user)
      return {}
    }),
    enable: os.users.enable.handler(async ({ input }) => {
      await enableMember(services.vault(), input, await services.session.unlocking.costs())
      return {}
    }),
    resetPassphrase: os.users.resetPassphrase.handler(async ({ input, context }) => {
      await replacePassphrase(services.vault(), input, await services.session.unlocking.costs())
      if (input.user !== sessionOf(context).user) await services.session.lockAll('revoked', input.user)
      return {}
    }),
    changePassphrase: os.users.changePassphrase.handler(async ({ input: { old, passphrase, login }, context }) => {
      await services.session.unlocking.confirm(context.connection, old)
      await changePassphrase(keysOf(services), { user: sessionOf(context).user, passphrase, login })
      return {}
    }),
    keychain: os.users.keychain.handler(({ context }) => keychainStatus(keysOf(services), sessionOf(context).user)),
    bindToKeychain: os.users.bindToKeychain.handler(async ({ input: { passphrase }, context }) => {
      await services.session.unlocking.confirm(context.connection, passphrase)
      await bindToKeychain(keysOf(services), { user: sessionOf(context).user, passphrase })
      return {}
    }),
    unbindFromKeychain: os.users.unbindFromKeychain.handler(async ({ input: { passphrase }, context }) => {
      await services.session.unlocking.confirm(context.connection, passphrase)
      await unbindFromKeychain(keysOf(services), { user: sessionOf(context).user, passphrase })
      return {}
    }),
    slots: os.users.slots.handler(() => keySlotsOf(services.vault())),
    revokeSlot: os.users.revokeSlot.handler(async ({ input: { slot } }) => {
      const { header } = await revokeSlot(services.vault(), slot)
      if (header.kind === 'passphrase') await services.session.lockAll('revoked', header.user)
      return {}
    }),
    makeRecoveryKit: os.users.makeRecoveryKit.handler(async ({ input, context }) => {
      await services.session.unlocking.confirm(context.connection, input.passphrase)
      const { user, displayName } = sessionOf(context)
      const vault = services.vault()
      const kit = {
        ...(await makeRecovery(vault, user, await services.session.unlocking.costs())),
        vault: vault.keyring.vault,
        displayName,
      }
      return { ...kit, text: recoveryText(kit) }
    }),
    rekey: os.users.rekey.handler(async ({ input, context }) => {
      await services.session.unlocking.confirm(context.connection, input.passphrase)
      const { job } = services.jobs.start({ kind: 'rekey', input: { cipher: input.cipher } }, sessionOf(context).user)
      return { job }
    }),
  },
})

/** A vault's change of key, as a job. */
export const rekeyJob = (services: Needs): JobHandler<'rekey'> => ({
  title: () => 'Encrypting the vault under a new key',
  run: async ({ cipher }, { signal, report }) => {
    const worker = services.options.workers.rekey
    await rekeyVault(services.vault(), { signal, report, cipher: cipher ?? undefined, worker })
    return {}
  },
})
