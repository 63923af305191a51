import { invalidInput, issue } from '../../contract/errors.ts'
import type { DialectHint, Mapping, RowError } from '../../contract/intake.ts'
import type { PredictedRows, PredictionProblem } from '../../contract/predictions.ts'
import { rejectedRow } from '../../contract/rejectedRows.ts'
import type { Concept } from '../../contract/values.ts'
import type { Column, Table } from '../cohort/table.ts'
import type { RowsChunk } from '../intake/check/rows.ts'
import type { WideRows } from '../intake/check/wideRows.ts'
import { openRowsThread, previewFile, type ThreadOptions } from '../intake/import/rowsThread.ts'
import { defaultConcept } from '../intake/mapping/mapping.ts'
import { planImport, type WidePlan } from '../intake/mapping/plan.ts'
import type { FileSource } from '../intake/source.ts'
import type { ModelAtHand } from '../study/ask/hand.ts'
import { beyondFollowUp, predictionNames, predictTable, requireRows } from '../study/ask/rows.ts'
import { inputsOf, type ModelHeader } from '../study/model.ts'
import { studyMappings } from '../vault/records/batches.ts'
import { listConcepts, plainConcept } from '../vault/records/concepts.ts'
import { decodeRecords } from '../vault/records/record.ts'
import { findStudy } from '../vault/records/studies.ts'
import type { ReadStore } from '../vault/store/store.ts'

export interface FileToPredict {
  store: ReadStore
  hand: ModelAtHand
  source: FileSource
  /** What the columns mean; null: as in the files of the model's study. */
  mapping: Mapping | null
  dialect?: DialectHint | undefined
  times: number[] | null
  thread: ThreadOptions
}

/**
 * Warnings of an import that say nothing of a prediction: it needs no outcome, and a row is a patient of its own
 * anyway.
 */
const ofNoConcern = new Set(['columnsAbsent', 'noPatientKey'])

/**
 * Predicts for the rows of a file, slice by slice, in its order. The file is read, mapped and checked as an import into
 * the model's study would: a row that import rejects is not predicted from. Throws as `requireRows` and as an import,
 * and `columnsMissing` naming the columns that the model needs and the file lacks.
 */
export async function* predictFile(request: FileToPredict): AsyncGenerator<PredictedRows> {
  const { store, hand, source, times } = request
  requireRows(hand, times)
  const header = predictionNames(hand, times)
  const dictionary = dictionaryOf(store, hand.header)
  const { mapping, warnings } = await mappingOf(request, dictionary)
  const thread = openRowsThread(request.thread)
  const seen = createSeenWatch(hand.header)
  try {
    let plan: WidePlan | null = null
    const rows = thread.read({ source, mapping, pack: true }, (columns) => {
      plan = planFor(hand.header, mapping, columns, dictionary)
      return plan
    })
    yield { header, rows: [], rejected: [], problems: beyondFollowUp(hand, times), warnings, progress: 0 }
    for await (const chunk of rows) {
      const table = tableOf(plan as unknown as WidePlan, chunk.wide as WideRows, hand.header)
      seen.add(chunk, table)
      yield { header, ...predicted(hand, chunk, table, times), warnings: [], progress: chunk.progress }
    }
    yield { header, rows: [], rejected: [], problems: seen.problems(), warnings: [], progress: 1 }
  } finally {
    await thread.close()
  }
}

/**
 * Predicts for rows of text cells, one each, in order: a table in memory goes the way of a file, so that a cell means
 * the same in both.
 */
export const predictRows = async (
  request: Omit<FileToPredict, 'source' | 'mapping' | 'dialect'>,
  { header, rows }: { header: readonly string[]; rows: readonly (readonly string[])[] },
): Promise<{ header: string[]; rows: (number | null)[][]; rejected: RowError[]; problems: PredictionProblem[] }> => {
  const names = predictionNames(request.hand, request.times)
  const answer = {
    header: names,
    rows: rows.map((): (number | null)[] => names.map(() => null)),
    rejected: [] as RowError[],
    problems: [] as PredictionProblem[],
  }
  const data = Buffer.from([header, ...rows].map(quotedLine).join(''))
  const source: FileSource = { kind: 'bytes', file: 'rows.csv', data }
  for await (const slice of predictFile({ ...request, source, mapping: null, dialect: plainDialect })) {
    for (const { row, values } of slice.rows) answer.rows[row - 1] = values
    answer.rejected.push(...slice.rejected)
    answer.problems.push(...slice.problems)
  }
  return answer
}

const plainDialect: DialectHint = {
  format: 'csv',
  encoding: 'utf-8',
  delimiter: ',',
  quote: '"',
  decimal: '.',
  header: true,
}

/** Every cell in quotes: an empty one is a cell then, and no blank line. */
const quotedLine = (cells: readonly string[]): string =>
  `${(cells.length > 0 ? cells : ['']).map((cell) => `"${cell.replaceAll('"', '""')}"`).join(',')}\r\n`

/**
 * The study's dictionary, with what the model reads beside it (summaries of courses), and all that it reads with its
 * levels.
 */
const dictionaryOf = (store: ReadStore, header: ModelHeader): Concept[] => {
  const study = findStudy(store, header.design.study)
  const stored = study ? listConcepts(store, study.id).map(plainConcept) : []
  const inputs = inputsOf(header)
  const extended = stored.map((concept) => {
    const input = inputs.find(({ name }) => name === concept.name)
    return input?.seen && !concept.levels?.length ? { ...concept, levels: labelled(input.seen) } : concept
  })
  const further = inputs
    .filter(({ name }) => !stored.some((concept) => concept.name === name))
    .map(({ name, label, kind, unit, plausible, levels, seen }) =>
      defaultConcept(name, { label, kind, unit, plausible, levels: levels ?? (seen && labelled(seen)) }),
    )
  return [...extended, ...further]
}

const labelled = (codes: readonly string[]) => codes.map((code) => ({ code, label: { en: code } }))

const mappingOf = async (
  { store, hand, source, mapping, dialect, thread }: FileToPredict,
  dictionary: readonly Concept[],
): Promise<{ mapping: Mapping; warnings: PredictedRows['warnings'] }> => {
  if (mapping) return { mapping, warnings: [] }
  const study = findStudy(store, hand.header.design.study)
  const before = study ? studyMappings(store, study.id) : []
  const preview = await previewFile({ source, dictionary, before, ...(dialect ? { dialect } : {}) }, thread)
  return {
    mapping: preview.mapping,
    warnings: preview.warnings.filter(({ reason }) => !ofNoConcern.has(reason)),
  }
}

const planFor = (
  header: ModelHeader,
  mapping: Mapping,
  columns: readonly string[],
  dictionary: readonly Concept[],
): WidePlan => {
  const plan = planImport(mapping, columns, dictionary)
  const filled = new Map(plan.shape === 'wide' ? plan.fields.map(({ concept }) => [concept.name, concept]) : [])
  const lacking = inputsOf(header).filter(({ name, kind }) => filled.get(name)?.kind !== kind)
  if (plan.shape === 'wide' && lacking.length === 0) return plan
  throw invalidInput(
    'columnsMissing',
    { lacking: lacking.map(({ name }) => name), header: columns.slice(0, 20) },
    lacking.map(({ name }) => issue(name, 'notInFile')),
  )
}

/** The accepted rows of a slice as columns of what the model reads. */
const tableOf = ({ fields }: WidePlan, { records, ends }: WideRows, header: ModelHeader): Table => {
  const rows = ends.length
  const inputs = inputsOf(header)
  // Levels of what is text, as they are met.
  const texts: string[] = []
  const columns = fields.map(({ concept }): Column | null => {
    const input = inputs.find(({ name }) => name === concept.name)
    if (!input) return null
    const { name, kind, unit, levels } = concept
    const codes = kind === 'text' ? texts : input.seen ? (levels ?? []).map(({ code }) => code) : null
    return { name, kind, unit, values: new Float64Array(rows).fill(Number.NaN), levels: codes }
  })
  decodeRecords(
    { kinds: fields.map(({ concept }) => concept.kind) },
    records,
    rows,
    columns.map((column) => column?.values ?? null),
    0,
    (row, field, isRaw, written) => {
      const column = columns[field]
      if (isRaw || column?.kind !== 'text') return
      const known = texts.indexOf(written)
      column.values[row] = known < 0 ? texts.push(written) - 1 : known
    },
  )
  return {
    rows,
    columns: columns.filter((column) => column !== null),
    patients: new Int32Array(rows),
    encounters: new Int32Array(rows),
  }
}

const predicted = (
  hand: ModelAtHand,
  { wide, errors }: RowsChunk,
  table: Table,
  times: number[] | null,
): Pick<PredictedRows, 'rows' | 'rejected' | 'problems'> => {
  const { rows: numbers, keys } = wide as WideRows
  const { rows, problems } = table.rows > 0 ? predictTable(hand, table, times) : { rows: [], problems: [] }
  return {
    rows: rows.map((values, at) => ({ row: numbers[at], key: keys?.[at] ?? null, values })),
    rejected: errors.map(rejectedRow),
    problems: problems.map((problem) => ({ ...problem, row: numbers[problem.row - 1] })),
  }
}

/**
 * Watches for columns of which no row holds a value known from training: sizes in millimetres under a model that
 * learned bands are another coding, not rare levels.
 */
const createSeenWatch = (header: ModelHeader) => {
  const watched = inputsOf(header).flatMap(({ name, seen }) =>
    seen ? [{ name, seen, known: new Set(seen), written: 0, met: false }] : [],
  )
  return {
    add: ({ errors }: RowsChunk, table: Table): void => {
      for (const one of watched) {
        one.written += errors.filter(({ column, code }) => column === one.name && code === 'notAllowed').length
        const { values, levels } = table.columns.find(({ name }) => name === one.name) as Column
        for (const value of values) {
          if (Number.isNaN(value)) continue
          one.written++
          one.met ||= one.known.has(levels?.[value] ?? '')
        }
      }
    },
    problems: (): PredictionProblem[] =>
      watched
        .filter(({ written, met }) => written > 1 && !met)
        .map(({ name, seen }) => ({
          row: 0,
          column: name,
          code: 'noneSeen',
          values: { levels: `${seen.slice(0, 6).join(', ')}${seen.length > 6 ? ', ...' : ''}` },
        })),
  }
}
