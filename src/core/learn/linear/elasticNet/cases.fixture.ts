import {
  classOutcome,
  completeCases,
  sampleTable,
  survivalOutcome,
  valuesOf,
} from '../../../../../test/golden/sampleTable.ts'
import { type Outcome, takeMatrixRows } from '../../../cohort/matrix.ts'
import type { FamilyName } from './fitPath.ts'

/** Which cases a golden value is of; see test/golden/elasticNet.R. */
export interface GoldenCases {
  file: string
  features: string[]
  family: FamilyName
  /** The first so many of the complete cases; left out: all. */
  rows?: number
}

const targets: Record<string, string> = {
  diabetes: 'target',
  bodyfat: 'DEXfat',
  'breast-cancer': 'target',
  ectopic: 'outc',
  boys: 'reg',
}

/** The complete cases and outcome of one of the golden paths. */
export const casesOf = ({ file, features, family, rows: first }: GoldenCases) => {
  const table = sampleTable(file)
  const outcomes =
    family === 'cox'
      ? file === 'pbc'
        ? ['time', 'status']
        : ['rfstime', 'status']
      : file === 'wcgs'
        ? ['chd69', 'ncigs0', 'age0', 'height0', 'weight0', 'sbp0', 'dbp0', 'chol0', 'dibpat0', 'arcus0']
        : [targets[file]]
  const all = completeCases(table, features, outcomes)
  const rows = first ? all.rows.slice(0, first) : all.rows
  const x = first
    ? takeMatrixRows(
        all.x,
        Array.from({ length: first }, (_, i) => i),
      )
    : all.x
  const values = (name: string) => Float64Array.from(rows, (row) => valuesOf(table, name)[row])
  const outcome = (): Outcome => {
    if (family === 'cox')
      return file === 'pbc'
        ? survivalOutcome(table, 'time', 'status', [2], rows)
        : survivalOutcome(table, 'rfstime', 'status', [1], rows)
    if (family === 'gaussian') return { task: 'regression', y: values(first ? 'mean radius' : targets[file]) }
    if (family === 'poisson')
      return { task: 'regression', y: values(features.includes('ncigs0') || file !== 'wcgs' ? 'y' : 'ncigs0') }
    return classOutcome(table, file === 'wcgs' ? 'chd69' : targets[file], rows)
  }
  return { x, outcome: outcome(), values }
}
