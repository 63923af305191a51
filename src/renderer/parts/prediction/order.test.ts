import { expect, test } from 'vitest'
import type { ModelCard } from '../../../contract/models.ts'
import { bestFirst } from './order.ts'

const card = (model: number, metric: string, value: number | null, rest: Partial<ModelCard> = {}): ModelCard => ({
  model,
  name: `model ${model}`,
  version: 1,
  task: 'diagnosis',
  learner: 'forest',
  study: 'biopsy',
  target: 'class',
  hash: '0',
  trainedAt: '2026-01-01T00:00:00Z',
  trainedBy: 'Ada',
  rows: 500,
  events: 170,
  intendedUse: null,
  approvedBy: null,
  isComparator: false,
  headline: { metric, estimate: { value, low: null, high: null } },
  comparator: null,
  ...rest,
})
const order = (models: ModelCard[]) => bestFirst(models).map(({ model }) => model)

test('the first model offered is the best measured, not the newest', () => {
  const models = [card(1, 'auroc', 0.99), card(2, 'auroc', 0.95, { trainedAt: '2026-02-01T00:00:00Z' })]
  expect(order(models)).toEqual([1, 2])
})

test('of errors the smaller is better', () => {
  expect(order([card(1, 'rmse', 4), card(2, 'rmse', 3)])).toEqual([2, 1])
})

test('a model without a figure is never put before one with', () => {
  expect(order([card(1, 'auroc', null), card(2, 'auroc', 0.6)])).toEqual([2, 1])
})

test('figures of different questions are not held against each other', () => {
  const models = [
    card(1, 'auroc', 0.7, { study: 'pima', trainedAt: '2026-03-01T00:00:00Z' }),
    card(2, 'auroc', 0.99),
    card(3, 'auroc', 0.8, { study: 'pima' }),
  ]
  expect(order(models)).toEqual([3, 1, 2])
})
