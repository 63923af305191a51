import { type Fault, faultOf, invalidInput, issue } from '../../../contract/errors.ts'
import type { Values } from '../../../contract/say.ts'
import type { ModelState } from '../learner.ts'
import { packTerms, unpackTerms } from './state.ts'
import { cellsOf, meanOf, type Term } from './terms.ts'

/**
 * Which cells of a single column's term: those whose values all lie within [from, to] (null: no limit), some levels by
 * index, or the cell of missing values.
 */
export type Where = { from: number | null; to: number | null } | { levels: readonly number[] } | 'missing'

/**
 * A change of one term, named by its columns. Of three and more classes it changes the class's curve, else the only
 * one.
 */
export type TermEdit = { columns: readonly number[]; class?: number } & (
  | { change: 'set'; where: Where; value: number }
  /** The mean over the patients in it, by training weight. */
  | { change: 'flatten'; where: Where }
  /** The nearest curve that only rises or falls, by weighted least squares (pool adjacent violators). */
  | { change: 'monotone'; direction: 'rising' | 'falling' }
  /** A moving average over so many cells to either side, by training weight. */
  | { change: 'smooth'; where: Where; reach: number }
  | { change: 'remove' }
)

/** What of an edit is kept with the model, in the order they were made. */
export type EditLog = readonly TermEdit[]

export const editsOf = ({ header }: ModelState): EditLog => (Array.isArray(header.edits) ? header.edits : [])

/**
 * A new state with terms changed, in the given order; the given one stays as it is. Curves are not centred again and
 * the baseline hazard is not fitted again: what was not edited keeps its number. Throws `invalidInput` (`badEdit`)
 * where a term or a range is not there.
 */
export const editTerms = (state: ModelState, edits: readonly TermEdit[]): ModelState => {
  const { header, ...model } = unpackTerms(state)
  let terms = model.terms
  for (const edit of edits) {
    const at = terms.findIndex(({ columns }) => columns.join() === edit.columns.join())
    if (at < 0) throw refusal(edit, 'noSuchTerm')
    if (edit.change === 'remove') terms = terms.filter((_, t) => t !== at)
    else terms[at] = changed(terms[at], edit, model)
  }
  return packTerms({ ...model, terms }, { ...header, edits: [...editsOf(state), ...edits] })
}

const refusal = ({ columns }: TermEdit, fault: Fault, values?: Values) => {
  const term = columns.join(' × ')
  return invalidInput('badEdit', { term, fault: faultOf(fault, values) }, [issue(`columns ${term}`, fault, values)])
}

const changed = (
  term: Term,
  edit: Exclude<TermEdit, { change: 'remove' }>,
  { edges, levels, intercept }: Pick<ReturnType<typeof unpackTerms>, 'edges' | 'levels' | 'intercept'>,
): Term => {
  const [column, second] = term.columns
  if (second !== undefined) throw refusal(edit, 'removeOnly')
  const of = edit.class ?? 0
  if (!(of >= 0 && of < intercept.length)) throw refusal(edit, 'noSuchClass', { class: of })
  const cells = cellsOf(term)
  const scores = term.scores.slice()
  const own = scores.subarray(of * cells, (of + 1) * cells)
  const ordered = levels[column] === 0
  const chosen = 'where' in edit ? cellsIn(edit.where, edges[column], levels[column], cells) : []
  if ('where' in edit && chosen.length === 0) throw refusal(edit, 'noCells')
  if (edit.change === 'set') {
    if (!Number.isFinite(edit.value)) throw refusal(edit, 'valueNotANumber')
    for (const cell of chosen) own[cell] = edit.value
  } else if (edit.change === 'flatten') {
    const pick = (values: Float64Array) => Float64Array.from(chosen, (cell) => values[cell])
    const weights = pick(term.weights)
    const mean = weights.some((weight) => weight > 0) ? meanOf(pick(own), weights) : plainMean(pick(own))
    for (const cell of chosen) own[cell] = mean
  } else {
    if (!ordered) throw refusal(edit, 'levelsUnordered')
    if (edit.change === 'monotone') makeMonotone(own, term.weights, edit.direction === 'rising' ? 1 : -1)
    else {
      if (!(Number.isInteger(edit.reach) && edit.reach > 0)) throw refusal(edit, 'badReach')
      smoothen(own, term.weights, chosen, edit.reach)
    }
  }
  return { ...term, scores }
}

const plainMean = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0) / values.length

const cellsIn = (where: Where, edges: Float64Array, levels: number, cells: number): number[] => {
  if (where === 'missing') return [cells - 1]
  if ('levels' in where) return levels > 0 ? where.levels.filter((level) => level >= 0 && level < levels) : []
  if (levels > 0) return []
  const from = where.from ?? Number.NEGATIVE_INFINITY
  const to = where.to ?? Number.POSITIVE_INFINITY
  const chosen: number[] = []
  // A cell holds values above the edge before it up to its own.
  for (let cell = 0; cell < edges.length; cell++) {
    const above = cell === 0 ? Number.NEGATIVE_INFINITY : edges[cell - 1]
    if (above >= from && edges[cell] <= to) chosen.push(cell)
  }
  return chosen
}

/**
 * Weighted isotonic regression of the cells but the last, in place; cells without patients count a little, so that they
 * follow.
 */
const makeMonotone = (scores: Float64Array, weights: Float64Array, sign: number) => {
  const blocks: { sum: number; weight: number; cells: number }[] = []
  for (let cell = 0; cell < scores.length - 1; cell++) {
    const weight = Math.max(weights[cell], 1e-9)
    blocks.push({ sum: sign * scores[cell] * weight, weight, cells: 1 })
    for (let last = blocks.length - 1; last > 0; last--) {
      const [before, after] = [blocks[last - 1], blocks[last]]
      if (before.sum / before.weight <= after.sum / after.weight) break
      before.sum += after.sum
      before.weight += after.weight
      before.cells += after.cells
      blocks.pop()
    }
  }
  let cell = 0
  for (const block of blocks) {
    const value = (sign * block.sum) / block.weight
    for (const end = cell + block.cells; cell < end; cell++) scores[cell] = value
  }
}

const smoothen = (scores: Float64Array, weights: Float64Array, chosen: readonly number[], reach: number) => {
  const before = scores.slice()
  for (const cell of chosen) {
    const low = Math.max(0, cell - reach)
    const high = Math.min(scores.length - 1, cell + reach + 1)
    const own = weights.subarray(low, high)
    if (own.some((weight) => weight > 0)) scores[cell] = meanOf(before.subarray(low, high), own)
  }
}
