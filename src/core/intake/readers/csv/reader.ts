import type { CsvDialect } from '../../../../contract/intake.ts'
import { rejection } from '../../../../contract/rejections.ts'
import { warn } from '../../../../contract/warnings.ts'
import type { Reader, Sink } from '../../reader.ts'
import { emptyFile } from '../../source.ts'
import { createCsvReader } from './csv.ts'
import { guessDialect } from './dialect.ts'
import { createDecoder, createEncodingScan } from './encoding.ts'

const headBytes = 512 * 1024
/** Bytes read at a time: some two thousand rows, whose insertion keeps the core from nothing else for long. */
const sliceBytes = 256 * 1024

/** Delimited text (RFC 4180 and what is written in its name), in five encodings. */
export const csvReader: Reader<'csv'> = {
  format: 'csv',

  recognise: (head, name) => {
    if (isBinary(head)) return 0
    return /\.(csv|tsv|txt|tab|dat)$/i.test(name) ? 0.9 : 0.3
  },

  /** Encoding is judged by every byte, the rest by the first half megabyte. */
  look: async (source, given) => {
    const scan = createEncodingScan()
    const heads: Uint8Array[] = []
    let held = 0
    for await (const piece of source.pieces()) {
      scan.push(piece)
      if (held < headBytes) {
        heads.push(Uint8Array.prototype.slice.call(piece, 0, headBytes - held))
        held += heads[heads.length - 1].length
      }
    }
    const encoding = scan.finish()
    const decoder = createDecoder(given.encoding ?? encoding.encoding)
    const isWhole = held >= source.bytes
    const head = decoder.write(Buffer.concat(heads)) + (isWhole ? decoder.end() : '')
    if (head.trim() === '') throw await emptyFile(source.file)
    const { dialect, warnings } = guessDialect(head, encoding.encoding, given, isWhole)
    if (given.encoding === undefined && !encoding.certain)
      warnings.push(warn('encodingGuessed', { encoding: encoding.encoding }))
    if (encoding.malformed > 0 && dialect.encoding === encoding.encoding)
      warnings.push(warn('malformedBytes', { bytes: encoding.malformed, encoding: encoding.encoding }))
    return { dialect, warnings }
  },

  read: async function* (source, dialect, sink) {
    const decoder = createDecoder(dialect.encoding)
    const reader = createCsvReader(dialect, recordsInto(sink, dialect))
    const total = Math.max(1, source.bytes)
    let read = 0
    for await (const piece of source.pieces())
      for (let at = 0; at < piece.length; at += sliceBytes) {
        const slice = piece.subarray(at, at + sliceBytes)
        read += slice.length
        reader.push(decoder.write(slice))
        yield Math.min(1, read / total)
      }
    reader.push(decoder.end())
    reader.end()
  },
}

/** The first record names the columns, or is the first row where the file has no header. */
const recordsInto = (sink: Sink, { header, delimiter }: CsvDialect): Parameters<typeof createCsvReader>[1] => {
  let columns = -1
  return (fields, line, fault, suspect) => {
    if (columns < 0) {
      columns = fields.length
      sink.header(header ? fields : fields.map(() => ''))
      if (header && fault === null) return
    }
    const place = { kind: 'line', line } as const
    if (fault !== null)
      sink.broken({ code: 'unclosedQuote', said: rejection(fault), text: fields[0].slice(0, 200) }, place)
    else if (fields.length !== columns)
      sink.broken(
        {
          code: 'columnCount',
          said: rejection('fieldCount', { fields: fields.length, columns }),
          text: fields.join(delimiter).slice(0, 200),
        },
        place,
      )
    else sink.row(fields, place, suspect)
  }
}

/** Zip (also .xlsx, .ods), the compound file of older .xls and .doc, PDF, gzip: no text, whatever the name says. */
const signatures = [
  [0x50, 0x4b, 0x03, 0x04],
  [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1],
  [0x25, 0x50, 0x44, 0x46, 0x2d],
  [0x1f, 0x8b, 0x08],
]

const isBinary = (head: Uint8Array): boolean => signatures.some((bytes) => bytes.every((byte, at) => head[at] === byte))
