import { createHash } from 'node:crypto'
import type { Mapping, RowError } from '../../../contract/intake.ts'
import type { Concept } from '../../../contract/values.ts'
import type { Plan } from '../mapping/plan.ts'
import { createCsvReader, nameColumns } from '../readers/csv/csv.ts'
import { createDecoder } from '../readers/csv/encoding.ts'
import { emptyFile, type FileSource, readSource, sourceBytes } from '../source.ts'
import { createLongCheck, type LongRows } from './longRows.ts'
import { createWideCheck, type WideRows } from './wideRows.ts'

/** What a worker thread needs to read, check and pack a file's rows. It never sees the vault. */
export interface RowsRequest {
  source: FileSource
  mapping: Mapping
  plan: Plan
  /** False: count and check only, for a dry run. */
  pack: boolean
}

/** A slice of the file, checked. `rows` = accepted + rejected. */
export interface RowsChunk {
  rows: number
  rejected: number
  errors: RowError[]
  /** Share of the file read, 0 to 1. */
  progress: number
  wide: WideRows | null
  long: LongRows | null
}

export interface RowsSummary {
  rows: number
  sha256: string
  /** Rows equal to an earlier one in every field. */
  duplicates: number
  firstDuplicate: number | null
  /** Rows of which every outcome column is empty. */
  withoutOutcome: number
  /** Levels that categories gained, in order, by concept name. */
  newLevels: { concept: string; levels: NonNullable<Concept['levels']> }[]
}

/** Bytes read at a time: some two thousand rows, whose insertion keeps the core from nothing else for long. */
const sliceBytes = 256 * 1024

/**
 * Reads a file to its end and yields its rows checked and packed, slice by slice; returns the totals. Every record of the
 * file is in exactly one slice, accepted or rejected. Throws `emptyFile` where there is no row but the header.
 */
export async function* checkRows({ source, mapping, plan, pack }: RowsRequest): AsyncGenerator<RowsChunk, RowsSummary> {
  const { dialect } = mapping
  const total = Math.max(1, await sourceBytes(source))
  const hash = createHash('sha256')
  const decoder = createDecoder(dialect.encoding)
  const duplicates = createDuplicateCount()
  let header: string[] | null = null
  let check: ReturnType<typeof createWideCheck> | ReturnType<typeof createLongCheck> | null = null
  let row = 0
  let read = 0

  const start = (names: readonly string[]) => {
    header = [...names]
    check =
      plan.shape === 'wide' ? createWideCheck(plan, mapping, header, pack) : createLongCheck(plan, mapping, header)
  }
  const onRecord = (fields: string[], line: number, fault: 'unclosedQuote' | 'strayQuote' | null, suspect: boolean) => {
    if (check === null || header === null) {
      start(nameColumns(dialect.header ? fields : fields.map(() => '')).names)
      if (dialect.header && fault === null) return
    }
    row++
    if (fault !== null) check?.reject(faultError(row, line, fault, fields[0]))
    else if (fields.length !== header?.length)
      check?.reject({
        row,
        line,
        column: null,
        code: 'columnCount',
        message: `The row has ${fields.length} fields where the header has ${header?.length}.`,
        text: fields.join(dialect.delimiter).slice(0, 200),
      })
    else {
      duplicates.add(fields, row)
      check?.add(fields, row, line, suspect)
    }
  }

  const reader = createCsvReader(dialect, onRecord)
  const take = (): RowsChunk | null => {
    const taken = check?.take() ?? null
    return taken === null ? null : { ...taken, progress: Math.min(1, read / total) }
  }

  for await (const piece of readSource(source)) {
    hash.update(piece)
    for (let at = 0; at < piece.length; at += sliceBytes) {
      const slice = piece.subarray(at, at + sliceBytes)
      read += slice.length
      reader.push(decoder.write(slice))
      const chunk = take()
      if (chunk) yield chunk
    }
  }
  reader.push(decoder.end())
  reader.end()
  const last = take()
  if (last) yield last
  if (row === 0) throw await emptyFile(source.file)
  const finished = check as ReturnType<typeof createWideCheck> | ReturnType<typeof createLongCheck> | null
  return {
    rows: row,
    sha256: hash.digest('hex'),
    ...duplicates.found(),
    withoutOutcome: finished?.withoutOutcome() ?? 0,
    newLevels: finished?.newLevels() ?? [],
  }
}

const faultError = (row: number, line: number, fault: 'unclosedQuote' | 'strayQuote', text: string): RowError => ({
  row,
  line,
  column: null,
  code: 'unclosedQuote',
  message:
    fault === 'unclosedQuote'
      ? 'A quote is opened on this line and not closed where it should be; double it if it belongs to the text.'
      : 'A quote on this line ends in the middle of a field; double it if it belongs to the text.',
  text: text.slice(0, 200),
})

const mostRemembered = 4_000_000

/** Counts rows that repeat an earlier one, by a 53-bit hash of their fields. */
const createDuplicateCount = () => {
  const seen = new Set<number>()
  let duplicates = 0
  let firstDuplicate: number | null = null
  return {
    add: (fields: readonly string[], row: number): void => {
      if (seen.size >= mostRemembered) return
      let a = 0x811c9dc5
      let b = 0x9e3779b9
      for (let i = 0; i < fields.length; i++) {
        const field = fields[i]
        for (let j = 0; j < field.length; j++) {
          const code = field.charCodeAt(j)
          a = Math.imul(a ^ code, 0x01000193)
          b = Math.imul(b + code, 0x85ebca6b) ^ (b >>> 13)
        }
        a = Math.imul(a ^ 0x1f1f, 0x01000193)
        b = Math.imul(b + 0x2f2f, 0x85ebca6b) ^ (b >>> 13)
      }
      const key = (a >>> 0) * 2097152 + ((b >>> 0) & 0x1fffff)
      const before = seen.size
      if (seen.add(key).size > before) return
      duplicates++
      firstDuplicate ??= row
    },
    found: () => ({ duplicates, firstDuplicate }),
  }
}
