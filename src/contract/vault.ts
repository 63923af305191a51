import * as z from 'zod'
import { everyone, procedure, roles } from './procedure.ts'

export const SessionSchema = z.object({ user: z.string(), displayName: z.string(), role: z.enum(roles) })
export type Session = z.infer<typeof SessionSchema>

export const VaultStatusSchema = z.object({
  state: z.enum(['absent', 'locked', 'open']),
  /** Folder of the vault on this machine. */
  path: z.string(),
  session: SessionSchema.nullable(),
  schemaVersion: z.int().nullable(),
})

export const SystemInfoSchema = z.object({
  app: z.string(),
  version: z.string(),
  node: z.string(),
  electron: z.string().nullable(),
  platform: z.string(),
  cores: z.int(),
  /** TensorFlow.js backend that neural nets train on, e.g. `tensorflow` (native), `wasm`. Null until asked for. */
  neuralBackend: z.string().nullable(),
  cipher: z.string(),
})

const PassphraseSchema = z.string().min(1).max(1024)

export const vault = {
  status: procedure({ access: 'anyone', audit: false, summary: 'Whether the vault exists, is locked or open' }).output(
    VaultStatusSchema,
  ),
  create: procedure({
    access: 'anyone',
    audit: 'vault.create',
    summary: 'Create the vault and its first administrator',
  })
    .input(z.object({ displayName: z.string().trim().min(1).max(200), passphrase: PassphraseSchema }))
    .output(SessionSchema),
  unlock: procedure({ access: 'anyone', audit: 'vault.unlock', summary: 'Open the vault with a passphrase' })
    .input(z.object({ user: z.string().nullable().default(null), passphrase: PassphraseSchema }))
    .output(SessionSchema),
  lock: procedure({ access: everyone, audit: 'vault.lock', summary: 'Close the vault' }).output(z.object({})),
}

export const system = {
  info: procedure({ access: 'anyone', audit: false, summary: 'Versions and capabilities of this installation' }).output(
    SystemInfoSchema,
  ),
}

export const AuditEntrySchema = z.object({
  sequence: z.int(),
  at: z.string(),
  actor: z.string(),
  act: z.string(),
  record: z.string().nullable(),
  outcome: z.string(),
})

export const audit = {
  list: procedure({ access: ['administrator', 'auditor'], audit: 'audit.read', summary: 'Audit log, newest first' })
    .input(z.object({ before: z.int().nullable().default(null), limit: z.int().min(1).max(1000).default(100) }))
    .output(z.object({ entries: z.array(AuditEntrySchema), total: z.int() })),
}

export const settings = {
  get: procedure({ access: everyone, audit: false, summary: 'Settings of the signed-in user' }).output(
    z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  ),
  set: procedure({ access: everyone, audit: false, summary: 'Change settings of the signed-in user' })
    .input(z.record(z.string().max(100), z.union([z.string().max(1000), z.number(), z.boolean()])))
    .output(z.object({})),
}
