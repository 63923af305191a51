import type { Dialect, DialectHint, Mapping, Preview } from '../../../contract/intake.ts'
import type { Concept } from '../../../contract/values.ts'
import { type Warning, warn } from '../../../contract/warnings.ts'
import { type Labels, noLabels } from '../../terminology/labels.ts'
import { loadUnits } from '../../terminology/units.ts'
import { decimalOf, type Sink } from '../reader.ts'
import { nameColumns } from '../readers/columns.ts'
import { chooseReader, readerOf } from '../readers/readers.ts'
import { emptyFile, type FileSource, type OpenSource, openSource } from '../source.ts'
import { createInference } from './infer.ts'
import { reuseMapping, suggestMapping } from './mapping.ts'

export interface PreviewRequest {
  source: FileSource
  /** What the person set; the rest is detected. */
  dialect?: DialectHint
  /** Dictionary of the study the file goes to; null: a new study. */
  dictionary?: readonly Concept[] | null
  /** Mappings of the study's files before, newest first. */
  before?: readonly Mapping[]
  /** Dictionaries to take for a new study whose columns are the very same, by name (bundled samples). */
  known?: readonly { name: string; concepts: readonly Concept[] }[]
  /** Saved mappings, of which one that fits is taken. */
  saved?: readonly { name: string; mapping: Mapping }[]
  /** What columns are called that the vocabulary knows; they are called by their header where it is left out. */
  labels?: Labels
}

/** Types are inferred from this much of a file: all of it, nearly always. */
const inferredBytes = 32 << 20
const shownRows = 50

/**
 * Looks at a file: dialect, types, and what a mapping could be. Types are judged by the first 32 MiB, beyond which
 * nothing is claimed that a later row could break (no closed lists of levels, no integers). Throws `emptyFile`,
 * `formatUnknown`.
 */
export const previewHere = async ({
  source,
  dialect: given = {},
  dictionary = null,
  before = [],
  known = [],
  saved = [],
  labels = noLabels,
}: PreviewRequest): Promise<Omit<Preview, 'upload'>> => {
  const opened = await openSource(source, { keptBytes: inferredBytes })
  const reader = await chooseReader(opened, given)
  const { dialect, warnings } = await reader.look(opened, given)
  const looked = await look(opened, dialect)
  const about = { file: source.file, bytes: opened.bytes, dialect }
  if (looked.resources > 0)
    return {
      ...about,
      ...{ columns: [], looked: looked.resources, rows: [], savedAs: null, warnings },
      mapping: {
        ...{ version: 1, dialect, layout: { shape: 'resources' }, missing: [], identifierSystem: null, columns: [] },
      },
    }
  if (looked.header === null || looked.inference.rows() === 0) throw await emptyFile(source.file, looked.broken)
  warnings.push(...looked.warnings)
  const { columns, missing } = looked.inference.finish(looked.whole)
  warnings.push(...columns.flatMap(({ warnings: own }) => own))
  const same = dictionary === null || dictionary.length === 0 ? sameColumns(looked.header, known) : null
  if (same !== null) warnings.push(warn('knownDictionary', { sample: same.name }))
  const suggested = suggestMapping({
    dialect,
    columns,
    missing,
    dictionary: same?.concepts ?? dictionary,
    before,
    units: loadUnits(),
    labels,
  })
  const reused = reuseMapping(looked.header, saved, suggested.mapping)
  warnings.push(...suggested.warnings)
  if (reused && reused.added.length > 0)
    warnings.push(warn('columnsAdded', { mapping: reused.name, columns: reused.added }))
  return {
    ...about,
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

const look = async (source: OpenSource, dialect: Dialect) => {
  const decimal = decimalOf(dialect)
  const warnings: Warning[] = []
  const rows: string[][] = []
  const state = {
    header: null as string[] | null,
    inference: createInference([], decimal),
    faults: 0,
    odd: 0,
    resources: 0,
  }
  const sink: Sink = {
    header: (cells) => {
      const named = nameColumns(cells)
      state.header = named.names
      state.inference = createInference(named.names, decimal)
      if (!('header' in dialect) || dialect.header) warnings.push(...named.warnings)
    },
    row: (cells) => {
      if (rows.length < shownRows) rows.push(cells.map((cell) => cell.slice(0, 200)))
      state.inference.addRow(cells)
    },
    resource: () => {
      state.resources++
    },
    broken: ({ code }) => (code === 'columnCount' ? state.odd++ : state.faults++),
  }
  let whole = true
  for await (const share of readerOf(dialect.format).read(source, dialect, sink))
    if (share < 1 && share * source.bytes >= inferredBytes) {
      whole = false
      break
    }
  if (state.faults > 0) warnings.push(warn('badQuotes', { rows: state.faults }))
  if (state.odd > 0) warnings.push(warn('columnCounts', { rows: state.odd }))
  const broken = state.faults + state.odd
  const { header, inference, resources } = state
  return { header, inference, resources, rows, warnings, whole, broken }
}
