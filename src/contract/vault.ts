import { eventIterator } from '@orpc/contract'
import * as z from 'zod'
import { administrators, everyone, procedure, roles } from './procedure.ts'

export const SessionSchema = z.object({ user: z.string(), displayName: z.string(), role: z.enum(roles) })
export type Session = z.infer<typeof SessionSchema>

/**
 * Ciphers of a vault's database, each authenticating every page. The first is the choice where the processor has AES
 * instructions, the second where it has none; docs/data-model.md says why, and who might want the third.
 */
export const ciphers = ['aegis-256', 'chacha20-poly1305', 'sqlcipher-aes-256'] as const

export const VaultStatusSchema = z.object({
  state: z.enum(['absent', 'locked', 'open']),
  /** Folder of the vault on this machine. */
  path: z.string(),
  session: SessionSchema.nullable(),
  schemaVersion: z.int().nullable(),
  /** Names to sign in with, as they stand in `vault.json`; users who chose none are not among them. */
  logins: z.array(z.string()),
  /** How many users have a passphrase: with more than one, a user should be named at unlock. */
  users: z.int(),
  /** Whether a recovery code would open the vault. */
  recovery: z.boolean(),
  /** Seconds until the next passphrase is tried; 0: at once. */
  waitSeconds: z.int(),
  /** Minutes without anything done after which the session ends; null while locked. */
  autoLockMinutes: z.int().nullable(),
})
export type VaultStatus = z.infer<typeof VaultStatusSchema>

/** What the administrator sets for all who use the vault. */
export const PolicySchema = z.object({
  /** Never off: a workstation left alone must not stay open (45 CFR 164.312(a)(2)(iii), automatic logoff). */
  autoLockMinutes: z.int().min(1).max(240),
  /** The desktop window is left out of screenshots, recordings and shared screens, where the system can do that. */
  screenProtection: z.boolean(),
})
export type Policy = z.infer<typeof PolicySchema>

/** Why a session ended. */
export const lockReasons = ['user', 'idle', 'system', 'revoked', 'closed'] as const
export type LockReason = (typeof lockReasons)[number]
export const VaultEventSchema = z.object({
  state: z.enum(['open', 'locked']),
  /** Null at the start and when a session begins. */
  reason: z.enum(lockReasons).nullable(),
})
export type VaultStateEvent = z.infer<typeof VaultEventSchema>

const SystemInfoSchema = z.object({
  app: z.string(),
  version: z.string(),
  node: z.string(),
  electron: z.string().nullable(),
  platform: z.string(),
  cores: z.int(),
  /** TensorFlow.js backend that neural nets train on, e.g. `tensorflow` (native), `wasm`. Null until asked for. */
  neuralBackend: z.string().nullable(),
  /** Of the open vault; empty while it is locked. */
  cipher: z.string(),
  /** Whether the processor has AES instructions, which make AEGIS-256 the quickest. */
  aes: z.boolean(),
})

export const PassphraseSchema = z.string().min(1).max(1024)

export const DisplayNameSchema = z.string().trim().min(1).max(200)
/** Letters and digits of any script, then also . _ - @; written as typed, compared without regard to case. */
export const LoginSchema = z
  .string()
  .trim()
  .max(64)
  .regex(/^[\p{L}\p{N}][\p{L}\p{N}._@-]*$/u, 'takes letters, digits and . _ - @')

export const vault = {
  status: procedure({
    access: 'anyone',
    audit: false,
    background: true,
    summary: 'Whether the vault exists, is locked or open',
  }).output(VaultStatusSchema),
  create: procedure({
    access: 'anyone',
    audit: 'vault.create',
    record: [],
    summary: 'Create the vault and its first administrator',
  })
    .input(
      z.object({
        displayName: DisplayNameSchema,
        passphrase: PassphraseSchema,
        login: LoginSchema.nullable().default(null),
        /** Null: the quickest authenticated one on this machine. */
        cipher: z.enum(ciphers).nullable().default(null),
      }),
    )
    .output(SessionSchema),
  unlock: procedure({
    access: 'anyone',
    audit: 'vault.unlock',
    record: [],
    summary: 'Open the vault with a passphrase',
  })
    .input(
      z.object({
        /** Login name or id; null: whoever's passphrase it is (one key derivation a user). */
        user: z.string().max(200).nullable().default(null),
        passphrase: PassphraseSchema,
      }),
    )
    .output(SessionSchema),
  recover: procedure({
    access: 'anyone',
    audit: 'vault.recover',
    record: [],
    summary: 'Open the vault with the code of a recovery kit, which is used up by it, and set a new passphrase',
  })
    .input(z.object({ code: z.string().max(200), passphrase: PassphraseSchema }))
    .output(SessionSchema),
  watch: procedure({
    access: 'anyone',
    audit: false,
    streams: true,
    background: true,
    summary: 'Follow whether this connection is signed in',
  }).output(eventIterator(VaultEventSchema)),
  active: procedure({
    access: everyone,
    audit: false,
    summary: 'Somebody is at the window: put off the automatic lock',
  }).output(z.object({})),
  policy: procedure({
    access: everyone,
    audit: false,
    background: true,
    summary: 'Settings of the whole vault',
  }).output(PolicySchema),
  setPolicy: procedure({
    access: administrators,
    audit: 'vault.setPolicy',
    record: [],
    summary: 'Change settings of the whole vault',
  })
    .input(PolicySchema.partial())
    .output(PolicySchema),
  lock: procedure({ access: everyone, audit: 'vault.lock', record: [], summary: 'Close the vault' }).output(
    z.object({}),
  ),
}

export const system = {
  info: procedure({
    access: 'anyone',
    audit: false,
    background: true,
    summary: 'Versions and capabilities of this installation',
  }).output(SystemInfoSchema),
}

export const settings = {
  get: procedure({
    access: everyone,
    audit: false,
    background: true,
    summary: 'Settings of the signed-in user',
  }).output(z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]))),
  set: procedure({ access: everyone, audit: false, summary: 'Change settings of the signed-in user' })
    .input(z.record(z.string().max(100), z.union([z.string().max(1000), z.number(), z.boolean()])))
    .output(z.object({})),
}
