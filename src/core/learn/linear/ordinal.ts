import { type Fault, invalidInput, issue, named } from '../../../contract/errors.ts'
import { warn, warnAs } from '../../../contract/warnings.ts'
import type { Matrix } from '../../cohort/matrix.ts'
import { chiSquareTail, normalP } from '../../numbers/distributions.ts'
import { sandwich } from '../../numbers/solve.ts'
import type { Fitted, Learner, ModelState, Predictor } from '../learner.ts'
import { describe, number, text } from '../parameters.ts'
import { ridgeSearch } from '../search.ts'
import { coefficientOf } from './coefficients.ts'
import { aliasedWarning, checkColumns, checkMatrix, designOf, noUsableFeature, withoutZeroWeights } from './design.ts'
import { maximiseMultinomial } from './likelihood.ts'
import { maximiseOrdinal } from './proportionalOdds.ts'
import { columnsOf, likelihoodRatioTests, nagelkerke, refitsAffordable, waldTests } from './termTests.ts'

/** From here on the data speak against one set of odds ratios for all thresholds. */
const notProportional = 0.01

const settings = describe(text('order', null), number('l2', [0, 0, 1e9]))

/**
 * Ordinal regression of classes that have an order, by the proportional-odds model, as MASS's polr and rms's lrm: one
 * odds ratio a feature for being above any threshold. See docs/methods.md.
 */
export const ordinal: Learner = {
  id: 'ordinal',
  family: 'regression',
  effect: () => 'oddsRatio',
  tasks: ['diagnosis'],
  parameters: settings.list,
  needs: { categories: 'contrasts', standardise: false, native: false, missing: 'median', terms: 'reads' },
  stateVersion: 1,
  search: ridgeSearch,

  async fit(matrix, given, parameters, context, givenWeights): Promise<Fitted> {
    if (given.task !== 'diagnosis') throw new TypeError('ordinal learns classes')
    checkMatrix(matrix, 'ordinal', givenWeights)
    const { x, outcome, weights } = withoutZeroWeights(matrix, given, givenWeights)
    const { l2, order: asked } = settings.read(parameters)
    const order = orderOf(outcome.classes, asked)
    const counts = new Float64Array(outcome.classes.length)
    for (const label of outcome.y) counts[label]++
    const present = order.filter((label) => counts[label] > 0)
    if (present.length < 2)
      throw invalidInput('oneClassOnly', { rows: x.rows, class: outcome.classes[present[0]] ?? '–' })
    const warnings: Fitted['warnings'] = []
    const absent = outcome.classes.filter((_, label) => counts[label] === 0)
    if (absent.length > 0) warnings.push(warn('absentClass', { classes: absent }))
    const position = new Map(present.map((label, index) => [label, index]))
    const y = Int32Array.from(outcome.y, (label) => position.get(label) ?? 0)

    const design = designOf(x, weights, l2, 1e-11)
    const { kept, moments, map, size } = design
    if (kept.length === 0) throw noUsableFeature('ordinal')
    warnings.push(...aliasedWarning(x, design.aliased, moments))
    const classes = present.length
    const maximum = maximiseOrdinal(design, y, classes, weights, context)
    const cuts = classes - 1
    const slopes = size - 1
    const dimension = cuts + slopes
    const largest = maximum.parameters.reduce(
      (most, value, j) => (j < cuts ? most : Math.max(most, Math.abs(value))),
      0,
    )
    if (!maximum.converged || (l2 === 0 && largest > 30))
      warnings.push(warnAs('notConverged', 'notConvergedSeparated', { iterations: maximum.iterations }))

    // From the design's coordinates to coefficients, and thresholds from the features' means to 0.
    const back = new Float64Array(dimension * dimension)
    for (let cut = 0; cut < cuts; cut++) {
      back[cut * dimension + cut] = 1
      for (let j = 0; j < slopes; j++)
        for (let i = 0; i < slopes; i++)
          back[cut * dimension + cuts + j] += moments.mean[kept[i]] * map[(i + 1) * size + j + 1]
    }
    for (let i = 0; i < slopes; i++)
      for (let j = 0; j < slopes; j++) back[(cuts + i) * dimension + cuts + j] = map[(i + 1) * size + j + 1]
    const values = new Float64Array(dimension)
    for (let i = 0; i < dimension; i++)
      for (let j = 0; j < dimension; j++) values[i] += back[i * dimension + j] * maximum.parameters[j]
    const covariance = sandwich(back, dimension, dimension, maximum.covariance)
    const coefficients = new Float64Array(x.columns)
    kept.forEach((column, j) => {
      coefficients[column] = values[cuts + j]
    })
    const tail = l2 > 0 ? null : normalP
    const row = (term: string, at: number) =>
      coefficientOf(term, values[at], Math.sqrt(covariance[at * dimension + at]), tail)
    const name = (at: number) => outcome.classes[present[at]]

    const tested = l2 === 0 && maximum.converged
    const inner = Float64Array.from(
      { length: slopes * slopes },
      (_, at) => covariance[(cuts + Math.floor(at / slopes)) * dimension + cuts + (at % slopes)],
    )
    const wald = tested ? waldTests(x, kept, values.subarray(cuts), inner) : null
    const quiet = { signal: context.signal, progress: () => {} }
    const thorough = context.diagnostics !== false && refitsAffordable(x, dimension)
    const likelihoodWith = (columns: number[]) =>
      columns.length === 0
        ? maximum.nullLogLikelihood
        : maximiseOrdinal(designOf(columnsOf(x, columns), weights, 0, 1e-11), y, classes, weights, quiet).logLikelihood
    const tests = wald && thorough ? likelihoodRatioTests(x, kept, maximum.logLikelihood, wald, likelihoodWith) : wald
    if (tested && thorough && classes > 2) {
      const free = maximiseMultinomial(design, y, classes, weights, quiet)
      const chisq = 2 * (free.logLikelihood - maximum.logLikelihood)
      const df = slopes * (cuts - 1)
      const p = chiSquareTail(chisq, df)
      if (free.converged && p < notProportional)
        warnings.push(
          warn('notProportionalOdds', { chisq: chisq.toFixed(1), df, p: p < 0.0001 ? '< 0.0001' : p.toFixed(4) }),
        )
    }
    context.progress(1)
    const total = weights ? weights.reduce((sum, weight) => sum + weight, 0) : x.rows
    return {
      state: {
        header: { classes: [...outcome.classes], terms: [...x.terms], l2, rows: x.rows },
        arrays: {
          present: Int32Array.from(present),
          coefficients,
          thresholds: values.slice(0, cuts),
          means: moments.mean,
        },
      },
      fit: {
        coefficients: [
          ...Array.from({ length: cuts }, (_, cut) => row(`${name(cut)}|${name(cut + 1)}`, cut)),
          ...kept.map((column, j) => row(x.terms[column], cuts + j)),
        ],
        tests,
        aic: l2 > 0 || !Number.isFinite(maximum.logLikelihood) ? null : 2 * dimension - 2 * maximum.logLikelihood,
        deviance: -2 * maximum.logLikelihood,
        nullDeviance: -2 * maximum.nullLogLikelihood,
        r2: l2 > 0 ? null : nagelkerke(maximum.logLikelihood, maximum.nullLogLikelihood, total),
        logLikelihood: maximum.logLikelihood,
        nullLogLikelihood: maximum.nullLogLikelihood,
        iterations: maximum.iterations,
        converged: maximum.converged,
      },
      outOfBag: null,
      backend: null,
      warnings,
    }
  },

  async load({ header, arrays }: ModelState): Promise<Predictor> {
    const classes = header.classes as string[]
    const { present, coefficients, thresholds, means } = arrays
    const columns = means.length
    return {
      task: 'diagnosis',
      probabilities(x: Matrix) {
        checkColumns(x, columns)
        const eta = new Float64Array(x.rows)
        for (let column = 0; column < columns; column++)
          if (coefficients[column] !== 0)
            for (let i = 0; i < x.rows; i++) eta[i] += coefficients[column] * x.data[column * x.rows + i]
        const result = new Float64Array(x.rows * classes.length)
        for (let i = 0; i < x.rows; i++) {
          let below = 0
          present.forEach((label, at) => {
            const upTo = at < thresholds.length ? 1 / (1 + Math.exp(eta[i] - thresholds[at])) : 1
            result[i * classes.length + label] = Math.max(0, upTo - below)
            below = upTo
          })
        }
        return result
      },
    }
  },
}

/** Class indices from lowest to highest. */
const orderOf = (classes: readonly string[], given: string): number[] => {
  if (given.trim() === '') return Array.from(classes.keys())
  const listed = given.split(',').map((name) => name.trim())
  const refuse = (fault: Fault, names: readonly string[] = []) => {
    const wrong = issue('order', fault, { names, classes })
    return invalidInput('badParameter', { learner: 'ordinal', faults: named([wrong]) }, [wrong])
  }
  const strange = listed.filter((name) => !classes.includes(name))
  if (strange.length > 0) throw refuse('orderStrange', strange)
  const missing = classes.filter((name) => !listed.includes(name))
  if (missing.length > 0) throw refuse('orderLacks', missing)
  if (listed.length > classes.length) throw refuse('orderTwice')
  return listed.map((name) => classes.indexOf(name))
}
