import { conflict, type Fault, faultOf, invalidInput, issue } from '../../../contract/errors.ts'
import type { Values } from '../../../contract/say.ts'
import type { ModelTerms, TermCell, TermEditInput } from '../../../contract/terms.ts'
import type { PreparedColumn, PreparedFeature } from '../../cohort/prepare/preparation.ts'
import { prepareRow } from '../../cohort/prepare/prepare.ts'
import { editTerms, type TermEdit, type Where } from '../../learn/additive/edit.ts'
import { type LoadedAdditive, unpackTerms } from '../../learn/additive/state.ts'
import { cellsOf, type Term } from '../../learn/additive/terms.ts'
import type { ModelState } from '../../learn/learner.ts'
import { learnerOf } from '../../learn/learners.ts'
import { decodeArtifact } from '../../numbers/bytes.ts'
import { encodeModel, type ModelHeader } from '../model.ts'

/** A column of the matrix as a person knows it. */
interface Named {
  term: string
  feature: PreparedFeature
  /** Null for what is made of columns (splines, products), whose numbers stay as they are. */
  column: PreparedColumn | null
}

const open = (artifact: Uint8Array) => {
  const { header: raw, arrays } = decodeArtifact(artifact)
  const header = raw as unknown as ModelHeader
  const state: ModelState = { header: header.state, arrays }
  if (!learnerOf(header.learner)?.curves) throw conflict('noTerms')
  const { matrix } = prepareRow(header.preparation, {})
  const { features } = header.preparation
  const columns = features.flatMap((feature) => feature.columns.map((column) => ({ feature, column })))
  const named = matrix.terms.map((term, at): Named => {
    const found = columns.find(({ column }) => column.term === term)
    return { term, feature: features[matrix.source[at]], column: found?.column ?? null }
  })
  return { header, state, named }
}

/** A number of the matrix in the feature's own unit. */
const original = ({ feature, column }: Named, value: number): number => {
  if (!column) return value
  const plain = value * column.scale + column.mean
  return feature.log ? Math.exp(plain) - feature.log.shift : plain
}
/** The reverse. */
const prepared = ({ feature, column }: Named, value: number): number => {
  if (!column) return value
  const plain = feature.log ? Math.log(Math.max(value + feature.log.shift, Number.MIN_VALUE)) : value
  return (plain - column.mean) / column.scale
}

const sideOf = (model: LoadedAdditive, at: number, named: Named): TermCell[] => {
  const missing: TermCell = { from: null, to: null, levels: null, missing: true }
  if (model.levels[at] > 0)
    return [
      ...(named.feature.levels ?? []).map((level) => ({ from: null, to: null, levels: [level], missing: false })),
      missing,
    ]
  const edges = model.edges[at]
  const cells = Array.from(
    edges,
    (edge, cell): TermCell => ({
      from: cell === 0 ? null : original(named, edges[cell - 1]),
      to: cell === edges.length - 1 ? null : original(named, edge),
      levels: null,
      missing: false,
    }),
  )
  return [...cells, missing]
}

/** Cells of a pair's side: those of the column that share a line. */
const linesOf = (side: readonly TermCell[], lines: Uint8Array): TermCell[] => {
  const count = Math.max(...lines) + 1
  return Array.from({ length: count }, (_, line): TermCell => {
    const own = side.filter((_, cell) => lines[cell] === line)
    if (own[0].levels) return { ...own[0], levels: own.flatMap(({ levels }) => levels ?? []) }
    return { ...own[0], to: own[own.length - 1].to }
  })
}

const nameOf = (term: Pick<Term, 'columns'>, named: readonly Named[]) =>
  term.columns.map((column) => named[column].term).join(' × ')

/** The terms of a model, as views show them. Throws `noTerms` for a model of another kind. */
export const readTerms = (artifact: Uint8Array): Omit<ModelTerms, 'model' | 'edited'> => {
  const { header, state, named } = open(artifact)
  const model = unpackTerms(state)
  const classes = model.intercept.length > 1 ? header.classes : null
  const scales = { diagnosis: 'logOdds', survival: 'logHazard', regression: 'value' } as const
  return {
    scale: state.header.loss === 'poisson' ? 'logRate' : scales[header.task],
    classes,
    intercept: [...model.intercept],
    terms: model.terms.map((term) => {
      const sides = term.columns.map((column) => sideOf(model, column, named[column]))
      const cells = cellsOf(term)
      const [first] = term.columns
      const pair = term.columns.length > 1
      const total = term.weights.reduce((sum, weight) => sum + weight, 0)
      const spread = term.scores.reduce((sum, score, i) => sum + term.weights[i % cells] * Math.abs(score), 0)
      return {
        term: nameOf(term, named),
        features: [...new Set(term.columns.map((column) => named[column].feature.name))],
        kind: pair ? ('pair' as const) : model.levels[first] > 0 ? ('levels' as const) : ('numbers' as const),
        unit: pair ? null : named[first].feature.unit,
        sides: pair ? sides.map((side, i) => linesOf(side, model.lines[term.columns[i]])) : sides,
        curves: Array.from(model.intercept, (_, of) => ({
          scores: [...term.scores.subarray(of * cells, (of + 1) * cells)],
          deviations: [...term.deviations.subarray(of * cells, (of + 1) * cells)],
        })),
        weights: [...term.weights],
        importance: total > 0 ? spread / total / model.intercept.length : 0,
      }
    }),
  }
}

/** A model with terms changed by hand: everything else of the artifact stays. Throws `noTerms`, `badEdit`. */
export const editArtifact = (artifact: Uint8Array, edits: readonly TermEditInput[]): Uint8Array => {
  const { header, state, named } = open(artifact)
  const model = unpackTerms(state)
  const changed = editTerms(
    state,
    edits.map((edit) => inner(edit, model, named, header.classes)),
  )
  const { state: _state, format: _format, ...rest } = header
  return encodeModel(rest, changed)
}

const inner = (
  { term, class: named, ...edit }: TermEditInput,
  model: LoadedAdditive,
  columns: readonly Named[],
  classes: readonly string[] | null,
): TermEdit => {
  const refuse = (fault: Fault, values?: Values) =>
    invalidInput('badEdit', { term, fault: faultOf(fault, values) }, [issue(term, fault, values)])
  const found = model.terms.find((one) => nameOf(one, columns) === term)
  if (!found) throw refuse('noSuchTerm')
  const several = model.intercept.length > 1
  const of = named === undefined ? -1 : (classes?.indexOf(named) ?? -1)
  if (several && edit.change !== 'remove' && of < 0) throw refuse('whichClass')
  const shared = { columns: found.columns, ...(several ? { class: Math.max(0, of) } : {}) }
  if (!('where' in edit)) return { ...edit, ...shared }
  return { ...edit, ...shared, where: whereOf(edit.where, columns[found.columns[0]], refuse) }
}

const whereOf = (
  where: Extract<TermEditInput, { where: unknown }>['where'],
  named: Named,
  refuse: (fault: Fault, values?: Values) => Error,
): Where => {
  if (where === 'missing') return 'missing'
  if ('levels' in where) {
    const known = named.feature.levels ?? []
    const unknown = where.levels.filter((level) => !known.includes(level))
    if (unknown.length > 0) throw refuse('noSuchLevel', { levels: unknown })
    return { levels: where.levels.map((level) => known.indexOf(level)) }
  }
  const bound = (value: number | null) => (value === null ? null : prepared(named, value))
  return { from: bound(where.from), to: bound(where.to) }
}
