import type { Failure } from '../../contract/errors.ts'
import type { Job } from '../../contract/jobs.ts'
import type { ReadStore, WriteStore } from './store.ts'

export type StoredJob = Pick<Job, 'job' | 'kind' | 'title' | 'state' | 'startedAt' | 'endedAt' | 'result' | 'failure'>

/** Keeps how a job ended (or stands); one of the same id is replaced. */
export const saveJob = (store: WriteStore, job: StoredJob, user: string | null, design: string | null = null): void => {
  store.run(
    `INSERT INTO job (id, kind, title, state, design, user, started_at, ended_at, result, failure)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET state = excluded.state, ended_at = excluded.ended_at, result = excluded.result,
       failure = excluded.failure`,
    job.job,
    job.kind,
    job.title,
    job.state,
    design,
    user,
    job.startedAt,
    job.endedAt,
    job.result === null ? null : JSON.stringify(job.result),
    job.failure === null ? null : JSON.stringify(job.failure),
  )
}

/** Jobs of all times, newest first. */
export const listJobs = (store: ReadStore, limit: number): StoredJob[] =>
  store
    .all<Omit<StoredJob, 'result' | 'failure'> & { result: string | null; failure: string | null }>(
      `SELECT id AS job, kind, title, state, started_at AS startedAt, ended_at AS endedAt, result, failure
       FROM job ORDER BY started_at DESC, rowid DESC LIMIT ?`,
      limit,
    )
    .map((row) => ({
      ...row,
      result: row.result === null ? null : (JSON.parse(row.result) as Job['result']),
      failure: row.failure === null ? null : (JSON.parse(row.failure) as Failure),
    }))
