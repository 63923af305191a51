import type { Task } from '../../contract/values.ts'
import type { SearchSpace } from './learner.ts'

/** What the ridge of a regression may be; the more it shrinks, the simpler the model. */
export const ridgeSearch = (): SearchSpace => ({
  ranges: { l2: { low: 1e-3, high: 1e4, log: true } },
  simpler: { l2: 'high' },
})

/**
 * Of forests what matters beside the number of trees (Probst, Wright & Boulesteix 2019): columns a split, leaf size.
 */
export const forestSearch = (task: Task, rows: number, columns: number): SearchSpace => {
  const leaf = task === 'survival' ? 15 : 5
  const mtry = task === 'regression' ? Math.ceil(columns / 3) : Math.round(Math.sqrt(columns))
  return {
    ranges: {
      mtry: { low: 1, high: Math.max(1, Math.min(columns, 255)), log: columns > 30 },
      minLeaf: { low: 1, high: Math.max(leaf, Math.min(1000, Math.round(rows / 20))), log: true },
    },
    simpler: { minLeaf: 'high' },
    start: { mtry: Math.max(1, Math.min(mtry, columns)), minLeaf: leaf },
    effort: 'nTrees',
  }
}

/** Of support vector machines the cost of errors and the width of the kernel. */
export const machineSearch = (task: Task, _rows: number, columns: number): SearchSpace => ({
  ranges: {
    cost: { low: 1e-2, high: 1e3, log: true },
    gamma: { low: 1e-3 / columns, high: 10 / columns, log: true },
    ...(task === 'regression' ? { epsilon: { low: 0.01, high: 1, log: true } } : {}),
  },
  simpler: { cost: 'low', gamma: 'low' },
  start: { cost: 1, gamma: 1 / columns },
})

/** Of dense nets their size, what holds them back, and the length of a step. */
export const netSearch = (): SearchSpace => ({
  ranges: {
    units: { values: [8, 16, 32, 64, 128] },
    layers: { low: 1, high: 3, log: false },
    learningRate: { low: 1e-4, high: 1e-2, log: true },
    dropout: { low: 0, high: 0.5, log: false },
    l2: { low: 1e-5, high: 1e-1, log: true },
  },
  simpler: { units: 'low', layers: 'low', l2: 'high', dropout: 'high' },
  effort: 'epochs',
})

/**
 * Of boosted trees how fast and how deep they grow; fewer rounds are kept by themselves where held-out loss stops
 * falling.
 */
export const boostingSearch = (): SearchSpace => ({
  ranges: {
    learningRate: { low: 0.01, high: 0.2, log: true },
    maxDepth: { low: 1, high: 6, log: false },
    minChildWeight: { low: 1, high: 50, log: true },
    l2: { low: 0.1, high: 100, log: true },
    sampleFraction: { low: 0.5, high: 1, log: false },
    columnShare: { low: 0.4, high: 1, log: false },
  },
  simpler: { maxDepth: 'low', minChildWeight: 'high', l2: 'high' },
  effort: 'nTrees',
})

/**
 * Of additive models how coarse their curves are, how much they are held back, and whether pairs of features may act
 * together.
 */
export const additiveSearch = (): SearchSpace => ({
  ranges: {
    minLeaf: { low: 2, high: 50, log: true },
    l2: { low: 0.1, high: 100, log: true },
    maxLeaves: { values: [2, 3, 4] },
    pairs: { values: [0, 5, 10] },
  },
  simpler: { minLeaf: 'high', l2: 'high', maxLeaves: 'low', pairs: 'low' },
  effort: 'rounds',
})
