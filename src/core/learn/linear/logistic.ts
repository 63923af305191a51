import { invalidInput } from '../../../contract/errors.ts'
import { warn, warnAs } from '../../../contract/warnings.ts'
import type { Matrix } from '../../cohort/matrix.ts'
import { chiSquareTail, criticalValue, normalP } from '../../numbers/distributions.ts'
import type { Fitted, Learner, ModelState, Predictor } from '../learner.ts'
import { describe, number } from '../parameters.ts'
import { ridgeSearch } from '../search.ts'
import { coefficientOf, mapCovariance, multiply, standardErrors } from './coefficients.ts'
import { aliasedWarning, checkColumns, checkMatrix, designOf, noUsableFeature, withoutZeroWeights } from './design.ts'
import { maximiseBinomial, maximiseMultinomial } from './likelihood.ts'
import { findSeparation } from './separation.ts'
import { columnsOf, likelihoodRatioTests, nagelkerke, refitsAffordable, waldTests } from './termTests.ts'

const settings = describe(number('l2', [0, 1, 1e9]))

/**
 * Logistic regression, binary and multinomial, by maximum likelihood or with a ridge penalty. See docs/methods.md.
 *
 * The default penalty is l2 = 1: a normal prior of SD 1 on the log odds ratio of one standard deviation. It keeps
 * predictions finite where classes are separated and steadies them where events are few, and fades as rows grow.
 * `l2` = 0 is R's glm (binary) and nnet's multinom, with standard errors and Wald tests.
 */
export const logistic: Learner = {
  id: 'logistic',
  family: 'regression',
  explains: 'linear',
  effect: () => 'oddsRatio',
  comparator: ({ task }) => task === 'diagnosis',
  tasks: ['diagnosis'],
  parameters: settings.list,
  needs: { categories: 'contrasts', standardise: false, native: false, missing: 'median', terms: 'reads' },
  stateVersion: 1,
  search: ridgeSearch,

  async fit(matrix, given, parameters, context, givenWeights): Promise<Fitted> {
    if (given.task !== 'diagnosis') throw new TypeError('logistic learns classes')
    checkMatrix(matrix, 'logistic', givenWeights)
    const { x, outcome, weights } = withoutZeroWeights(matrix, given, givenWeights)
    const { l2 } = settings.read(parameters)

    const counts = new Float64Array(outcome.classes.length)
    for (const label of outcome.y) counts[label]++
    const present = outcome.classes.map((_, label) => label).filter((label) => counts[label] > 0)
    if (present.length < 2)
      throw invalidInput('oneClassOnly', { rows: x.rows, class: outcome.classes[present[0]] ?? '–' })
    const warnings: Fitted['warnings'] = []
    const absent = outcome.classes.filter((_, label) => counts[label] === 0)
    if (absent.length > 0) warnings.push(warn('absentClass', { classes: absent }))
    const position = new Map(present.map((label, index) => [label, index]))
    const y = Int32Array.from(outcome.y, (label) => position.get(label) ?? 0)

    // R's glm calls lm.fit with a tolerance of min(1e-7, epsilon / 1000), epsilon 1e-8.
    const design = designOf(x, weights, l2, 1e-11)
    if (design.kept.length === 0) throw noUsableFeature('logistic')
    warnings.push(...aliasedWarning(x, design.aliased, design.moments))

    const binary = present.length === 2
    const maximum = binary
      ? maximiseBinomial(design, Uint8Array.from(y), weights, context)
      : maximiseMultinomial(design, y, present.length, weights, context)
    const separation = findSeparation(design, y, present.length, weights, maximum.gamma)
    const along = separation.columns.map((column) => x.terms[column])
    if (separation.kind === 'complete')
      warnings.push(
        l2 > 0 ? warnAs('completeSeparation', 'separatedPenalised') : warn('completeSeparation', { columns: along }),
      )
    else if (separation.kind === 'quasi') warnings.push(warn('quasiSeparation', { columns: along }))
    if (separation.extremeRows > 0) warnings.push(warn('extremeProbabilities', { rows: separation.extremeRows }))
    if (!maximum.converged && separation.kind === 'none')
      warnings.push(warn('notConverged', { iterations: maximum.iterations }))

    const { size, kept, moments, map } = design
    const blocks = present.length - 1
    const dimension = blocks * size
    const covariance = mapCovariance(map, size, blocks, maximum.covariance)
    const keptMeans = kept.map((column) => moments.mean[column])
    const atMeans = new Float64Array(blocks)
    const coefficients = new Float64Array(blocks * x.columns)
    const table: NonNullable<Fitted['fit']>['coefficients'] = []
    for (let block = 0; block < blocks; block++) {
      const values = multiply(map, size, size, maximum.gamma, block * size)
      const errors = standardErrors(covariance, dimension, block, size, keptMeans)
      const prefix = binary ? '' : `${outcome.classes[present[block + 1]]}:`
      const tail = l2 > 0 ? null : normalP
      let intercept = values[0]
      atMeans[block] = values[0]
      kept.forEach((column, j) => {
        coefficients[block * x.columns + column] = values[j + 1]
        intercept -= values[j + 1] * moments.mean[column]
      })
      table.push(coefficientOf(`${prefix}(Intercept)`, intercept, errors[0], tail))
      kept.forEach((column, j) => {
        table.push(coefficientOf(`${prefix}${x.terms[column]}`, values[j + 1], errors[j + 1], tail))
      })
    }
    const tested = l2 === 0 && maximum.converged && separation.kind === 'none'
    const quiet = { signal: context.signal, progress: () => {} }
    const likelihoodWith = (columns: number[]) => {
      if (columns.length === 0) return maximum.nullLogLikelihood
      const smaller = designOf(columnsOf(x, columns), weights, 0, 1e-11)
      return binary
        ? maximiseBinomial(smaller, Uint8Array.from(y), weights, quiet).logLikelihood
        : maximiseMultinomial(smaller, y, present.length, weights, quiet).logLikelihood
    }
    const bends =
      tested && binary ? waldTests(x, kept, estimatesOf(kept, coefficients), slopesOf(covariance, size)) : []
    const ratios =
      tested && context.diagnostics !== false && refitsAffordable(x, dimension)
        ? likelihoodRatioTests(x, kept, maximum.logLikelihood, bends, likelihoodWith)
        : null
    // Of several classes each column has a coefficient a class, so that a test has as many degrees of freedom more.
    const tests = ratios?.map((test) =>
      binary ? test : { ...test, df: test.df * blocks, p: chiSquareTail(test.statistic, test.df * blocks) },
    )
    context.progress(1)
    return {
      state: {
        header: { classes: [...outcome.classes], terms: [...x.terms], l2, rows: x.rows },
        arrays: {
          present: Int32Array.from(present),
          kept: Int32Array.from(kept),
          atMeans,
          coefficients,
          means: moments.mean,
          covariance,
        },
      },
      fit: {
        coefficients: table,
        tests: tests ?? (tested && binary ? bends : null),
        aic: l2 > 0 ? null : 2 * dimension - 2 * maximum.logLikelihood,
        deviance: -2 * maximum.logLikelihood,
        nullDeviance: -2 * maximum.nullLogLikelihood,
        r2: l2 > 0 ? null : nagelkerke(maximum.logLikelihood, maximum.nullLogLikelihood, totalOf(weights, x.rows)),
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

  async load(state: ModelState): Promise<Predictor> {
    const classes = state.header.classes as string[]
    const { present, kept, atMeans, coefficients, means, covariance } = state.arrays
    const columns = means.length
    const blocks = present.length - 1

    /** Linear predictors of each class but the reference, rows x blocks. */
    const scores = (x: Matrix): Float64Array => {
      checkColumns(x, columns)
      const result = new Float64Array(x.rows * blocks)
      for (let block = 0; block < blocks; block++) {
        for (let i = 0; i < x.rows; i++) result[i * blocks + block] = atMeans[block]
        for (let column = 0; column < columns; column++) {
          const coefficient = coefficients[block * columns + column]
          if (coefficient === 0) continue
          const at = column * x.rows
          for (let i = 0; i < x.rows; i++) result[i * blocks + block] += coefficient * (x.data[at + i] - means[column])
        }
      }
      return result
    }
    const probabilities = (x: Matrix): Float64Array => {
      const eta = scores(x)
      const result = new Float64Array(x.rows * classes.length)
      for (let i = 0; i < x.rows; i++) {
        let largest = 0
        for (let block = 0; block < blocks; block++) largest = Math.max(largest, eta[i * blocks + block])
        let sum = Math.exp(-largest)
        for (let block = 0; block < blocks; block++) sum += Math.exp(eta[i * blocks + block] - largest)
        result[i * classes.length + present[0]] = Math.exp(-largest) / sum
        for (let block = 0; block < blocks; block++)
          result[i * classes.length + present[block + 1]] = Math.exp(eta[i * blocks + block] - largest) / sum
      }
      return result
    }

    return {
      task: 'diagnosis',
      probabilities,

      interval(x, level) {
        const quantile = criticalValue(level)
        const size = kept.length + 1
        const dimension = blocks * size
        const fitted = probabilities(x)
        const low = new Float64Array(fitted.length)
        const high = new Float64Array(fitted.length)
        const direction = new Float64Array(dimension)
        for (let i = 0; i < x.rows; i++) {
          const p = fitted.subarray(i * classes.length, (i + 1) * classes.length)
          present.forEach((label, index) => {
            let others = 0
            present.forEach((other) => {
              if (other !== label) others += p[other]
            })
            const at = i * classes.length + label
            // Delta method on log(p / (1 - p)), whose derivative by the score of class b is ([b is this class] - p_b) /
            // (1 - p).
            for (let block = 0; block < blocks; block++) {
              const slope = block + 1 === index ? 1 : index === 0 && blocks === 1 ? -1 : -p[present[block + 1]] / others
              direction[block * size] = slope
              kept.forEach((column, j) => {
                direction[block * size + j + 1] = slope * (x.data[column * x.rows + i] - means[column])
              })
            }
            let variance = 0
            for (let a = 0; a < dimension; a++)
              for (let b = 0; b < dimension; b++)
                variance += direction[a] * direction[b] * covariance[a * dimension + b]
            const logit = Math.log(p[label] / others)
            const half = quantile * Math.sqrt(variance)
            const known = Number.isFinite(half) && Number.isFinite(logit)
            low[at] = known ? 1 / (1 + Math.exp(half - logit)) : p[label]
            high[at] = known ? 1 / (1 + Math.exp(-half - logit)) : p[label]
          })
        }
        return { low, high }
      },

      contributions(x, output) {
        checkColumns(x, columns)
        if (!('class' in output)) throw new TypeError('logistic explains a class')
        const index = present.indexOf(output.class)
        const values = new Float64Array(x.rows * columns)
        // Two classes: log odds of the class. More: its score less the mean score of all classes, i.e. the log odds of
        // the class against the geometric mean of all, the one additive measure that does not depend on the reference
        // class.
        const share = (block: number) => {
          if (present.length === 2) return index === 1 ? 1 : -1
          return (block + 1 === index ? 1 : 0) - 1 / present.length
        }
        // A class no training row was of has probability 0; the log odds of machine epsilon stands for minus infinity.
        if (index < 0) return { baseline: Math.log(Number.EPSILON), values, scale: 'logOdds' }
        let baseline = 0
        for (let block = 0; block < blocks; block++) {
          baseline += share(block) * atMeans[block]
          for (let column = 0; column < columns; column++) {
            const coefficient = share(block) * coefficients[block * columns + column]
            if (coefficient === 0) continue
            for (let i = 0; i < x.rows; i++)
              values[i * columns + column] += coefficient * (x.data[column * x.rows + i] - means[column])
          }
        }
        return { baseline, values, scale: 'logOdds' }
      },
    }
  },
}

const estimatesOf = (kept: readonly number[], coefficients: Float64Array) =>
  Float64Array.from(kept, (column) => coefficients[column])

/** The covariance without the intercept's row and column. */
const slopesOf = (covariance: Float64Array, size: number): Float64Array =>
  Float64Array.from({ length: (size - 1) ** 2 }, (_, at) => {
    const i = Math.floor(at / (size - 1))
    return covariance[(i + 1) * size + (at % (size - 1)) + 1]
  })

const totalOf = (weights: Float64Array | undefined, rows: number): number =>
  weights ? weights.reduce((sum, weight) => sum + weight, 0) : rows
