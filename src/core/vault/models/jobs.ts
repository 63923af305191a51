import type { Failure } from '../../../contract/errors.ts'
import type { Job } from '../../../contract/jobs.ts'
import type { ReadStore, WriteStore } from '../store/store.ts'
import { saveDesign } from './models.ts'

export type StoredJob = Pick<
  Job,
  'job' | 'kind' | 'title' | 'state' | 'startedAt' | 'endedAt' | 'worked' | 'result' | 'failure'
> & {
  /** Whether a design is kept with it, by which it can be taken up again. */
  designed: boolean
}

/** So many jobs that have ended are kept. */
const most = 200

/**
 * Keeps how a job stands or ended; one of the same id is replaced. What has ended for good keeps no units, and of what ended long
 * ago nothing is kept.
 */
export const saveJob = (
  store: WriteStore,
  job: Omit<StoredJob, 'designed'>,
  { user = null, design }: { user?: string | null; design?: unknown } = {},
): void => {
  store.run(
    `INSERT INTO job (id, kind, title, state, design, user, started_at, ended_at, worked, result, failure)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET state = excluded.state, started_at = excluded.started_at,
       ended_at = excluded.ended_at, worked = excluded.worked, result = excluded.result, failure = excluded.failure`,
    job.job,
    job.kind,
    job.title,
    job.state,
    design === undefined ? null : saveDesign(store, design),
    user,
    job.startedAt,
    job.endedAt,
    job.worked,
    job.result === null ? null : JSON.stringify(job.result),
    job.failure === null ? null : JSON.stringify(job.failure),
  )
  if (job.endedAt === null || job.state === 'interrupted') return
  store.run('DELETE FROM job_unit WHERE job = ?', job.job)
  store.run(
    `DELETE FROM job WHERE state IN ('done', 'failed', 'cancelled') AND id NOT IN (
       SELECT id FROM job ORDER BY started_at DESC, rowid DESC LIMIT ?)`,
    most,
  )
}

/** At opening: what still waits or runs by the table was cut off when Bedside last ended. */
export const interruptJobs = (store: WriteStore): number =>
  store.run(
    `UPDATE job SET state = 'interrupted', ended_at = ? WHERE state IN ('queued', 'running', 'paused')`,
    new Date().toISOString(),
  )

/** Jobs of all times, newest first. */
export const listJobs = (store: ReadStore, limit: number): StoredJob[] =>
  store
    .all<
      Omit<StoredJob, 'result' | 'failure' | 'designed'> & {
        result: string | null
        failure: string | null
        designed: number
      }
    >(
      `SELECT id AS job, kind, title, state, started_at AS startedAt, ended_at AS endedAt, worked, result, failure,
         design IS NOT NULL AS designed
       FROM job ORDER BY started_at DESC, rowid DESC LIMIT ?`,
      limit,
    )
    .map((row) => ({
      ...row,
      designed: row.designed === 1,
      result: row.result === null ? null : (JSON.parse(row.result) as Job['result']),
      failure: row.failure === null ? null : (JSON.parse(row.failure) as Failure),
    }))

/** By what a job was begun, and the hash of the columns it had read; undefined where it had not come so far. */
export const jobDesign = (store: ReadStore, job: string): { design: unknown; snapshot: string | null } | undefined => {
  const found = store.get<{ document: string; snapshot: string | null }>(
    'SELECT d.document, j.snapshot_hash AS snapshot FROM job j JOIN design d ON d.hash = j.design WHERE j.id = ?',
    job,
  )
  return found && { design: JSON.parse(found.document), snapshot: found.snapshot }
}

export const noteJobSnapshot = (store: WriteStore, job: string, hash: string): void => {
  store.run('UPDATE job SET snapshot_hash = ? WHERE id = ?', hash, job)
}

export const saveJobUnit = (store: WriteStore, job: string, key: string, bytes: Uint8Array): void => {
  store.run('INSERT INTO job_unit (job, key, bytes) VALUES (?, ?, ?) ON CONFLICT DO NOTHING', job, key, bytes)
}

export const jobUnits = (store: ReadStore, job: string): { key: string; bytes: Uint8Array }[] =>
  store.all('SELECT key, bytes FROM job_unit WHERE job = ? ORDER BY key', job)
