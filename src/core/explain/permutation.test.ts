import { expect, test } from 'vitest'
import { classOutcome, completeCases, readGolden, sampleTable } from '../../../test/golden/sampleTable.ts'
import { compareModels } from '../assess/compare.ts'
import type { Matrix } from '../cohort/matrix.ts'
import { permutationImportance, sampleForPermutation } from './permutation.ts'

interface Golden {
  features: string[]
  coefficients: number[]
  n: number
  mean: number[]
  sd: number[]
}
const golden = readGolden<Golden>('permutation')

const biopsy = () => {
  const table = sampleTable('biopsy')
  const { x, rows } = completeCases(table, golden.features, ['class'])
  const outcome = classOutcome(table, 'class', rows)
  if (outcome.task !== 'diagnosis') throw new TypeError('not classes')
  const predictions = (m: Matrix) => {
    const probabilities = new Float64Array(m.rows * 2)
    for (let row = 0; row < m.rows; row++) {
      let score = 0
      for (let column = 0; column < m.columns; column++)
        score += golden.coefficients[column] * m.data[column * m.rows + row]
      probabilities[2 * row + 1] = score / 20
      probabilities[2 * row] = 1 - score / 20
    }
    return { task: 'diagnosis' as const, classes: 2, probabilities }
  }
  const whole = predictions(x)
  const loss = (dealt: Matrix) => compareModels('auroc', whole, predictions(dealt), outcome, 1).value ?? Number.NaN
  return { x, loss }
}

test("the loss of AUROC when a feature is dealt anew is scikit-learn's, within chance", () => {
  const { x, loss } = biopsy()
  expect(x.rows).toBe(golden.n)
  const repeats = 200
  const { mean, sd } = permutationImportance(x, 3, loss, repeats, 1)
  golden.features.forEach((_, i) => {
    expect(Math.abs(mean[i] - golden.mean[i])).toBeLessThan((4 * golden.sd[i]) / Math.sqrt(repeats))
    expect(sd[i] / golden.sd[i]).toBeGreaterThan(0.75)
    expect(sd[i] / golden.sd[i]).toBeLessThan(1.33)
  })
})

test('columns of one feature move together, so that two halves of it are not credited to each other', () => {
  const { x, loss } = biopsy()
  const grouped = permutationImportance({ ...x, source: [0, 0, 1] }, 2, loss, 30, 1)
  const single = permutationImportance(x, 3, loss, 30, 1)
  expect(grouped.mean[0]).toBeGreaterThan(single.mean[0] + single.mean[1])
})

test('a feature that the model does not use, or that has no column, is worth nothing', () => {
  const { x } = biopsy()
  const { mean } = permutationImportance(x, 5, () => 0, 3, 1)
  expect([...mean]).toEqual([0, 0, 0, 0, 0])
})

test('the rows drawn are the same for a seed, each once, and all where there are few', () => {
  expect([...sampleForPermutation(4, 1)]).toEqual([0, 1, 2, 3])
  const drawn = sampleForPermutation(5000, 3)
  expect(new Set(drawn).size).toBe(500)
  expect(sampleForPermutation(5000, 3)).toEqual(drawn)
})
