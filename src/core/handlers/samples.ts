import { notFound } from '../../contract/errors.ts'
import type { Core } from './core.ts'
import type { Implementer } from './implementer.ts'

export const sampleHandlers = (core: Core, os: Implementer) => ({
  samples: {
    list: os.samples.list.handler(() => []),
    load: os.samples.load.handler(() => {
      throw notFound('samples', `There are no samples in ${core.options.resources}.`)
    }),
  },
})
