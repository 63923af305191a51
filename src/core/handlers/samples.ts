import type { StudyDesign } from '../../contract/design.ts'
import { notFound } from '../../contract/errors.ts'
import type { Language } from '../../contract/languages.ts'
import { textIn } from '../../contract/values.ts'
import { importFile } from '../intake/import/importFile.ts'
import { listSamples, openSample, starterDesigns } from '../intake/import/samples.ts'
import type { JobContext, JobHandler } from '../jobs/runner.ts'
import type { JobInput } from '../jobs/specs.ts'
import { trainModel } from '../models/train.ts'
import { listModels } from '../vault/models/models.ts'
import { findStudy } from '../vault/records/studies.ts'
import { type Implementer, sessionOf } from './implementer.ts'
import { fileReader } from './intake.ts'
import type { Services } from './services.ts'

type Needs = Pick<Services, 'jobs' | 'neuralBackend' | 'options' | 'transport' | 'vault'>

/** Loading takes about a fifth of the time of loading and training. */
const shareOfLoading = 0.2

const isLoaded = (services: Needs, name: string): boolean => (findStudy(services.vault().read, name)?.cases ?? 0) > 0

/** The sample clinic, as a job: cohorts that are not there yet, and starter models trained on them. */
export const samplesJob = (services: Needs): JobHandler<'samples'> => {
  const { resources, worker } = services.options
  const read = () => services.vault().read

  const loadOne = async (name: string, language: Language, context: JobContext) => {
    const { entry, source, mapping } = openSample(resources, name)
    const { title, source: origin, licence } = entry
    await importFile({
      vault: services.vault(),
      source,
      study: name,
      about: { title: textIn(title, language), source: `${origin} (${licence})` },
      mapping,
      user: context.user,
      signal: context.signal,
      workerUrl: fileReader(worker),
    })
  }

  /** Starter models that are not there yet, so that loading twice trains nothing twice. */
  const toTrain = (wanted: readonly string[], language: Language): StudyDesign[] => {
    const trained = new Set(listModels(read()).map(({ name, study }) => `${study}/${name}`))
    return starterDesigns(resources, wanted)
      .filter(({ design, names }) => !Object.values(names).some((name) => trained.has(`${design.study}/${name}`)))
      .map(({ design, names }) => ({ ...design, name: textIn(names, language) }))
  }

  const load = async ({ names, train, language }: JobInput<'samples'>, context: JobContext) => {
    const missing = names.filter((name) => !isLoaded(services, name))
    const share = train ? shareOfLoading : 1
    for (const [at, name] of missing.entries()) {
      context.report('loadingSample', (share * at) / missing.length, { study: name })
      await loadOne(name, language, context)
    }
    const designs = train ? toTrain(names, language) : []
    const models: number[] = []
    for (const [at, design] of designs.entries()) {
      const report: JobContext['report'] = (_stage, progress) =>
        context.report('trainingStarter', share + ((1 - share) * (at + (progress ?? 0))) / designs.length, {
          model: design.name,
          number: at + 1,
          of: designs.length,
        })
      const { model } = await trainModel(services, design, context.user, { ...context, report })
      models.push(model)
    }
    return { studies: missing, models }
  }

  return { title: () => 'Sample clinic', run: load }
}

export const sampleHandlers = (services: Needs, os: Implementer) => {
  const { resources } = services.options
  return {
    samples: {
      list: os.samples.list.handler(() =>
        listSamples(resources).map(({ file: _file, dictionary: _dictionary, ...sample }) => ({
          ...sample,
          loaded: isLoaded(services, sample.name),
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
