import { makeSigningKey } from '../../audit/signing.ts'
import type { Migration } from './migration.ts'

export const signingKey: Migration = {
  version: 2,
  title: 'Signing key and checkpoints of the audit log',
  sql: `
-- public_key: SPKI, DER, base64; private_key: PKCS#8, DER.
CREATE TABLE signing_key (
  fingerprint TEXT PRIMARY KEY,
  public_key TEXT NOT NULL,
  private_key BLOB NOT NULL,
  created_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- document: the signed checkpoint as canonical JSON, the same text as its line in checkpoints.jsonl beside the vault.
CREATE TABLE checkpoint (
  number INTEGER PRIMARY KEY,
  count INTEGER NOT NULL,
  at TEXT NOT NULL,
  document TEXT NOT NULL CHECK (json_valid(document))
) STRICT;
CREATE TRIGGER checkpoint_appends_only BEFORE INSERT ON checkpoint
WHEN NEW.number IS NOT (SELECT coalesce(max(number), 0) + 1 FROM checkpoint)
BEGIN SELECT RAISE(ABORT, 'checkpoints are only ever appended'); END;
CREATE TRIGGER checkpoint_never_changes BEFORE UPDATE ON checkpoint
BEGIN SELECT RAISE(ABORT, 'checkpoints are only ever appended'); END;
CREATE TRIGGER checkpoint_never_shrinks BEFORE DELETE ON checkpoint
BEGIN SELECT RAISE(ABORT, 'checkpoints are only ever appended'); END;
`,
  code: makeSigningKey,
}
