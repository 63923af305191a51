import type { Dialect, DialectHint } from '../../../contract/intake.ts'
import type { AnyReader } from '../reader.ts'
import type { OpenSource } from '../source.ts'
import { csvReader } from './csv/reader.ts'

/** Every format that Bedside reads. A reader that is not in this list does not exist. */
export const readers: readonly AnyReader[] = [csvReader]

/** The reader of a format. */
export const readerOf = (format: Dialect['format']): AnyReader => {
  const found = readers.find((reader) => reader.format === format)
  if (!found) throw new Error(`No reader of ${format}`)
  return found
}

const headBytes = 64 * 1024

/** The reader that fits a file best, or that of the format that is given. Throws `formatUnknown`. */
export const chooseReader = async (source: OpenSource, given: DialectHint): Promise<AnyReader> => {
  if (given.format) return readerOf(given.format)
  let head: Uint8Array = new Uint8Array(0)
  for await (const piece of source.pieces()) {
    head = Buffer.concat([head, piece.subarray(0, headBytes - head.length)])
    if (head.length >= headBytes) break
  }
  const scores = readers.map((reader) => ({ reader, score: reader.recognise(head, source.file) }))
  const [best] = scores.sort((a, b) => b.score - a.score)
  if (best.score > 0) return best.reader
  const { invalidInput } = await import('../../../contract/errors.ts')
  throw invalidInput('formatUnknown', { file: source.file })
}
