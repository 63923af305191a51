import { userInfo } from 'node:os'
import { ciphers } from '../../contract/vault.ts'
import { cipherOf } from '../cipher.ts'
import type { Command } from '../command.ts'
import { finish } from '../job.ts'
import { askNewPassphrase } from '../passphrase.ts'

export const initCommand: Command = {
  name: 'init',
  says: 'Create the vault and its first administrator',
  options: {
    name: { value: 'NAME', says: "the administrator's name (default: your account's)" },
    login: { value: 'NAME', says: 'a name to sign in with; it stands in vault.json, readable without a passphrase' },
    cipher: {
      value: 'CIPHER',
      says: `${ciphers.join(', ')} (default: the quickest authenticated one on this machine)`,
    },
    samples: { says: 'load the sample clinic too, with models trained on it' },
  },
  examples: ['--vault ./clinic init --name "Dr. Lin"', '--vault ./clinic init --samples --json'],
  unlocks: false,
  prepare: (options) => {
    const cipher = cipherOf(options)
    const displayName = options.text('name') ?? userInfo().username
    return async (run) => {
      const { client, terminal, signal } = run
      const { path, state } = await client.vault.status()
      // Asked before the passphrase is; the core refuses it too.
      const passphrase = state === 'absent' ? await askNewPassphrase(signal) : 'refused'
      const session = await client.vault.create({
        displayName,
        passphrase,
        login: options.text('login') ?? null,
        cipher,
      })
      if (options.flag('samples')) await finish(run, (await client.samples.load({})).job)
      const { cipher: chosen, aes } = await client.system.info()
      const { user, role } = session
      terminal.answer({ vault: path, user, displayName: session.displayName, role, cipher: chosen }, [
        `The vault is at ${path}; ${session.displayName} is its administrator.`,
        ...(cipher === null && !aes
          ? [`This processor has no AES instructions, so the vault is encrypted with ${chosen}.`]
          : [`It is encrypted with ${chosen}.`]),
        'Nobody can open it without the passphrase. Keep it safe, and make a recovery kit: bedside recovery-kit',
      ])
    }
  },
}
