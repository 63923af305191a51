import type { Job } from '../../contract/jobs.ts'
import type { Command } from '../command.ts'
import { UsageError } from '../failure.ts'
import { finish } from '../job.ts'
import { table, timeLeft } from '../terminal.ts'

const verbs = ['list', 'pause', 'resume', 'cancel'] as const

/** The beginning of an id is enough to name a job, as long as it is the only one with it. */
const named = (jobs: readonly Job[], given: string): Job => {
  const found = jobs.filter(({ job }) => job.startsWith(given))
  if (found.length === 1) return found[0] as Job
  throw new UsageError(
    found.length === 0
      ? `There is no job ${given}. See bedside jobs.`
      : `${found.length} jobs begin with ${given}; name one by more of its id.`,
  )
}

export const jobsCommand: Command = {
  name: 'jobs',
  operands: `[${verbs.join('|')}] [JOB]`,
  says: 'Show what ran, waits or was interrupted; take up what was interrupted (resume), a training from where it was',
  options: {},
  examples: ['jobs', 'jobs resume 3f2a', 'jobs cancel 3f2a'],
  unlocks: true,
  prepare: (_options, [verb = 'list', job]) => {
    if (!verbs.some((known) => known === verb))
      throw new UsageError(`jobs takes one of ${verbs.join(', ')}, not ${JSON.stringify(verb)}.`)
    if (verb !== 'list' && job === undefined)
      throw new UsageError(`jobs ${verb} needs the job; bedside jobs shows them.`)
    return async (run) => {
      const { client, terminal } = run
      const jobs = await client.jobs.list()
      if (verb === 'list') {
        const row = ({ job: id, kind, title, state, position, startedAt, endsAt, worked, resumable }: Job) => [
          id.slice(0, 8),
          kind,
          title,
          position === null ? state : `${state}, place ${position}`,
          startedAt.slice(0, 16).replace('T', ' '),
          endsAt === null ? (worked > 0 ? `${worked.toFixed(1)} s` : '') : timeLeft(endsAt),
          state === 'interrupted' && resumable ? `bedside jobs resume ${id.slice(0, 8)}` : '',
        ]
        return terminal.answer(
          jobs,
          jobs.length === 0
            ? ['There are no jobs.']
            : table(['job', 'kind', 'what', 'state', 'asked for', 'took', 'go on by'], jobs.map(row)),
        )
      }
      const { job: id, title } = named(jobs, job ?? '')
      if (verb === 'resume') {
        await client.jobs.resume({ job: id })
        const made = await finish(run, id)
        return terminal.answer({ job: id, ...made }, [
          typeof made.model === 'number' ? `${title} is done: model ${made.model}.` : `${title} is done.`,
        ])
      }
      await client.jobs[verb as 'pause' | 'cancel']({ job: id })
      terminal.answer({ job: id, [verb]: true }, [verb === 'pause' ? `${title} is paused.` : `${title} is cancelled.`])
    }
  },
}
