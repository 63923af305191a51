import type { ImportReport } from '../../contract/intake.ts'
import { importFile, validateFile } from '../intake/import/importFile.ts'
import { previewFile } from '../intake/import/rowsThread.ts'
import type { JobContext } from '../jobs/runner.ts'
import { listBatches, listRejectedRows, studyMappings, undoBatch } from '../vault/records/batches.ts'
import { listConcepts, plainConcept } from '../vault/records/concepts.ts'
import { listMappings } from '../vault/records/mappings.ts'
import { findStudy } from '../vault/records/studies.ts'
import type { Core } from './core.ts'
import { type Implementer, sessionOf } from './implementer.ts'

const follow =
  ({ report }: JobContext) =>
  ({ stage, progress, rows, rejected }: { stage: string; progress: number; rows: number; rejected: number }) =>
    report(stage, progress, { rows, rejected })

/** The thread that reads files lies beside the workers: in the sources in its room, bundled in the same folder. */
export const fileReader = (worker: URL): URL =>
  new URL(worker.pathname.endsWith('.ts') ? '../intake/import/rowsWorker.ts' : './rowsWorker.js', worker)

export const intakeHandlers = (core: Core, os: Implementer) => {
  const read = () => core.vault().read
  const workerUrl = fileReader(core.options.worker)
  return {
    intake: {
      upload: os.intake.upload.handler(async ({ input }) => {
        const { upload, file, last } = input
        const bytes = new Uint8Array(await input.bytes.arrayBuffer())
        return core.uploads.append({ upload, file, bytes, last })
      }),
      preview: os.intake.preview.handler(async ({ input, signal }) => {
        const study = input.study === null ? undefined : findStudy(read(), input.study)
        const dictionary = study ? listConcepts(read(), study.id).map(plainConcept) : null
        const source = core.uploads.open(input.upload)
        const preview = await previewFile(
          {
            source,
            dictionary,
            before: study ? studyMappings(read(), study.id) : [],
            saved: listMappings(read()),
            ...(input.dialect ? { dialect: input.dialect } : {}),
          },
          { workerUrl, ...(signal ? { signal } : {}) },
        )
        return { ...preview, upload: input.upload }
      }),
      validate: os.intake.validate.handler(({ input }) => {
        const source = core.uploads.open(input.upload)
        const { study, mapping } = input
        const { job } = core.jobs.start('validate', source.file, async (context) =>
          resultOf(
            await validateFile({
              source,
              study,
              mapping,
              store: read(),
              signal: context.signal,
              workerUrl,
              onProgress: follow(context),
            }),
          ),
        )
        return { job }
      }),
      import: os.intake.import.handler(({ input, context: { connection } }) => {
        const { user } = sessionOf({ connection })
        const source = core.uploads.open(input.upload)
        const { study, mapping, saveMappingAs, again } = input
        const { job } = core.jobs.start(
          'import',
          source.file,
          async (context) => {
            const report = await importFile({
              vault: core.vault(),
              source,
              study,
              mapping,
              user,
              saveMappingAs,
              again,
              signal: context.signal,
              workerUrl,
              onProgress: follow(context),
            })
            await core.uploads.discard(input.upload)
            return resultOf(report)
          },
          { by: user },
        )
        return { job }
      }),
      batches: os.intake.batches.handler(() => listBatches(read())),
      rejections: os.intake.rejections.handler(({ input }) =>
        listRejectedRows(read(), input.batch, input.offset, input.limit),
      ),
      undo: os.intake.undo.handler(({ input, context }) =>
        core.vault().write((store) => undoBatch(store, input.batch, sessionOf(context).user)),
      ),
      mappings: os.intake.mappings.handler(() => listMappings(read())),
    },
  }
}

const resultOf = (report: ImportReport): Record<string, unknown> => ({ ...report })
