import { eventIterator } from '@orpc/contract'
import * as z from 'zod'
import { administrators, procedure } from './procedure.ts'
import { SaidSchema } from './said.ts'

/** Parts of a backup besides its manifest. Not named as in a vault, so that nobody opens a backup and changes it. */
export const backupParts = ['database.bedside', 'keys.json', 'checkpoints.jsonl'] as const
export const backupReasons = ['asked', 'scheduled'] as const

/**
 * What a backup is made of and what it has to be after a restore, signed with the vault's Ed25519 key over the
 * canonical JSON (keys in code-unit order, no white space) of all fields but the signature.
 */
export const BackupManifestSchema = z.strictObject({
  format: z.literal('bedside-backup'),
  version: z.literal(1),
  backup: z.uuid(),
  /** Id of the vault. */
  vault: z.uuid(),
  createdAt: z.string(),
  reason: z.enum(backupReasons),
  /** Build of Bedside that made it. */
  build: z.string(),
  cipher: z.string(),
  schemaVersion: z.int().min(1),
  files: z
    .array(z.strictObject({ name: z.enum(backupParts), bytes: z.int().min(0), sha256: z.string() }))
    .length(backupParts.length),
  /** SHA-256 over one line of JSON a row, in the order of the key; bytes as `["sha256", their hash]`. */
  tables: z.array(z.strictObject({ name: z.string(), rows: z.int().min(0), sha256: z.string() })),
  /** Entries of the audit log, and the hash of the last. */
  audit: z.strictObject({ count: z.int().min(0), head: z.string() }),
  /** SHA-256 of the public key (SPKI, DER), in hexadecimal. */
  key: z.string(),
  /** SPKI, DER, base64. */
  publicKey: z.string(),
  signature: z.string(),
})
export type BackupManifest = z.infer<typeof BackupManifestSchema>

export const BackupEntrySchema = z.object({
  path: z.string(),
  /** `damaged`, `newer`: only as far as the manifest tells; verify looks at every byte. */
  state: z.enum(['complete', 'damaged', 'newer']),
  backup: z.string().nullable(),
  vault: z.string().nullable(),
  /** Whether it is one of the vault that is open. */
  own: z.boolean(),
  createdAt: z.string().nullable(),
  reason: z.enum(backupReasons).nullable(),
  bytes: z.number(),
  entries: z.int().nullable(),
})
export type BackupEntry = z.infer<typeof BackupEntrySchema>

export const BackupScheduleSchema = z.object({
  /** Folder for backups; null: none was chosen. */
  folder: z.string().min(1).max(4096).nullable(),
  /** A backup every so many hours while the vault is open; 0: never by itself. */
  everyHours: z
    .number()
    .min(0)
    .max(24 * 90),
  /** So many scheduled backups are kept; those that were asked for are never removed. */
  keep: z.int().min(1).max(1000),
})
export type BackupSchedule = z.infer<typeof BackupScheduleSchema>

export const RestoreEventSchema = z.object({
  stage: z.enum(['readingKeys', 'copying', 'comparing', 'verifying', 'done']),
  progress: z.number().nullable(),
  /** At the end alone. */
  result: z
    .object({
      vault: z.string(),
      path: z.string(),
      backup: z.string(),
      createdAt: z.string(),
      tables: z.array(z.object({ name: z.string(), rows: z.int(), same: z.boolean() })),
      /** Faults of the audit log as it was backed up; none: it is whole. */
      auditFaults: z.array(z.string()),
      entries: z.int(),
    })
    .nullable(),
})
export type RestoreEvent = z.infer<typeof RestoreEventSchema>

const PathSchema = z.string().min(1).max(4096)

export const backup = {
  create: procedure({
    access: administrators,
    audit: 'backup.start',
    record: [],
    summary: 'Make a backup while the vault is in use',
  })
    .input(z.object({ folder: PathSchema.nullable().default(null) }))
    .output(z.object({ job: z.string() })),
  list: procedure({ access: administrators, audit: false, summary: 'Backups in a folder, newest first' })
    .input(z.object({ folder: PathSchema.nullable().default(null) }))
    .output(z.array(BackupEntrySchema)),
  verify: procedure({
    access: administrators,
    audit: 'backup.verify',
    record: [],
    summary: 'Check every byte of a backup',
  })
    .input(z.object({ path: PathSchema }))
    .output(z.object({ job: z.string() })),
  settings: procedure({
    access: administrators,
    audit: false,
    background: true,
    summary: 'When backups are made by themselves, and how the last went',
  }).output(
    BackupScheduleSchema.extend({
      lastAt: z.string().nullable(),
      lastPath: z.string().nullable(),
      /** One sentence; null: the last went well, or there was none. */
      lastFailure: z.string().nullable(),
      /** Its text; absent where it was stored as a sentence. */
      lastFailureSaid: SaidSchema.nullish(),
      nextAt: z.string().nullable(),
    }),
  ),
  schedule: procedure({
    access: administrators,
    audit: 'backup.schedule',
    record: [],
    summary: 'Change when backups are made',
  })
    .input(BackupScheduleSchema.partial())
    .output(BackupScheduleSchema),
  restore: procedure({
    access: 'anyone',
    audit: 'backup.restore',
    record: [],
    streams: true,
    summary: 'Restore a backup to a new place, and compare it with what was backed up; needs a passphrase of that time',
  })
    .input(
      z.object({
        path: PathSchema,
        /**
         * Folder for the restored vault; null: where this installation keeps its vault. Another needs an administrator.
         */
        into: PathSchema.nullable().default(null),
        user: z.string().max(200).nullable().default(null),
        passphrase: z.string().min(1).max(1024),
      }),
    )
    .output(eventIterator(RestoreEventSchema)),
}
