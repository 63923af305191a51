import { eventIterator } from '@orpc/contract'
import * as z from 'zod'
import { everyone, procedure } from './procedure.ts'

const AuditEntrySchema = z.object({
  sequence: z.int(),
  at: z.string(),
  actor: z.string(),
  act: z.string(),
  record: z.string().nullable(),
  outcome: z.string(),
})

/** Which entries; a field left out asks for nothing. */
export const AuditFilterSchema = z.object({
  /** Id or display name of the user, `system`, or `unknown` (who did not get in). */
  actor: z.string().max(200).optional(),
  /** An act (`patient.read`), or all of a kind (`patient`). */
  act: z.string().max(100).optional(),
  /** A record the entry names: `patient/17`. */
  record: z.string().max(200).optional(),
  /** An outcome (`done`, `failed: wrongPassphrase`), or all of a kind (`failed`). */
  outcome: z.string().max(100).optional(),
  /** First moment, ISO 8601; a day (`2026-03-01`) begins at midnight UTC. */
  from: z.string().max(40).optional(),
  /** Last moment, included; a day counts whole. */
  to: z.string().max(40).optional(),
})
export type AuditFilter = z.infer<typeof AuditFilterSchema>

export const checkpointReasons = ['interval', 'lock', 'export', 'backup', 'restore', 'asked'] as const

/**
 * Count of entries and the hash of the last at one moment, signed with the vault's Ed25519 key over the canonical JSON
 * (keys in code-unit order, no white space) of all other fields.
 */
export const CheckpointSchema = z.strictObject({
  format: z.literal('bedside-audit-checkpoint'),
  version: z.literal(1),
  /** Id of the vault. */
  vault: z.uuid(),
  /** 1 for the vault's first, then without a gap. */
  number: z.int().min(1),
  count: z.int().min(0),
  /** SHA-256 of entry `count`, in hexadecimal; empty where there is none. */
  head: z.string().regex(/^([0-9a-f]{64})?$/),
  at: z.string(),
  reason: z.enum(checkpointReasons),
  /** SHA-256 of the public key (SPKI, DER), in hexadecimal. */
  key: z.string().regex(/^[0-9a-f]{64}$/),
  /** The public key, SPKI, DER, in base64. */
  publicKey: z.string().max(200),
  /** Ed25519, in base64. */
  signature: z.string().max(200),
})
export type Checkpoint = z.infer<typeof CheckpointSchema>

export const auditFaults = [
  'edited',
  'deleted',
  'inserted',
  'reordered',
  'rewritten',
  'cutTail',
  'olderCopy',
  'signatureWrong',
  'checkpointMissing',
] as const

export const FindingSchema = z.object({
  fault: z.enum(auditFaults),
  /** First and last entry concerned; null where no entry is. */
  from: z.int().nullable(),
  to: z.int().nullable(),
  /** Number of the checkpoint concerned. */
  checkpoint: z.int().nullable(),
  /** One English sentence. */
  message: z.string(),
})
export type Finding = z.infer<typeof FindingSchema>

export const VerdictSchema = z.object({
  intact: z.boolean(),
  /** Entries read. */
  count: z.int(),
  /** Hash of the last. */
  head: z.string(),
  /** Fingerprint of the key the checkpoints were held against. */
  key: z.string(),
  /** Checkpoints in the vault, beside it, and given to hold it against. */
  checkpoints: z.object({ inside: z.int(), outside: z.int(), against: z.int() }),
  /** The first hundred. */
  findings: z.array(FindingSchema),
  /** How many there are. */
  found: z.int(),
  seconds: z.number(),
})
export type Verdict = z.infer<typeof VerdictSchema>

const SigningKeySchema = z.object({
  algorithm: z.literal('ed25519'),
  /** SHA-256 of the public key (SPKI, DER), in hexadecimal. */
  fingerprint: z.string(),
  /** PEM. */
  publicKey: z.string(),
  createdAt: z.string(),
})

const auditors = ['administrator', 'auditor'] as const

export const audit = {
  list: procedure({ access: auditors, audit: 'audit.read', record: [], summary: 'Audit log, newest first' })
    .input(
      AuditFilterSchema.extend({
        before: z.int().nullable().default(null),
        limit: z.int().min(1).max(1000).default(100),
      }),
    )
    .output(
      z.object({
        entries: z.array(AuditEntrySchema),
        /** Entries in the log. */
        total: z.int(),
        /** Entries that fit the filter. */
        matching: z.int(),
      }),
    ),
  export: procedure({
    access: auditors,
    audit: 'audit.export',
    record: [],
    streams: true,
    summary: 'Audit log with its hashes as CSV or JSON Lines, oldest first',
  })
    .input(AuditFilterSchema.extend({ format: z.enum(['csv', 'jsonl']).default('csv') }))
    .output(eventIterator(z.string())),
  verify: procedure({
    access: auditors,
    audit: 'audit.verify',
    record: [],
    summary: 'Whether the audit log is whole: every hash, every checkpoint; names what is wrong',
  })
    .input(z.object({ against: z.array(CheckpointSchema).max(10_000).default([]) }).default({ against: [] }))
    .output(VerdictSchema),
  checkpoint: procedure({
    access: auditors,
    audit: 'audit.checkpoint',
    record: [],
    summary:
      'A signed checkpoint of the audit log, to be kept elsewhere; puts back checkpoints missing beside the vault',
  }).output(z.object({ checkpoint: CheckpointSchema, restored: z.int() })),
  checkpoints: procedure({
    access: auditors,
    // Counts and hashes, which whoever may read the log has anyway.
    audit: false,
    summary: 'Checkpoints in the vault, newest first',
  })
    .input(
      z.object({
        /** Those with a smaller number; null: from the newest. */
        before: z.int().nullable().default(null),
        limit: z.int().min(1).max(1000).default(50),
      }),
    )
    .output(z.object({ checkpoints: z.array(CheckpointSchema), total: z.int() })),
  terms: procedure({
    access: auditors,
    audit: false,
    summary: 'What the log can be searched for: users by id and name, and every act',
  }).output(
    z.object({
      actors: z.array(z.object({ actor: z.string(), displayName: z.string() })),
      acts: z.array(z.string()),
    }),
  ),
  status: procedure({
    access: auditors,
    audit: false,
    background: true,
    summary: 'Length of the log, its newest checkpoint, and what was wrong with it when the vault was opened',
  }).output(
    z.object({
      entries: z.int(),
      checkpoint: CheckpointSchema.nullable(),
      alarms: z.array(FindingSchema),
    }),
  ),
  key: procedure({ access: everyone, audit: false, summary: "The vault's public signing key" }).output(
    SigningKeySchema,
  ),
}
