import type { Job } from '../../../contract/jobs.ts'
import type { ReadStore, WriteStore } from '../store/store.ts'

export type StoredJob = Pick<
  Job,
  'job' | 'kind' | 'title' | 'state' | 'startedAt' | 'endedAt' | 'worked' | 'result' | 'failure'
> & {
  /** What it is to do (core/jobs/specs.ts), by which it can be begun again; null in some of before. */
  spec: unknown
  /** Null: Bedside by itself. */
  user: string | null
}

/** So many jobs that have ended are kept. */
const most = 200

/**
 * Keeps how a job stands or ended; one of the same id is replaced. What has ended for good keeps no units, and of what
 * ended long ago nothing is kept.
 */
export const saveJob = (store: WriteStore, job: StoredJob): void => {
  store.run(
    `INSERT INTO job (id, kind, title, state, spec, user, started_at, ended_at, worked, result, failure)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET state = excluded.state, spec = excluded.spec, started_at = excluded.started_at,
       ended_at = excluded.ended_at, worked = excluded.worked, result = excluded.result, failure = excluded.failure`,
    job.job,
    job.kind,
    job.title,
    job.state,
    job.spec === null ? null : JSON.stringify(job.spec),
    job.user,
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

/** Jobs of all times, newest first. Trainings of before had a design beside them in place of a spec. */
export const listJobs = (store: ReadStore, limit: number): StoredJob[] =>
  store
    .all<
      Omit<StoredJob, 'result' | 'failure' | 'spec'> & {
        result: string | null
        failure: string | null
        spec: string | null
      }
    >(
      `SELECT j.id AS job, j.kind, j.title, j.state, j.user, j.started_at AS startedAt, j.ended_at AS endedAt, j.worked,
         j.result, j.failure,
         coalesce(j.spec, iif(d.document IS NULL, NULL,
           json_object('kind', j.kind, 'input', json_object('design', json(d.document))))) AS spec
       FROM job j LEFT JOIN design d ON d.hash = j.design
       ORDER BY j.started_at DESC, j.rowid DESC LIMIT ?`,
      limit,
    )
    .map((row) => ({ ...row, spec: parsed(row.spec), result: parsed(row.result), failure: parsed(row.failure) }))

const parsed = <T>(text: string | null): T | null => (text === null ? null : (JSON.parse(text) as T))

/** Hash of the columns that a job had read when it was interrupted; null where it had not come so far. */
export const jobSnapshot = (store: ReadStore, job: string): string | null =>
  store.value<string | null>('SELECT snapshot_hash FROM job WHERE id = ?', job) ?? null

export const noteJobSnapshot = (store: WriteStore, job: string, hash: string): void => {
  store.run('UPDATE job SET snapshot_hash = ? WHERE id = ?', hash, job)
}

export const saveJobUnit = (store: WriteStore, job: string, key: string, bytes: Uint8Array): void => {
  store.run('INSERT INTO job_unit (job, key, bytes) VALUES (?, ?, ?) ON CONFLICT DO NOTHING', job, key, bytes)
}

export const jobUnits = (store: ReadStore, job: string): { key: string; bytes: Uint8Array }[] =>
  store.all('SELECT key, bytes FROM job_unit WHERE job = ? ORDER BY key', job)
