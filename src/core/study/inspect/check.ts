import type { StudyDesign } from '../../../contract/design.ts'
import type { DesignCheck } from '../../../contract/models.ts'
import type { Concept } from '../../../contract/values.ts'
import { takeMatrixRows, takeOutcomeRows } from '../../cohort/matrix.ts'
import { splitRows } from '../../cohort/split.ts'
import type { Table } from '../../cohort/table.ts'
import { randomOf, shuffle } from '../../numbers/random.ts'
import { type Cases, defineCases, featuresOf } from '../design/cases.ts'
import { horizonsOf } from '../design/horizons.ts'
import { type Fitting, fittingOf, positionsOf } from '../run/fitting.ts'
import { mainHorizon } from '../tasks/assessment.ts'
import { candidatesOf, comparatorOf, requireNamed } from '../tune/settle.ts'
import { collinearityOf } from './collinearity.ts'
import { findLeaks } from './leaks.ts'
import { sampleSizeOf } from './sampleSize.ts'
import { columnWarnings, preparationWarnings } from './warnings.ts'

export interface CheckRun {
  design: StudyDesign
  concepts: Concept[]
  table: Table
}

export type ColumnFindings = Pick<DesignCheck, 'sampleSize' | 'leaks' | 'collinearity'>

/** What stands for and against a design before anything is trained: nothing is fitted but the preparation. */
export const checkDesign = ({ design, concepts, table }: CheckRun): DesignCheck => {
  candidatesOf(design, table.rows)
  const cases = defineCases(table, design, featuresOf(design, concepts))
  const { development } = splitRows(table, cases.rows, cases.outcome, design)
  const horizons = horizonsOf(design, takeOutcomeRows(cases.outcome, positionsOf(cases.rows, development)))
  const fitting = fittingOf({ design, table, concepts }, cases, horizons, {
    signal: new AbortController().signal,
    threads: 1,
    parallel: () => Promise.reject(new Error('nothing is fitted here')),
  })
  const { findings, warnings } = inspectColumns({ design, table }, cases, fitting, development, horizons)
  return {
    flow: cases.flow,
    ...findings,
    warnings: [...warnings, ...columnWarnings(findings.leaks, findings.collinearity)],
  }
}

/** Rows that are looked at for leaks and repetition; more change nothing. */
const mostRows = 10_000
const rowsStream = 0x1ea4

/**
 * Looks at the columns of the development rows as a regression would read them: how many parameters, which give the
 * outcome away, which repeat others.
 */
export const inspectColumns = (
  { design, table }: { design: StudyDesign; table: Table },
  cases: Cases,
  fitting: Fitting,
  development: Int32Array,
  horizons: number[] | null,
): { findings: ColumnFindings; warnings: DesignCheck['warnings'] } => {
  const sampled = sampleOf(development.length, design.seed)
  const rows = sampled ? sampled.map((at) => development[at]) : development
  const leaks = findLeaks(table, rows, fitting.outcomeOf(rows), cases.features, design.seed)
  // Courses and pictures are read by nets, whose parameters no criterion counts.
  if (design.sequences || design.grids)
    return {
      findings: { sampleSize: sampleSizeOf(fitting.outcomeOf(development), 0, null), leaks, collinearity: null },
      warnings: [],
    }
  const set = fitting.prepare(requireNamed(comparatorOf(design)), development, 'parameters')
  const [matrix] = set.matrices
  const taken = sampleOf(matrix.rows, design.seed)
  const looked = taken ? takeMatrixRows(matrix, taken) : matrix
  return {
    findings: {
      sampleSize: sampleSizeOf(set.outcome, matrix.columns, horizons ? mainHorizon(horizons) : null),
      leaks,
      collinearity: collinearityOf(looked),
    },
    warnings: preparationWarnings(set.preparation),
  }
}

const sampleOf = (count: number, seed: number): Int32Array | null => {
  if (count <= mostRows) return null
  const order = shuffle(
    Int32Array.from({ length: count }, (_, row) => row),
    randomOf(seed, rowsStream),
  )
  return order.slice(0, mostRows).sort()
}
