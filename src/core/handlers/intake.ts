import type { ImportReport } from '../../contract/intake.ts'
import { importFile, validateFile } from '../intake/import/importFile.ts'
import { previewFile } from '../intake/import/rowsThread.ts'
import type { JobContext, JobHandler } from '../jobs/runner.ts'
import { type Labels, labelsFrom } from '../terminology/labels.ts'
import { readCatalogues } from '../texts.ts'
import { listBatches, listRejectedRows, studyMappings, undoBatch } from '../vault/records/batches.ts'
import { listConcepts, plainConcept } from '../vault/records/concepts.ts'
import { listMappings } from '../vault/records/mappings.ts'
import { findStudy } from '../vault/records/studies.ts'
import { type Implementer, sessionOf } from './implementer.ts'
import type { Services } from './services.ts'

type Needs = Pick<Services, 'jobs' | 'options' | 'uploads' | 'vault'>

const follow =
  ({ report }: JobContext) =>
  ({ stage, progress, rows, rejected }: { stage: string; progress: number; rows: number; rejected: number }) =>
    report(stage, progress, { rows, rejected })

export const intakeHandlers = (services: Needs, os: Implementer) => {
  const read = () => services.vault().read
  const workerUrl = services.options.workers.rows
  let labels: Labels | null = null
  const labelsOf = () => {
    labels ??= labelsFrom(readCatalogues(services.options.resources))
    return labels
  }
  return {
    intake: {
      upload: os.intake.upload.handler(async ({ input }) => {
        const { upload, file, last } = input
        const bytes = new Uint8Array(await input.bytes.arrayBuffer())
        return services.uploads.append({ upload, file, bytes, last })
      }),
      preview: os.intake.preview.handler(async ({ input, signal }) => {
        const study = input.study === null ? undefined : findStudy(read(), input.study)
        const dictionary = study ? listConcepts(read(), study.id).map(plainConcept) : null
        const source = services.uploads.open(input.upload)
        const preview = await previewFile(
          {
            source,
            dictionary,
            before: study ? studyMappings(read(), study.id) : [],
            saved: listMappings(read()),
            labels: labelsOf(),
            ...(input.dialect ? { dialect: input.dialect } : {}),
          },
          { workerUrl, ...(signal ? { signal } : {}) },
        )
        return { ...preview, upload: input.upload }
      }),
      validate: os.intake.validate.handler(({ input, context }) => {
        const { job } = services.jobs.start({ kind: 'validate', input }, sessionOf(context).user)
        return { job }
      }),
      import: os.intake.import.handler(({ input, context }) => {
        const { job } = services.jobs.start({ kind: 'import', input }, sessionOf(context).user)
        return { job }
      }),
      batches: os.intake.batches.handler(() => listBatches(read())),
      rejections: os.intake.rejections.handler(({ input }) =>
        listRejectedRows(read(), input.batch, input.offset, input.limit),
      ),
      undo: os.intake.undo.handler(({ input, context }) =>
        services.vault().write((store) => undoBatch(store, input.batch, sessionOf(context).user)),
      ),
      mappings: os.intake.mappings.handler(() => listMappings(read())),
    },
  }
}

/** Checks of a file against a mapping, as jobs. */
export const validateJob = (services: Needs): JobHandler<'validate'> => ({
  title: ({ upload }) => services.uploads.open(upload).file,
  run: async ({ upload, study, mapping }, context) =>
    resultOf(
      await validateFile({
        source: services.uploads.open(upload),
        study,
        mapping,
        store: services.vault().read,
        signal: context.signal,
        workerUrl: services.options.workers.rows,
        onProgress: follow(context),
      }),
    ),
})

/** Imports of a file, as jobs. */
export const importJob = (services: Needs): JobHandler<'import'> => ({
  title: ({ upload }) => services.uploads.open(upload).file,
  run: async ({ upload, ...given }, context) => {
    const report = await importFile({
      ...given,
      vault: services.vault(),
      source: services.uploads.open(upload),
      user: context.user,
      signal: context.signal,
      workerUrl: services.options.workers.rows,
      onProgress: follow(context),
    })
    await services.uploads.discard(upload)
    return resultOf(report)
  },
})

const resultOf = (report: ImportReport): Record<string, unknown> => ({ ...report })
