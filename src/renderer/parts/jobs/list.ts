import type { Job } from '../../../contract/jobs.ts'

/** Waiting, at work or paused: what has not ended. */
export const isActive = (job: Job): boolean => job.endedAt === null

/** The list with this job's newest state; a job not yet in it comes first. */
export const withJob = (jobs: readonly Job[], job: Job): Job[] =>
  jobs.some((other) => other.job === job.job)
    ? jobs.map((other) => (other.job === job.job ? job : other))
    : [job, ...jobs]

/** Seconds at work until now, waiting and pauses left out. */
export const secondsOf = ({ worked, workingSince }: Job, now: number): number =>
  worked + (workingSince === null ? 0 : Math.max(0, (now - Date.parse(workingSince)) / 1000))

/** Seconds left, in steps a person can use; null while nothing is known. */
export const secondsLeft = ({ endsAt }: Job, now: number): number | null => {
  if (endsAt === null) return null
  const left = Math.max(0, (Date.parse(endsAt) - now) / 1000)
  const step = left > 600 ? 60 : left > 120 ? 30 : left > 30 ? 10 : 5
  return Math.max(step, Math.ceil(left / step) * step)
}

/** Whether it waits behind a pause or in the queue: it was paused, and goes on when its turn comes. */
export const waitsToGoOn = ({ state, position }: Job): boolean => state === 'paused' && position !== null
