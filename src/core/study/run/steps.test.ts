import { expect, test } from 'vitest'
import { studySteps } from './run.ts'
import { Steps } from './steps.ts'

const three = Steps.from<{ folds: number }>()
  .add({ name: 'reading', weight: 1, run: () => ({ rows: 10 }) })
  .add({
    name: 'folding',
    weight: ({ folds }) => folds,
    run: async ({ rows, folds }, progress) => {
      for (let fold = 1; fold <= folds; fold++) progress(fold / folds, { fold })
      return { held: rows / Math.max(1, folds) }
    },
  })
  .add({ name: 'assessing', weight: 1, run: ({ held, rows }) => ({ share: held / rows }) })

const told = async (folds: number) => {
  const reports: [string, number][] = []
  const found = await three.run({ folds }, (stage, progress) => reports.push([stage, progress]))
  return { reports, found }
}

test('each step sees what those before it found, and progress follows from the weights', async () => {
  const { reports, found } = await told(2)
  expect(found).toEqual({ folds: 2, rows: 10, held: 5, share: 0.5 })
  expect(reports).toEqual([
    ['reading', 0],
    ['folding', 0.25],
    ['folding', 0.5],
    ['folding', 0.75],
    ['assessing', 0.75],
  ])
})

test('a step with nothing to do is not told, and the rest fills the whole', async () => {
  const { reports } = await told(0)
  expect(reports).toEqual([
    ['reading', 0],
    ['assessing', 0.5],
  ])
})

test('where a step fails those after it do not begin', async () => {
  let began = false
  const failing = Steps.from<object>()
    .add({
      name: 'breaking',
      weight: 1,
      run: (): object => {
        throw new Error('broken')
      },
    })
    .add({
      name: 'storing',
      weight: 1,
      run: () => {
        began = true
        return {}
      },
    })
  await expect(failing.run({}, () => {})).rejects.toThrow('broken')
  expect(began).toBe(false)
})

test('what is done to train a model is a list with names, each once', () => {
  expect(studySteps.names).toEqual([
    'preparing',
    'searching',
    'crossValidating',
    'fitting',
    'fittingComparator',
    'assessing',
    'askingSecond',
    'explaining',
    'storing',
  ])
})
