import { ciphers } from '../../contract/vault.ts'
import { cipherOf } from '../cipher.ts'
import type { Command } from '../command.ts'
import { finish } from '../job.ts'
import { askNewPassphrase, askRecoveryCode } from '../passphrase.ts'

export const passphraseCommand: Command = {
  name: 'passphrase',
  says: 'Change your own passphrase',
  options: {
    login: {
      value: 'NAME',
      says: 'and the name you sign in with; it stands in vault.json, readable without a passphrase',
    },
  },
  examples: ['passphrase', '--user grace passphrase'],
  unlocks: true,
  prepare: (options) => {
    const login = options.text('login')
    return async ({ client, terminal, signal, passphrase: old }) => {
      const passphrase = await askNewPassphrase(signal, 'BEDSIDE_NEW_PASSPHRASE')
      await client.users.changePassphrase({ old, passphrase, ...(login === undefined ? {} : { login }) })
      terminal.answer({ changed: true }, ['Your passphrase is changed; the old one opens nothing.'])
    }
  },
}

export const recoveryKitCommand: Command = {
  name: 'recovery-kit',
  says: 'Make your recovery kit, in place of an earlier one: a page to print and lock away',
  options: { chinese: { says: 'the page in Chinese' } },
  examples: ['recovery-kit | lp'],
  unlocks: true,
  prepare:
    (options) =>
    async ({ client, terminal, passphrase }) => {
      const kit = await client.users.makeRecoveryKit({ passphrase })
      terminal.answer(kit, kit.text[options.flag('chinese') ? 'zh' : 'en'])
    },
}

export const recoverCommand: Command = {
  name: 'recover',
  says: 'Open the vault with the code of a recovery kit, once, and set a new passphrase',
  options: {},
  examples: ['recover'],
  unlocks: false,
  prepare:
    () =>
    async ({ client, terminal, signal }) => {
      const code = await askRecoveryCode(signal)
      const passphrase = await askNewPassphrase(signal, 'BEDSIDE_NEW_PASSPHRASE')
      const { displayName } = await client.vault.recover({ code, passphrase })
      terminal.answer({ recovered: true, displayName }, [
        `${displayName} has a new passphrase. The recovery code is used up; make a new kit: bedside recovery-kit`,
      ])
    },
}

export const rekeyCommand: Command = {
  name: 'rekey',
  says: 'Encrypt the whole vault under a new key, so that no key kept from before opens it',
  options: { cipher: { value: 'CIPHER', says: `and with another cipher: ${ciphers.join(', ')}` } },
  examples: ['rekey', 'rekey --cipher chacha20-poly1305'],
  unlocks: true,
  prepare: (options) => {
    const cipher = cipherOf(options)
    return async (run) => {
      const { client, terminal, passphrase } = run
      await finish(run, (await client.users.rekey({ passphrase, cipher })).job)
      const { rekeyedAt } = await client.users.list()
      const { cipher: now } = await client.system.info()
      terminal.answer({ rekeyedAt, cipher: now }, [
        `The vault is encrypted under a new key, with ${now}. Everybody signs in as before.`,
      ])
    }
  },
}
