import type { Job } from '../../contract/jobs.ts'

export const isActive = (job: Job): boolean => job.state === 'queued' || job.state === 'running'

/** The list with this job's newest state; a job not yet in it comes first. */
export const withJob = (jobs: readonly Job[], job: Job): Job[] =>
  jobs.some((other) => other.job === job.job)
    ? jobs.map((other) => (other.job === job.job ? job : other))
    : [job, ...jobs]

/** Seconds since the start (until the end, where the job has ended). */
export const secondsOf = (job: Job, now: number): number =>
  Math.max(0, ((job.endedAt ? Date.parse(job.endedAt) : now) - Date.parse(job.startedAt)) / 1000)

/**
 * Seconds left at the pace so far, in steps a person can use; null while there is too little to go by (under a tenth of
 * the work or under three seconds).
 */
export const secondsLeft = (job: Job, now: number): number | null => {
  if (job.state !== 'running' || job.progress === null || job.progress < 0.1) return null
  const spent = secondsOf(job, now)
  if (spent < 3) return null
  const left = (spent / job.progress) * (1 - job.progress)
  const step = left > 120 ? 30 : left > 30 ? 10 : 5
  return Math.ceil(left / step) * step
}
