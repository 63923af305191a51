import type { Dialect, Mapping, Preview } from '../../../contract/intake.ts'
import type { Concept } from '../../../contract/values.ts'
import { createCsvReader, nameColumns } from '../readers/csv/csv.ts'
import { guessDialect } from '../readers/csv/dialect.ts'
import { createDecoder, createEncodingScan } from '../readers/csv/encoding.ts'
import { emptyFile, type FileSource, readSource, sourceBytes } from '../source.ts'
import { loadUnits } from '../units.ts'
import { createInference } from './infer.ts'
import { reuseMapping, suggestMapping } from './mapping.ts'

export interface PreviewRequest {
  source: FileSource
  /** What the person set; the rest is detected. */
  dialect?: Partial<Dialect>
  /** Dictionary of the study the file goes to; null: a new study. */
  dictionary?: readonly Concept[] | null
  /** Dictionaries to take for a new study whose columns are the very same, by name (bundled samples). */
  known?: readonly { name: string; concepts: readonly Concept[] }[]
  /** Saved mappings, of which one that fits is taken. */
  saved?: readonly { name: string; mapping: Mapping }[]
}

const headBytes = 512 * 1024
/** Types are inferred from this much of a file: all of it, nearly always. */
const inferredBytes = 32 << 20
const shownRows = 50

/**
 * Looks at a file: dialect, types, and what a mapping could be. Encoding is judged by every byte; types by the first
 * 32 MiB, beyond which nothing is claimed that a later row could break (no closed lists of levels, no integers). Throws
 * `emptyFile`.
 */
export const previewHere = async ({
  source,
  dialect: given = {},
  dictionary = null,
  known = [],
  saved = [],
}: PreviewRequest): Promise<Omit<Preview, 'upload'>> => {
  const bytes = await sourceBytes(source)
  const scan = createEncodingScan()
  const heads: Uint8Array[] = []
  let held = 0
  for await (const piece of readSource(source)) {
    scan.push(piece)
    if (held < headBytes) {
      heads.push(Uint8Array.prototype.slice.call(piece, 0, headBytes - held))
      held += heads[heads.length - 1].length
    }
  }
  const encoding = scan.finish()
  const decoder = createDecoder(given.encoding ?? encoding.encoding)
  const isWhole = held >= bytes
  const head = decoder.write(Buffer.concat(heads)) + (isWhole ? decoder.end() : '')
  if (head.trim() === '') throw await emptyFile(source.file)
  const { dialect, warnings } = guessDialect(head, encoding.encoding, given, isWhole)

  if (given.encoding === undefined && !encoding.certain)
    warnings.push({
      reason: 'encodingGuessed',
      message: `The encoding looks like ${encoding.encoding}; check the names, and choose another if they are garbled.`,
    })
  if (encoding.malformed > 0 && dialect.encoding === encoding.encoding)
    warnings.push({
      reason: 'malformedBytes',
      message: `${encoding.malformed} bytes of the file are no text in ${encoding.encoding}; rows that hold them are rejected.`,
    })

  const looked = await look(source, dialect)
  if (looked.header === null || looked.inference.rows() === 0) throw await emptyFile(source.file, looked.broken)
  warnings.push(...looked.warnings)
  const { columns, missing } = looked.inference.finish(looked.whole)
  warnings.push(...columns.flatMap(({ warnings: own }) => own))
  const same = dictionary === null || dictionary.length === 0 ? sameColumns(looked.header, known) : null
  if (same !== null)
    warnings.push({
      reason: 'knownDictionary',
      message: `The columns are those of the sample ${same.name}; labels, units and ranges are taken from it.`,
    })
  const suggested = suggestMapping({
    dialect,
    columns,
    missing,
    dictionary: same?.concepts ?? dictionary,
    units: loadUnits(),
  })
  const reused = reuseMapping(looked.header, saved, suggested.mapping)
  warnings.push(...suggested.warnings)
  if (reused && reused.added.length > 0)
    warnings.push({
      reason: 'columnsAdded',
      message: `The saved mapping ${reused.name} does not know ${reused.added.join(', ')}; what is suggested for it is new.`,
    })
  return {
    file: source.file,
    bytes,
    dialect,
    columns: columns.map(({ name, kind, known, missing: absent, distinct, examples }) => ({
      name,
      kind,
      known,
      missing: absent,
      distinct,
      examples,
    })),
    looked: looked.inference.rows(),
    rows: looked.rows,
    mapping: reused?.mapping ?? suggested.mapping,
    savedAs: reused?.name ?? null,
    warnings,
  }
}

const sameColumns = (header: readonly string[], known: NonNullable<PreviewRequest['known']>) =>
  known.find(
    ({ concepts }) => concepts.length === header.length && concepts.every(({ name }) => header.includes(name)),
  ) ?? null

const look = async (source: FileSource, dialect: Dialect) => {
  const decoder = createDecoder(dialect.encoding)
  const warnings: { reason: string; message: string }[] = []
  const rows: string[][] = []
  const state = { header: null as string[] | null, inference: createInference([], dialect.decimal), faults: 0, odd: 0 }
  const onRecord = (fields: string[], _line: number, fault: unknown) => {
    if (state.header === null) {
      const named = nameColumns(dialect.header ? fields : fields.map(() => ''))
      state.header = named.names
      state.inference = createInference(named.names, dialect.decimal)
      if (dialect.header) {
        warnings.push(...named.warnings)
        return
      }
    }
    if (fault !== null) state.faults++
    else if (fields.length !== state.header.length) state.odd++
    else {
      if (rows.length < shownRows) rows.push(fields.map((field) => field.slice(0, 200)))
      state.inference.addRow(fields)
    }
  }
  const reader = createCsvReader(dialect, onRecord)
  let read = 0
  let whole = true
  for await (const piece of readSource(source)) {
    if (read >= inferredBytes) {
      whole = false
      break
    }
    read += piece.length
    reader.push(decoder.write(piece))
  }
  if (whole) {
    reader.push(decoder.end())
    reader.end()
  }
  if (state.faults > 0)
    warnings.push({
      reason: 'badQuotes',
      message: `${state.faults} rows have a quote that is not closed properly; they are rejected.`,
    })
  if (state.odd > 0)
    warnings.push({
      reason: 'columnCounts',
      message: `${state.odd} rows have another number of fields than the header; they are rejected.`,
    })
  const broken = state.faults + state.odd
  return { header: state.header, inference: state.inference, rows, warnings, whole, broken }
}
