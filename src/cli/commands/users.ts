import { type Role, roles } from '../../contract/procedure.ts'
import type { UserEntry } from '../../contract/users.ts'
import type { Command, Options, Run } from '../command.ts'
import { UsageError } from '../failure.ts'
import { askNewPassphrase } from '../passphrase.ts'
import { table } from '../terminal.ts'

const newPassphrase = (signal: AbortSignal) => askNewPassphrase(signal, 'BEDSIDE_NEW_PASSPHRASE')

/** The one user that is meant: by login name, id or shown name. */
const userMeant = async ({ client }: Run, who: string): Promise<UserEntry> => {
  const { users } = await client.users.list()
  const same = (text: string | null) => text !== null && text.toLowerCase() === who.toLowerCase()
  const found = users.filter(({ user, login, displayName }) => user === who || same(login) || same(displayName))
  if (found.length === 1) return found[0] as UserEntry
  if (found.length > 1)
    throw new UsageError(
      `${who} is the name of ${found.length} users: give the id that bedside users list --json shows.`,
    )
  throw new UsageError(`There is no user ${who}. bedside users list shows all.`)
}

const roleOf = (options: Options): Role => {
  const named = options.required('role')
  const role = roles.find((each) => each === named)
  if (!role) throw new UsageError(`--role is one of ${roles.join(', ')}, not ${JSON.stringify(named)}.`)
  return role
}

const list = async ({ client, terminal }: Run) => {
  const answer = await client.users.list()
  terminal.answer(answer, [
    ...table(
      ['name', 'signs in as', 'role', 'state', 'opens', 'recovery kit'],
      answer.users.map(({ displayName, login, role, disabledAt, passphraseSetAt, bound, recoveryKitAt }) => [
        displayName,
        login ?? '-',
        role,
        disabledAt ? 'disabled' : passphraseSetAt ? 'active' : 'no passphrase',
        passphraseSetAt === null ? '-' : bound ? 'on one computer' : 'anywhere',
        recoveryKitAt?.slice(0, 10) ?? '-',
      ]),
    ),
    ...(answer.rekeyInterrupted ? ['A re-keying was cut off. The vault is whole; run bedside rekey again.'] : []),
  ])
}

/** What each action needs is read before a passphrase is asked for. */
const actions: Record<string, (options: Options) => (run: Run) => Promise<void>> = {
  list: () => list,
  add: (options) => {
    const [login, role, displayName] = [options.required('login'), roleOf(options), options.required('name')]
    return async ({ client, terminal, signal }) => {
      const { user } = await client.users.add({ displayName, login, role, passphrase: await newPassphrase(signal) })
      terminal.answer({ user, displayName, login, role }, [
        `${displayName} may sign in as ${login} (${role}). The first thing to do then: bedside passphrase`,
      ])
    }
  },
  rename: (options) => {
    const [who, displayName] = [options.required('who'), options.required('name')]
    return async (run) => {
      const { user, displayName: before } = await userMeant(run, who)
      await run.client.users.rename({ user, displayName })
      run.terminal.answer({ user, displayName }, [`${before} is now shown as ${displayName}.`])
    }
  },
  role: (options) => {
    const [who, role] = [options.required('who'), roleOf(options)]
    return async (run) => {
      const { user, displayName } = await userMeant(run, who)
      await run.client.users.changeRole({ user, role })
      run.terminal.answer({ user, role }, [`${displayName} is now ${role}.`])
    }
  },
  disable: (options) => {
    const who = options.required('who')
    return async (run) => {
      const { user, displayName } = await userMeant(run, who)
      await run.client.users.disable({ user })
      run.terminal.answer({ user, disabled: true }, [
        `${displayName} opens the vault no longer. Who may have kept a copy of it: bedside rekey makes that copy's key worthless for what comes after.`,
      ])
    }
  },
  enable: (options) => {
    const [who, login] = [options.required('who'), options.required('login')]
    return async (run) => {
      const { user, displayName } = await userMeant(run, who)
      await run.client.users.enable({ user, login, passphrase: await newPassphrase(run.signal) })
      run.terminal.answer({ user, login, disabled: false }, [`${displayName} may sign in again, as ${login}.`])
    }
  },
  reset: (options) => {
    const [who, login] = [options.required('who'), options.text('login')]
    return async (run) => {
      const { user, displayName } = await userMeant(run, who)
      const passphrase = await newPassphrase(run.signal)
      await run.client.users.resetPassphrase({ user, passphrase, ...(login === undefined ? {} : { login }) })
      run.terminal.answer({ user }, [`${displayName} has a new passphrase; the old one opens nothing.`])
    }
  },
}
const actionNames = Object.keys(actions)

export const usersCommand: Command = {
  name: 'users',
  operands: actionNames.join('|'),
  says: 'List, add, rename, disable and enable users, change roles, reset passphrases',
  options: {
    who: { value: 'NAME', says: 'the user that is meant: login name, shown name or id' },
    login: { value: 'NAME', says: 'name to sign in with; it stands in vault.json, readable without a passphrase' },
    name: { value: 'NAME', says: 'name as shown and written in the audit log' },
    role: { value: 'ROLE', says: roles.join(', ') },
  },
  examples: [
    'users list',
    'users add --login grace --name "Dr. Grace Hopper" --role doctor',
    'users role --who grace --role administrator',
    'users disable --who grace',
  ],
  unlocks: true,
  prepare: (options, [name = '']) => {
    const action = actions[name]
    if (!action) throw new UsageError(`users takes one of ${actionNames.join(', ')}, not ${JSON.stringify(name)}.`)
    return action(options)
  },
}
