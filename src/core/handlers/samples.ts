import { notFound } from '../../contract/errors.ts'
import { listSamples } from '../intake/import/samples.ts'
import { isLoaded } from '../models/samples.ts'
import { type Implementer, sessionOf } from './implementer.ts'
import type { Services } from './services.ts'

type Needs = Pick<Services, 'jobs' | 'options' | 'vault'>

export const sampleHandlers = (services: Needs, os: Implementer) => {
  const { resources } = services.options
  return {
    samples: {
      list: os.samples.list.handler(() =>
        listSamples(resources).map(({ file: _file, dictionary: _dictionary, ...sample }) => ({
          ...sample,
          loaded: isLoaded(services.vault().read, sample.name),
        })),
      ),
      load: os.samples.load.handler(({ input, context }) => {
        const known = listSamples(resources).map(({ name }) => name)
        const clinic = listSamples(resources).flatMap((sample) => (sample.clinic ? [sample.name] : []))
        const names = input.names ?? clinic
        const unknown = names.find((name) => !known.includes(name))
        if (unknown !== undefined) throw notFound('sample', { sample: unknown })
        const { job } = services.jobs.start(
          { kind: 'samples', input: { names, train: input.train, language: input.language } },
          sessionOf(context).user,
        )
        return { job }
      }),
    },
  }
}
