import { expect, test } from 'vitest'
import { randomOf } from './random.ts'
import {
  addWeightedGram,
  factorOrthogonal,
  factorSymmetric,
  invertFactored,
  invertUpper,
  solveFactored,
} from './solve.ts'

const random = randomOf(9)
const normals = (count: number) => Float64Array.from({ length: count }, () => random.normal())

test('an inverse times its matrix is the identity, for sizes with and without a remainder in the Gram loop', () => {
  for (const size of [1, 2, 3, 6, 7]) {
    const rows = 40
    const z = normals(rows * size)
    const weights = Float64Array.from({ length: rows }, () => random.uniform())
    const gram = new Float64Array(size * size)
    addWeightedGram(z, rows, size, weights, gram)
    const full = gram.slice()
    for (let a = 0; a < size; a++)
      for (let b = 0; b <= a; b++) {
        let sum = 0
        for (let i = 0; i < rows; i++) sum += weights[i] * z[i * size + a] * z[i * size + b]
        expect(gram[a * size + b]).toBeCloseTo(sum, 10)
        full[b * size + a] = gram[a * size + b]
      }
    expect(factorSymmetric(gram, size, 1e-12)).toBe(size)
    const inverse = invertFactored(gram, size)
    for (let a = 0; a < size; a++)
      for (let b = 0; b < size; b++) {
        let sum = 0
        for (let l = 0; l < size; l++) sum += inverse[a * size + l] * full[l * size + b]
        expect(sum).toBeCloseTo(a === b ? 1 : 0, 9)
      }
  }
})

test('the later of two equal columns is the one set aside, and the others solve as without it', () => {
  const matrix = Float64Array.of(4, 2, 4, 1, 2, 3, 2, 0, 4, 2, 4, 1, 1, 0, 1, 2)
  expect(factorSymmetric(matrix, 4, 1e-12)).toBe(3)
  const solution = Float64Array.of(1, 2, 1, 3)
  solveFactored(matrix, 4, solution)
  expect(solution[2]).toBe(0)
  const [a, b, , d] = solution
  expect(4 * a + 2 * b + d).toBeCloseTo(1, 12)
  expect(2 * a + 3 * b).toBeCloseTo(2, 12)
  expect(a + 2 * d).toBeCloseTo(3, 12)
})

test('a matrix with a NaN is not factored', () => {
  expect(factorSymmetric(Float64Array.of(1, 0, Number.NaN, 1), 2, 1e-12)).toBe(-1)
})

test('QR gives back its columns, orthonormal to rounding, and names the collinear one', () => {
  const rows = 30
  const a = normals(rows)
  const b = normals(rows)
  const sum = a.map((value, i) => 2 * value - b[i])
  const c = normals(rows)
  const columns = [a, b, sum, c]
  const data = Float64Array.of(...a, ...b, ...sum, ...c)
  const norms = columns.map((column) => Math.hypot(...column))
  const { kept, aliased, r, orthonormal } = factorOrthogonal(data, rows, 4, norms, 1e-7)
  expect([kept, aliased]).toEqual([[0, 1, 3], [2]])
  const q = orthonormal()
  kept.forEach((column, j) => {
    for (let l = 0; l < 3; l++) {
      let dot = 0
      for (let i = 0; i < rows; i++) dot += q[j * rows + i] * q[l * rows + i]
      expect(dot).toBeCloseTo(j === l ? 1 : 0, 12)
    }
    for (let i = 0; i < rows; i++) {
      let value = 0
      for (let l = 0; l <= j; l++) value += q[l * rows + i] * r[l * 3 + j]
      expect(value).toBeCloseTo(columns[column][i], 12)
    }
  })
  const inverse = invertUpper(r, 3)
  expect(inverse[0] * r[2] + inverse[1] * r[5] + inverse[2] * r[8]).toBeCloseTo(0, 12)
})
