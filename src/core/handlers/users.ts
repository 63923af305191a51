import { randomBytes, randomUUID } from 'node:crypto'
import type { JobHandler } from '../jobs/runner.ts'
import {
  addMember,
  changeMemberRole,
  disableMember,
  enableMember,
  makeRecovery,
  rebind,
  renameMember,
  replacePassphrase,
  revokeSlot,
} from '../vault/keys/access.ts'
import { type Binding, isBound, type Keychain, secretOf } from '../vault/keys/keychain.ts'
import { recoveryText } from '../vault/keys/recovery.ts'
import type { Slot } from '../vault/keys/slots.ts'
import { listUsers, userById } from '../vault/keys/users.ts'
import { keychainPretends, noKeychain } from '../vault/store/failures.ts'
import { readSettings, removeSetting, writeSettings } from '../vault/store/settings.ts'
import { type Implementer, sessionOf } from './implementer.ts'
import type { Services } from './services.ts'

type Needs = Pick<Services, 'jobs' | 'options' | 'session' | 'vault'>

/** There while a re-keying runs, and after one that was cut off. */
const rekeyBegun = 'rekey.begunAt'

export const userHandlers = (services: Needs, os: Implementer) => ({
  users: {
    list: os.users.list.handler(() => {
      const { read, keyring } = services.vault()
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
          bound: slotOf(id, 'passphrase')?.keychain !== undefined,
          signedIn: services.session.sessions.of(id).length > 0,
        })),
        rekeyedAt: keyring.rekeyedAt(),
        rekeyInterrupted:
          rekeyBegun in readSettings(read, null) &&
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
      const { user } = sessionOf(context)
      await keepingBinding(services, user, async (binding) =>
        replacePassphrase(
          services.vault(),
          { user, passphrase, login, binding },
          await services.session.unlocking.costs(),
        ),
      )
      return {}
    }),
    keychain: os.users.keychain.handler(async ({ context }) => {
      const bound = boundSlotOf(services, sessionOf(context).user) !== undefined
      if (!services.session.keychain) return { obstacle: 'noKeychain' as const, backend: null, bound }
      const { usable, backend } = await services.session.keychain.status()
      return { obstacle: usable ? null : ('keychainPretends' as const), backend, bound }
    }),
    bindToKeychain: os.users.bindToKeychain.handler(async ({ input: { passphrase }, context }) => {
      await services.session.unlocking.confirm(context.connection, passphrase)
      const { user } = sessionOf(context)
      const before = boundSlotOf(services, user)
      await withNewSecret(services.session.keychain, async (binding) =>
        rebind(services.vault(), { user, passphrase, binding }, await services.session.unlocking.costs()),
      )
      await forget(services.session.keychain, before)
      return {}
    }),
    unbindFromKeychain: os.users.unbindFromKeychain.handler(async ({ input: { passphrase }, context }) => {
      await services.session.unlocking.confirm(context.connection, passphrase)
      const { user } = sessionOf(context)
      const before = boundSlotOf(services, user)
      if (!before) return {}
      await rebind(services.vault(), { user, passphrase, binding: null }, await services.session.unlocking.costs())
      await forget(services.session.keychain, before)
      return {}
    }),
    slots: os.users.slots.handler(() => {
      const { read, keyring } = services.vault()
      return keyring.slots().map(({ header: { slot, kind, user, login, createdAt, keychain } }) => ({
        slot,
        kind,
        user,
        displayName: userById(read, user)?.displayName ?? '',
        login,
        createdAt,
        bound: keychain !== undefined,
      }))
    }),
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
    const vault = services.vault()
    await vault.write((store) => writeSettings(store, null, { [rekeyBegun]: new Date().toISOString() }))
    // Where it ends by itself, done or not, nothing was cut off.
    try {
      await vault.rekey({ signal, report, cipher: cipher ?? undefined, worker: threadOf(services.options.worker) })
    } finally {
      await vault.write((store) => removeSetting(store, null, rekeyBegun))
    }
    return {}
  },
})

const boundSlotOf = (services: Needs, user: string): Slot | undefined =>
  services
    .vault()
    .keyring.slots()
    .find((slot) => slot.header.user === user && slot.header.kind === 'passphrase' && isBound(slot))

/** A bound key stays bound to the same secret when its passphrase changes. */
const keepingBinding = async (
  services: Needs,
  user: string,
  work: (binding: Binding | null) => Promise<void>,
): Promise<void> => {
  const slot = boundSlotOf(services, user)
  const secret = slot ? await secretOf(slot, services.session.keychain) : null
  try {
    await work(secret && slot?.header.keychain ? { name: slot.header.keychain.secret, secret } : null)
  } finally {
    secret?.fill(0)
  }
}

/**
 * A secret of 256 random bits in the keychain, read back before anything relies on it, and gone again where `work`
 * fails.
 */
const withNewSecret = async (keychain: Keychain | null, work: (binding: Binding) => Promise<void>): Promise<void> => {
  if (!keychain) throw noKeychain()
  const { usable, backend } = await keychain.status()
  if (!usable) throw keychainPretends(backend)
  const name = randomUUID()
  const secret = randomBytes(32)
  try {
    await keychain.keep(name, secret)
    const kept = await keychain.read(name)
    if (!kept || !secret.equals(kept)) throw keychainPretends(backend)
    kept.fill(0)
    await work({ name, secret })
  } catch (error) {
    await keychain.forget(name).catch(() => {})
    throw error
  } finally {
    secret.fill(0)
  }
}

const forget = async (keychain: Keychain | null, slot: Slot | undefined): Promise<void> => {
  // A secret that stays behind opens nothing: its slot is gone.
  if (slot?.header.keychain) await keychain?.forget(slot.header.keychain.secret).catch(() => {})
}

const threadOf = (worker: URL): URL =>
  new URL(worker.pathname.endsWith('.ts') ? '../vault/keys/rekeyWorker.ts' : './rekeyWorker.js', worker)
