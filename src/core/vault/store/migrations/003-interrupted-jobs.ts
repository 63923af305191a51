import type { Migration } from './migration.ts'

export const interruptedJobs: Migration = {
  version: 3,
  title: 'Jobs that can be interrupted and taken up again',
  sql: `
-- snapshot: hash of the columns that an interrupted training had read; not a reference, for they are kept with the model alone.
CREATE TABLE job_now (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  title TEXT NOT NULL,
  state TEXT NOT NULL
    CHECK (state IN ('queued', 'running', 'paused', 'done', 'failed', 'cancelled', 'interrupted')),
  design TEXT REFERENCES design,
  snapshot_hash TEXT,
  user TEXT REFERENCES user,
  started_at TEXT NOT NULL,
  ended_at TEXT,
  worked REAL NOT NULL DEFAULT 0,
  result TEXT CHECK (result IS NULL OR json_valid(result)),
  failure TEXT CHECK (failure IS NULL OR json_valid(failure))
) STRICT;
INSERT INTO job_now (id, kind, title, state, design, user, started_at, ended_at, result, failure)
  SELECT id, kind, title, state, design, user, started_at, ended_at, result, failure FROM job;
DROP TABLE job;
ALTER TABLE job_now RENAME TO job;

-- What an interrupted training had finished: fits, by a hash of all that decides them.
CREATE TABLE job_unit (
  job TEXT NOT NULL REFERENCES job ON DELETE CASCADE,
  key TEXT NOT NULL,
  bytes BLOB NOT NULL,
  PRIMARY KEY (job, key)
) STRICT;
`,
}
