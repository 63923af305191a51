import { expect, test } from 'vitest'
import { type Belief, judge } from './belief.ts'

const belief = (change: Partial<Belief> = {}): Belief => ({
  domain: { percentile: 40, verdict: 'inside', outOfRange: [] },
  missing: [],
  calibration: {
    predictedLow: 0.2,
    predictedHigh: 0.4,
    predicted: 0.3,
    observed: { value: 0.29, low: 0.21, high: 0.38 },
    n: 120,
    events: 35,
  },
  ...change,
})

test('nothing against it: good', () => {
  expect(judge(belief(), 10).overall).toBe('good')
})

test('a patient unlike the training cases is never called believable', () => {
  expect(judge(belief({ domain: { percentile: 99.8, verdict: 'outside', outOfRange: [] } }), 10).overall).toBe('doubt')
})

test('predictions that have not held in this range of risk are doubted', () => {
  const calibration = { ...belief().calibration!, observed: { value: 0.5, low: 0.41, high: 0.59 } }
  expect(judge(belief({ calibration }), 10).calibration).toBe('doubt')
})

test('agreement among a handful of cases is not called proof', () => {
  const calibration = { ...belief().calibration!, n: 7 }
  expect(judge(belief({ calibration }), 10).overall).toBe('caution')
  expect(judge(belief({ calibration: null }), 10).overall).toBe('caution')
})

test('many filled-in inputs are worse than one', () => {
  const gap = (feature: string) => ({ feature, label: { en: feature }, filledWith: { en: '1' } })
  expect(judge(belief({ missing: [gap('a')] }), 10).overall).toBe('caution')
  expect(judge(belief({ missing: ['a', 'b', 'c', 'd'].map(gap) }), 10).overall).toBe('doubt')
})
