import { notAllowed } from '../../contract/errors.ts'
import { rulesOf } from '../jobs/specs.ts'
import { type Implementer, sessionOf } from './implementer.ts'
import type { Services } from './services.ts'

export const jobHandlers = (services: Pick<Services, 'jobs'>, os: Implementer) => ({
  jobs: {
    list: os.jobs.list.handler(() => services.jobs.list()),
    watch: os.jobs.watch.handler(({ input, signal }) => services.jobs.watch(input.job, signal)),
    pause: os.jobs.pause.handler(({ input }) => {
      services.jobs.pause(input.job)
      return {}
    }),
    resume: os.jobs.resume.handler(({ input, context }) => {
      const { user, role } = sessionOf(context)
      const { kind, state, title } = services.jobs.get(input.job)
      const { access } = rulesOf[kind]
      if (state === 'interrupted' && !access.includes(role))
        throw notAllowed('role', { role, act: title, needs: access })
      services.jobs.resume(input.job, user)
      return {}
    }),
    cancel: os.jobs.cancel.handler(({ input }) => {
      services.jobs.cancel(input.job)
      return {}
    }),
  },
})
