import { notAllowed } from '../../contract/errors.ts'
import { rulesOf } from '../jobs/specs.ts'
import type { Core } from '../session/core.ts'
import { type Implementer, sessionOf } from './implementer.ts'

export const jobHandlers = (core: Core, os: Implementer) => ({
  jobs: {
    list: os.jobs.list.handler(() => core.jobs.list()),
    watch: os.jobs.watch.handler(({ input, signal }) => core.jobs.watch(input.job, signal)),
    pause: os.jobs.pause.handler(({ input }) => {
      core.jobs.pause(input.job)
      return {}
    }),
    resume: os.jobs.resume.handler(({ input, context }) => {
      const { user, role } = sessionOf(context)
      const { kind, state, title } = core.jobs.get(input.job)
      const { access } = rulesOf[kind]
      if (state === 'interrupted' && !access.includes(role))
        throw notAllowed('role', { role, act: title, needs: access })
      core.jobs.resume(input.job, user)
      return {}
    }),
    cancel: os.jobs.cancel.handler(({ input }) => {
      core.jobs.cancel(input.job)
      return {}
    }),
  },
})
