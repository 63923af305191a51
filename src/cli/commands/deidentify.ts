import { chmod, mkdir, mkdtemp, open, readdir, rename, rm, rmdir, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { cancelled } from '../../contract/errors.ts'
import { type ExportReport, exportDates, exportFormats } from '../../contract/exports.ts'
import type { OptionRule, Options, Run } from '../command.ts'
import { UsageError } from '../failure.ts'
import { sayHere } from '../language.ts'
import { writeError, writeOutput } from '../output.ts'
import { table } from '../terminal.ts'

export const deidentifyOptions: Record<string, OptionRule> = {
  deidentify: { says: 'leave out or generalise what identifies a patient; a report comes first' },
  'report-only': { says: 'show the report; write nothing' },
  format: { value: 'NAME', says: `${exportFormats.join(' or ')} (FHIR R4 NDJSON; default: csv)` },
  dates: { value: 'HOW', says: 'shift (by a secret number of days a patient) or year (default: shift)' },
  'age-band': { value: 'N', says: 'ages in bands of N years (default: 1, whole years)' },
  key: { value: 'NAME', says: 'export key: the same key gives the same pseudonyms (default: default)' },
  'new-key': { says: 'make the export key of that name' },
  quasi: { value: 'A,B', says: 'columns others may know: k-anonymity is told over these', many: true },
  sensitive: { value: 'NAME', says: 'column whose diversity within classes is told (default: the outcome)' },
  'minimum-k': { value: 'K', says: 'leave out cases in classes of fewer than K patients' },
  drop: { value: 'A,B', says: 'columns to leave out as well', many: true },
  keep: { value: 'A,B', says: 'columns that were only suspected, and that you have looked at', many: true },
}

const defaultKey = 'default'

/** `export --deidentify`: the report, then a file or a folder, whole or not at all. */
export const prepareDeidentify = (options: Options): ((run: Run) => Promise<void>) => {
  const only = options.flag('report-only')
  const out = options.text('out')
  if (!only && !out) throw new UsageError('export --deidentify needs --out FILE.csv or a folder, or --report-only.')
  const name = options.text('key') ?? defaultKey
  const choices = {
    study: options.required('study'),
    format: oneOf(options, 'format', exportFormats, 'csv'),
    dates: oneOf(options, 'dates', exportDates, 'shift'),
    ageBand: options.has('age-band') ? options.whole('age-band', 1, 45) : 1,
    quasi: options.has('quasi') ? options.list('quasi') : null,
    sensitive: options.text('sensitive') ?? null,
    minimumK: options.has('minimum-k') ? options.whole('minimum-k', 2, 1000) : null,
    drop: options.list('drop'),
    keep: options.list('keep'),
  }
  const toFile = out !== undefined && /\.csv$/i.test(out)
  if (toFile && choices.format === 'fhir')
    throw new UsageError('--format fhir writes a file a resource type; name a folder with --out.')

  return async ({ client, terminal, signal }) => {
    const keys = await client.exports.keys()
    let key: string | null = keys.some((one) => one.key === name) ? name : null
    const isMade = options.flag('new-key') || (key === null && name === defaultKey && !only)
    if (isMade) {
      key = (await client.exports.createKey({ key: name })).key
      terminal.warn(`Export key ${name} was made.`)
    } else if (key === null && (!only || options.has('key')))
      throw new UsageError(`there is no export key ${name}; make it with --new-key.`)

    const report = await client.exports.preview({ ...choices, key })
    const lines = reportLines(report)
    if (only || out === undefined || key === null) return terminal.answer({ report }, lines)
    if (toFile && report.files.length > 1)
      throw new UsageError(
        `${choices.study} needs ${report.files.length} files (${report.files.join(', ')}); name a folder.`,
      )
    if (!terminal.json) await terminal.write(`${lines.join('\n')}\n\n`)

    const pieces = await client.exports.write({ ...choices, key, report: report.digest })
    const whole = async function* () {
      for await (const piece of pieces) {
        if (signal.aborted) throw cancelled('nothingWritten')
        yield piece
      }
      if (signal.aborted) throw cancelled('nothingWritten')
    }
    const files = toFile
      ? [
          {
            file: basename(out),
            bytes: await writeOutput(out, terminal, async ({ write }) => {
              let bytes = 0
              for await (const { text } of whole()) {
                await write(text)
                bytes += Buffer.byteLength(text)
              }
              return bytes
            }),
          },
        ]
      : await writeFolder(out, whole(), `${JSON.stringify(report, null, 2)}\n`)
    const { patients, cases } = report.after ?? report.before
    terminal.answer({ report, out: resolve(out), files }, [
      `${cases} cases of ${patients} patients of ${choices.study} written to ${out}:`,
      ...files.map(({ file, bytes }) => `  ${file}  ${bytes} bytes`),
    ])
  }
}

/** Fills a folder beside the one asked for, which takes the name at the end. One with files in it is not mixed with. */
const writeFolder = async (
  path: string,
  pieces: AsyncIterable<{ file: string; text: string }>,
  report: string,
): Promise<{ file: string; bytes: number }[]> => {
  const target = resolve(path)
  const there = await stat(target).catch(() => null)
  if (there && !there.isDirectory()) throw new UsageError(`--out ${path} is a file; name a folder, or FILE.csv.`)
  if (there && (await readdir(target)).length > 0)
    throw new UsageError(`--out ${path} is not empty; name a new folder.`)
  await mkdir(dirname(target), { recursive: true })
  const folder = await mkdtemp(join(dirname(target), `.${basename(target)}.part-`))
  const written: { file: string; bytes: number }[] = []
  let current: Awaited<ReturnType<typeof open>> | null = null
  try {
    const begin = async (file: string) => {
      await current?.sync()
      await current?.close()
      current = await open(join(folder, file), 'wx', 0o600)
      written.push({ file, bytes: 0 })
      return current
    }
    const put = async (file: string, text: string) => {
      const handle = written.at(-1)?.file === file && current ? current : await begin(file)
      await handle.appendFile(text)
      written.at(-1)!.bytes += Buffer.byteLength(text)
    }
    for await (const { file, text } of pieces) await put(file, text)
    await put('report.json', report)
    await current!.sync()
    await current!.close()
    current = null
    if (there) await rmdir(target)
    await rename(folder, target)
    await chmod(target, 0o700)
    return written
  } catch (error) {
    await (current as Awaited<ReturnType<typeof open>> | null)?.close().catch(() => {})
    await rm(folder, { recursive: true, force: true })
    throw writeError(path, error)
  }
}

const oneOf = <T extends string>(options: Options, name: string, allowed: readonly T[], usual: T): T => {
  const value = options.text(name)
  if (value === undefined) return usual
  const found = allowed.find((one) => one === value.toLowerCase())
  if (!found) throw new UsageError(`--${name} takes ${allowed.join(' or ')}, not ${JSON.stringify(value)}.`)
  return found
}

/** The report for people. */
const reportLines = (report: ExportReport): string[] => {
  const { before, after, diversity, ages, smallCells, safeHarbor } = report
  const figures = (what: string, risk: ExportReport['before']) => [
    `${what}: ${risk.cases} cases of ${risk.patients} patients in ${risk.classes} classes; smallest class ${risk.smallest ?? '-'}`,
    `  alone in their class: ${risk.unique.patients} patients (${risk.unique.cases} cases); under 5: ${risk.under5.patients} (${risk.under5.cases}); under 11: ${risk.under11.patients} (${risk.under11.cases})`,
    `  by all cases of a patient together: smallest ${risk.linked.smallest ?? '-'}; alone ${risk.linked.unique}; under 5: ${risk.linked.under5}; under 11: ${risk.linked.under11}`,
  ]
  return [
    `De-identified export of ${report.study} (${report.format}, dates: ${report.dates}, key: ${report.key ?? 'none yet'})`,
    '',
    ...table(
      ['column', 'in', 'becomes', 'rule', 'why'],
      report.columns.map((one) => [one.column, one.in, one.treatment, one.paragraph ?? '', sayHere(one.why)]),
    ),
    '',
    ...report.columns.flatMap(({ column, look }) => look.map((said) => `Look at ${column}: ${sayHere(said)}`)),
    `Ages of 90 and more, as one group: ${ages.stated} patients by an age on record, ${ages.implied} more by dates or follow-up.`,
    '',
    `Quasi-identifiers: ${report.quasi.join(', ') || 'none'}`,
    ...figures(after ? 'Before cases are left out' : 'k-anonymity', before),
    ...(after ? figures('Released', after) : []),
    ...(diversity
      ? [
          `Diversity of ${diversity.column} within a class: ${diversity.smallest ?? '-'} at the least; ${diversity.patientsUnder2} patients in classes of one value, ${diversity.patientsUnder3} of fewer than three`,
        ]
      : []),
    ...smallCells.map(
      ({ column, cells, patients }) =>
        `Small cells in ${column}: ${cells} values that fewer than 10 patients have (${patients} patients)`,
    ),
    ...(report.measurements > 0 ? [`Repeated measurements: ${report.measurements}`] : []),
    ...(report.events > 0 ? [`Conditions, procedures, medications, outcomes: ${report.events}`] : []),
    '',
    safeHarbor.met
      ? 'Safe Harbor (45 CFR 164.514(b)(2)(i)): the identifiers are removed as far as columns and values tell.'
      : 'Safe Harbor (45 CFR 164.514(b)(2)(i)) is NOT met:',
    ...safeHarbor.because.map((said) => `  ${sayHere(said)}`),
    ...report.notes.map((said) => `Note: ${sayHere(said)}`),
  ]
}
