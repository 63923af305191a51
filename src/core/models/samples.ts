import type { StudyDesign } from '../../contract/design.ts'
import type { Language } from '../../contract/languages.ts'
import { textIn } from '../../contract/values.ts'
import { importFile } from '../intake/import/importFile.ts'
import { openSample, starterDesigns } from '../intake/import/samples.ts'
import type { JobContext, JobHandler } from '../jobs/runner.ts'
import type { JobInput } from '../jobs/specs.ts'
import { listModels } from '../vault/models/models.ts'
import { findStudy } from '../vault/records/studies.ts'
import type { ReadStore } from '../vault/store/store.ts'
import type { ModelServices } from './services.ts'
import { trainModel } from './train.ts'

interface SampleFiles {
  /** Folder of the bundled samples and their dictionaries. */
  resources: string
  /** The thread that reads files. */
  workerUrl: URL
}

/** Loading takes about a fifth of the time of loading and training. */
const shareOfLoading = 0.2

export const isLoaded = (store: ReadStore, name: string): boolean => (findStudy(store, name)?.cases ?? 0) > 0

/** The sample clinic, as a job: cohorts that are not there yet, and starter models trained on them. */
export const samplesJob = (services: ModelServices, { resources, workerUrl }: SampleFiles): JobHandler<'samples'> => {
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
      workerUrl,
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
    const missing = names.filter((name) => !isLoaded(read(), name))
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
