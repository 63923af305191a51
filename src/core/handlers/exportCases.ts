import { readCases } from '../vault/cases.ts'
import { listConcepts } from '../vault/concepts.ts'
import type { ReadStore } from '../vault/store.ts'
import { getStudy } from '../vault/studies.ts'
import { fieldCell } from './tables.ts'

const casesAChunk = 1000

const quoted = (cell: unknown): string => {
  if (cell === null || cell === undefined) return ''
  const text = String(cell)
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/** A spreadsheet must not run a cell as a formula: text that begins like one gets an apostrophe before it. */
const harmless = (cell: unknown): unknown => (typeof cell === 'string' && /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell)

/** Cases of a study as CSV text (RFC 4180, dates ISO 8601), in pieces of a thousand, the header first. */
export async function* exportCases(store: ReadStore, name: string, signal?: AbortSignal): AsyncGenerator<string> {
  const study = getStudy(store, name)
  const concepts = listConcepts(store, study.id).filter(({ repeated }) => !repeated)
  yield `${concepts.map((concept) => quoted(concept.name)).join(',')}\r\n`
  const encounters = store.column<number>('SELECT id FROM encounter WHERE study = ? ORDER BY id', study.id)
  for (let at = 0; at < encounters.length && !signal?.aborted; at += casesAChunk) {
    const lines = readCases(store, encounters.slice(at, at + casesAChunk)).map(({ fields }) => {
      const byConcept = new Map(fields.map((field) => [field.concept.id, field]))
      return concepts
        .map(({ id, kind }) => {
          const field = byConcept.get(id)
          if (!field) return ''
          const cell = fieldCell(field)
          if (kind === 'date' && typeof cell === 'number') return new Date(cell * 86_400_000).toISOString().slice(0, 10)
          return quoted(harmless(cell))
        })
        .join(',')
    })
    yield `${lines.join('\r\n')}\r\n`
    await new Promise((resolve) => setImmediate(resolve))
  }
}
