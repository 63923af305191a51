import { BedsideError, cancelled } from '../contract/errors.ts'
import type { Job } from '../contract/jobs.ts'
import type { Run } from './command.ts'

/**
 * Follows a job to its end and returns what it made. Throws its failure; an interrupt cancels it, and waits until
 * nothing of it is left.
 */
export const finish = async ({ client, terminal, signal }: Run, job: string): Promise<NonNullable<Job['result']>> => {
  const stop = () => void client.jobs.cancel({ job }).catch(() => {})
  signal.addEventListener('abort', stop)
  if (signal.aborted) stop()
  try {
    let last: Job | null = null
    for await (const state of await client.jobs.watch({ job })) {
      last = state
      if (state.state === 'running') terminal.progress(state)
    }
    terminal.clearProgress()
    if (last?.state === 'interrupted') throw cancelled('interrupted', { job: job.slice(0, 8) })
    if (last?.state === 'cancelled') throw cancelled('nothingKept')
    if (last?.failure) throw new BedsideError(last.failure)
    if (last?.state !== 'done') throw new Error('The job ended without saying how')
    return last.result ?? {}
  } finally {
    signal.removeEventListener('abort', stop)
  }
}
