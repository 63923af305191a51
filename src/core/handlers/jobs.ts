import type { Core } from './core.ts'
import type { Implementer } from './implementer.ts'

export const jobHandlers = (core: Core, os: Implementer) => ({
  jobs: {
    list: os.jobs.list.handler(() => core.jobs.list()),
    watch: os.jobs.watch.handler(({ input, signal }) => core.jobs.watch(input.job, signal)),
    cancel: os.jobs.cancel.handler(({ input }) => {
      core.jobs.cancel(input.job)
      return {}
    }),
  },
})
