import type { Mapping, Place } from '../../../contract/intake.ts'
import type { RowFault } from '../../../contract/rejections.ts'
import type { Concept } from '../../../contract/values.ts'
import type { Plan } from '../mapping/plan.ts'
import type { Sink } from '../reader.ts'
import { nameColumns } from '../readers/columns.ts'
import { readerOf } from '../readers/readers.ts'
import type { Resource } from '../resource.ts'
import { emptyFile, type FileSource, openSource } from '../source.ts'
import { createLongCheck, type LongRows } from './longRows.ts'
import type { ResourceRows } from './resources.ts'
import { createWideCheck, type WideRows } from './wideRows.ts'

/** What a worker thread needs to read, check and pack a file's rows, but for the plan. It never sees the vault. */
export interface RowsRequest {
  source: FileSource
  mapping: Mapping
  /** False: count and check only, for a dry run. */
  pack: boolean
}

/** A slice of the file, checked. `rows` = accepted + rejected. */
export interface RowsChunk {
  rows: number
  rejected: number
  errors: RowFault[]
  /** Share of the file read, 0 to 1. */
  progress: number
  wide: WideRows | null
  long: LongRows | null
  resources: ResourceRows | null
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

/** Makes the plan of a file once the names of its columns are known. */
export type PlanOf = (header: string[]) => Plan | Promise<Plan>

/** A check of one shape of files; a record of the other kind is a fault of the reader. */
interface Check {
  add(cells: readonly string[], row: number, place: Place, suspect: boolean): void
  addResource(resource: Resource, row: number, place: Place): void
  reject(error: RowFault): void
  take(): Omit<RowsChunk, 'progress'> | null
  withoutOutcome(): number
  newLevels(): RowsSummary['newLevels']
}

const checkOf = async (plan: Plan, { mapping, pack }: RowsRequest, header: readonly string[]): Promise<Check> => {
  const wrong = () => {
    throw new Error(
      `A reader of ${mapping.dialect.format} gave records that a plan of shape ${plan.shape} does not take`,
    )
  }
  if (plan.shape === 'resources') {
    // Loaded where it is needed: a thread that reads rows starts a third faster without the catalogue of measurements.
    const { createResourceCheck } = await import('./resources.ts')
    const { add, ...check } = createResourceCheck(plan, mapping)
    return { ...check, add: wrong, addResource: add }
  }
  const check =
    plan.shape === 'wide' ? createWideCheck(plan, mapping, header, pack) : createLongCheck(plan, mapping, header)
  return { ...check, addResource: wrong }
}

/**
 * Reads a file to its end and yields its rows checked and packed, slice by slice; returns the totals. Every record of
 * the file is in exactly one slice, accepted or rejected. The plan is asked for once, when the header is there, so that
 * no file is opened for its header alone. Throws `emptyFile` where there is no row but the header.
 */
export async function* checkRows(request: RowsRequest, planOf: PlanOf): AsyncGenerator<RowsChunk, RowsSummary> {
  const { source, mapping } = request
  const opened = await openSource(source, { hashed: true })
  const duplicates = createDuplicateCount()
  const state = { header: null as string[] | null, check: null as Check | null, row: 0 }
  // Rows of the first slice, until the plan is made.
  let waiting: ((check: Check) => void)[] = []
  const whenPlanned = (work: (check: Check) => void) => (state.check ? work(state.check) : waiting.push(work))

  const sink: Sink = {
    header: (cells) => {
      if (state.header !== null) throw new Error('A reader gave two headers')
      state.header = nameColumns(cells).names
    },
    row: (cells, place, suspect) => {
      const row = ++state.row
      if (cells.length !== state.header?.length)
        throw new Error(`A reader gave a row of ${cells.length} cells under ${state.header?.length} column names`)
      duplicates.add(cells, row)
      whenPlanned((check) => check.add(cells, row, place, suspect))
    },
    resource: (resource, place) => {
      const row = ++state.row
      whenPlanned((check) => check.addResource(resource, row, place))
    },
    broken: (fault, place) => {
      const row = ++state.row
      whenPlanned((check) => check.reject({ row, place, column: null, ...fault }))
    },
  }

  const take = async (progress: number): Promise<RowsChunk | null> => {
    if (state.check === null) {
      if (state.header === null && state.row === 0) return null
      const header = state.header ?? []
      state.check = await checkOf(await planOf(header), request, header)
      for (const work of waiting) work(state.check)
      waiting = []
    }
    const taken = state.check.take()
    return taken === null ? null : { ...taken, progress }
  }

  for await (const share of readerOf(mapping.dialect.format).read(opened, mapping.dialect, sink)) {
    const chunk = await take(share)
    if (chunk) yield chunk
  }
  const last = await take(1)
  if (last) yield last
  if (state.row === 0) throw await emptyFile(source.file)
  return {
    rows: state.row,
    sha256: await opened.sha256(),
    ...duplicates.found(),
    withoutOutcome: state.check?.withoutOutcome() ?? 0,
    newLevels: state.check?.newLevels() ?? [],
  }
}

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
