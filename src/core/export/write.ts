import type { ExportReport } from '../../contract/exports.ts'
import { breathe } from '../async.ts'
import { csvLines, type Piece } from './csv.ts'
import type { Released } from './deidentify.ts'
import { fhirLines } from './fhir.ts'

const pieceLength = 1 << 16

/** The export as text, file by file in the order of the report, in pieces of some 64 KiB; gives way between pieces. */
export async function* writeExport(
  released: Released,
  { format, files }: Pick<ExportReport, 'format' | 'files'>,
  signal?: AbortSignal,
): AsyncGenerator<Piece> {
  let current: { file: string; parts: string[]; length: number } | null = null
  for (const { file, text } of (format === 'csv' ? csvLines : fhirLines)(released, files)) {
    if (current && (current.file !== file || current.length >= pieceLength)) {
      yield { file: current.file, text: current.parts.join('') }
      await breathe()
      if (signal?.aborted) return
      current = null
    }
    current ??= { file, parts: [], length: 0 }
    current.parts.push(text)
    current.length += text.length
  }
  if (current) yield { file: current.file, text: current.parts.join('') }
}
