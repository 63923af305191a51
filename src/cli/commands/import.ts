import { basename, resolve } from 'node:path'
import type { Warning } from '../../contract/warnings.ts'
import type { Command, Run } from '../command.ts'
import { finish } from '../job.ts'
import { inWords } from '../language.ts'
import { dialectFrom, dialectWith, placeText, readingOptions, readMapping } from '../reading.ts'

export const importCommand: Command = {
  name: 'import',
  operands: 'FILE',
  says: 'Import a file of cases into a study; every row is imported or listed as rejected',
  options: {
    study: { value: 'NAME', says: 'the study, made if it is not there yet' },
    mapping: { value: 'FILE', says: 'what the columns mean, as JSON (default: suggested from the file)' },
    'save-mapping': { value: 'NAME', says: 'keep the mapping under this name, for files with the same header' },
    suggest: { says: 'print the suggested mapping, to edit and give back with --mapping; import nothing' },
    again: { says: 'import although the study has this very file already' },
    'dry-run': { says: 'check every row and report; import nothing' },
    ...readingOptions,
  },
  examples: [
    'import cases.csv --study clinic --suggest > mapping.json',
    'import cases.csv --study clinic --mapping mapping.json --json',
  ],
  unlocks: true,
  prepare: (options, operands) => {
    const path = resolve(operands[0] ?? '')
    const study = options.required('study')
    const dialect = dialectFrom(options)
    const mappingPath = options.text('mapping')
    return async (run) => {
      const { client, terminal } = run
      const given = mappingPath === undefined ? null : await readMapping(mappingPath)
      const { upload } = await run.registerFile(path)
      const preview = await client.intake.preview({
        upload,
        study,
        dialect: given ? dialectWith(given.dialect, dialect) : dialect,
      })
      for (const { said, message } of preview.warnings) terminal.warn(inWords(said, message))
      if (!given && preview.savedAs !== null)
        terminal.warn(`The saved mapping ${preview.savedAs} fits this file and is used; --mapping takes another.`)
      const suggested = given ? { ...given, dialect: preview.dialect } : preview.mapping
      if (options.flag('suggest')) return terminal.answer(suggested, [JSON.stringify(suggested, null, 2)])
      const report = options.flag('dry-run')
        ? await finish(run, (await client.intake.validate({ upload, study, mapping: suggested })).job)
        : await finish(
            run,
            (
              await client.intake.import({
                upload,
                study,
                mapping: suggested,
                saveMappingAs: options.text('save-mapping') ?? null,
                again: options.flag('again'),
              })
            ).job,
          )
      await tell(run, { study, file: basename(path), report })
    }
  },
}

const tell = async (
  { client, terminal }: Run,
  { study, file, report }: { study: string; file: string; report: Record<string, unknown> },
) => {
  const batch = typeof report.batch === 'number' ? report.batch : null
  const kept = batch === null ? null : ((await client.intake.batches()).find((known) => known.batch === batch) ?? null)
  const listed = batch === null ? null : await client.intake.rejections({ batch, limit: 100 })
  const { rows, imported, rejected } = (kept ?? report) as { rows: number; imported: number; rejected: number }
  const errors = listed?.errors ?? (report.errors as NonNullable<typeof listed>['errors'] | undefined) ?? []
  const warnings = (report.warnings as Warning[] | undefined) ?? []
  for (const { said, message } of warnings) terminal.warn(inWords(said, message))
  const spots = errors.map(({ row, place, column, code, message }) => ({
    row,
    place: placeText(place),
    column,
    code,
    message,
  }))
  terminal.answer({ batch, study, file, rows, imported, rejected, errors: spots, warnings }, [
    batch === null
      ? `${file}: of ${rows} rows ${imported} would be imported into ${study}, ${rejected} rejected.`
      : `${file}: ${imported} of ${rows} rows imported into ${study} as batch ${batch}, ${rejected} rejected.`,
    ...spots
      .slice(0, 20)
      .map(
        ({ row, place, column, message }) =>
          `  row ${row} (${place})${column === null ? '' : `, ${column}`}: ${message}`,
      ),
    ...(rejected > Math.min(spots.length, 20)
      ? [`  and ${rejected - Math.min(spots.length, 20)} more rejected rows`]
      : []),
  ])
}
