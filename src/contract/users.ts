import * as z from 'zod'
import { administrators, everyone, procedure, roles } from './procedure.ts'
import { ciphers, DisplayNameSchema, LoginSchema, PassphraseSchema } from './vault.ts'

export const UserSchema = z.object({
  user: z.uuid(),
  displayName: z.string(),
  /** What stands in `vault.json` in clear, to sign in with; null: none was chosen. */
  login: z.string().nullable(),
  role: z.enum(roles),
  createdAt: z.string(),
  /** A disabled user's slots are gone: no passphrase of theirs opens the vault. */
  disabledAt: z.string().nullable(),
  /** When the passphrase was set; null: there is none. */
  passphraseSetAt: z.string().nullable(),
  /** When the recovery kit was made; null: there is none. */
  recoveryKitAt: z.string().nullable(),
  /** Whether the passphrase opens the vault on one computer alone, with a secret from its keychain. */
  bound: z.boolean(),
  /** Whether a window, browser or command has this user signed in. */
  signedIn: z.boolean(),
})
export type UserEntry = z.infer<typeof UserSchema>

export const KeySlotSchema = z.object({
  slot: z.uuid(),
  kind: z.enum(['passphrase', 'recovery']),
  user: z.uuid(),
  displayName: z.string(),
  login: z.string().nullable(),
  createdAt: z.string(),
  /** Whether it needs a secret from the keychain of one computer, too. */
  bound: z.boolean(),
})

const KeychainSchema = z.object({
  /** Why no key can be bound here: only the desktop window has a keychain, and some systems' keychains only pretend. */
  obstacle: z.enum(['noKeychain', 'keychainPretends']).nullable(),
  /** What keeps secrets here, e.g. `gnome_libsecret`; null: nothing. */
  backend: z.string().nullable(),
  /** Whether the own key is bound. */
  bound: z.boolean(),
})

export const RecoveryKitSchema = z.object({
  /** Seven groups of four characters: 130 random bits and two check characters. Shown once, kept nowhere. */
  code: z.string(),
  vault: z.uuid(),
  displayName: z.string(),
  createdAt: z.string(),
  /** The page to print, line by line; the code is among them. */
  text: z.object({ en: z.array(z.string()), zh: z.array(z.string()) }),
})
export type RecoveryKit = z.infer<typeof RecoveryKitSchema>

const target = z.object({ user: z.uuid() })

/** Who may open the vault, and by what. All but the own passphrase is the administrator's. */
export const users = {
  list: procedure({ access: administrators, audit: 'user.list', record: [], summary: 'Users of the vault' }).output(
    z.object({
      users: z.array(UserSchema),
      /** When the vault was last encrypted anew; null: never since it was made. */
      rekeyedAt: z.string().nullable(),
      /**
       * A re-keying was begun and cut off; the vault is whole under its earlier key, and re-keying may be begun again.
       */
      rekeyInterrupted: z.boolean(),
    }),
  ),
  add: procedure({
    access: administrators,
    audit: 'user.add',
    record: { output: ['user'] },
    summary: 'Add a user with an initial passphrase',
  })
    .input(
      z.object({
        displayName: DisplayNameSchema,
        login: LoginSchema,
        role: z.enum(roles),
        passphrase: PassphraseSchema,
      }),
    )
    .output(target),
  rename: procedure({
    access: administrators,
    audit: 'user.rename',
    record: ['user'],
    summary: 'Change the name a user is shown by',
  })
    .input(target.extend({ displayName: DisplayNameSchema }))
    .output(z.object({})),
  changeRole: procedure({
    access: administrators,
    audit: 'user.changeRole',
    record: ['user'],
    summary: 'Give a user another role',
  })
    .input(target.extend({ role: z.enum(roles) }))
    .output(z.object({})),
  disable: procedure({
    access: administrators,
    audit: 'user.disable',
    record: ['user'],
    summary: 'Shut a user out: sessions end, key slots are removed, the records keep the name',
  })
    .input(target)
    .output(z.object({})),
  enable: procedure({
    access: administrators,
    audit: 'user.enable',
    record: ['user'],
    summary: 'Let a disabled user in again, with a new passphrase',
  })
    .input(target.extend({ login: LoginSchema, passphrase: PassphraseSchema }))
    .output(z.object({})),
  resetPassphrase: procedure({
    access: administrators,
    audit: 'user.resetPassphrase',
    record: ['user'],
    summary: "Replace another user's passphrase, which ends their sessions",
  })
    .input(target.extend({ login: LoginSchema.optional(), passphrase: PassphraseSchema }))
    .output(z.object({})),
  changePassphrase: procedure({
    access: everyone,
    audit: 'user.changePassphrase',
    record: [],
    summary: 'Change the own passphrase, and the own login name where one is given',
  })
    .input(z.object({ old: PassphraseSchema, passphrase: PassphraseSchema, login: LoginSchema.optional() }))
    .output(z.object({})),
  slots: procedure({
    access: administrators,
    audit: 'user.slots',
    record: [],
    summary: 'Key slots: all ways to open the vault',
  }).output(z.array(KeySlotSchema)),
  revokeSlot: procedure({
    access: administrators,
    audit: 'user.revokeSlot',
    record: ['slot'],
    summary: 'Remove a key slot: what it opened the vault with opens it no longer',
  })
    .input(z.object({ slot: z.uuid() }))
    .output(z.object({})),
  keychain: procedure({
    access: everyone,
    audit: false,
    background: true,
    summary: "Whether the own key is bound to this computer's keychain, and whether it could be",
  }).output(KeychainSchema),
  bindToKeychain: procedure({
    access: everyone,
    audit: 'user.bindToKeychain',
    record: [],
    summary: "Let the own passphrase open the vault on this computer alone, with a secret from the system's keychain",
  })
    .input(z.object({ passphrase: PassphraseSchema }))
    .output(z.object({})),
  unbindFromKeychain: procedure({
    access: everyone,
    audit: 'user.unbindFromKeychain',
    record: [],
    summary: 'Let the own passphrase open the vault anywhere again',
  })
    .input(z.object({ passphrase: PassphraseSchema }))
    .output(z.object({})),
  makeRecoveryKit: procedure({
    access: administrators,
    audit: 'user.makeRecoveryKit',
    record: [],
    summary: 'Make the own recovery kit, in place of an earlier one',
  })
    .input(z.object({ passphrase: PassphraseSchema }))
    .output(RecoveryKitSchema),
  rekey: procedure({
    access: administrators,
    audit: 'vault.rekey',
    record: [],
    summary: 'Encrypt the whole vault under a new key, so that no earlier copy of the key opens it',
  })
    .input(
      z.object({
        passphrase: PassphraseSchema,
        /** Null: the one it has. */
        cipher: z.enum(ciphers).nullable().default(null),
      }),
    )
    .output(z.object({ job: z.string() })),
}
