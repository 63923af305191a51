import type { Core } from './core.ts'
import { type Implementer, sessionOf } from './implementer.ts'
import { resumeTraining } from './training.ts'

export const jobHandlers = (core: Core, os: Implementer) => ({
  jobs: {
    list: os.jobs.list.handler(() => core.jobs.list()),
    watch: os.jobs.watch.handler(({ input, signal }) => core.jobs.watch(input.job, signal)),
    pause: os.jobs.pause.handler(({ input }) => {
      core.jobs.pause(input.job)
      return {}
    }),
    resume: os.jobs.resume.handler(({ input, context }) => {
      if (core.jobs.get(input.job).state === 'interrupted') resumeTraining(core, input.job, sessionOf(context).user)
      else core.jobs.resume(input.job)
      return {}
    }),
    cancel: os.jobs.cancel.handler(({ input }) => {
      core.jobs.cancel(input.job)
      return {}
    }),
  },
})
