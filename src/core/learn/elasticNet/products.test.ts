import { expect, test } from 'vitest'
import { randomOf } from '../../numbers/random.ts'
import { addColumns, addProjections, crossProducts } from './products.ts'

const random = randomOf(4)
for (const [rows, columns] of [
  [1, 1],
  [7, 3],
  [1025, 6],
  [2050, 9],
] as const)
  test(`sums of products are the plain sums: ${rows} rows, ${columns} columns`, () => {
    const z = Float64Array.from({ length: rows * columns }, () => random.normal())
    const weights = Float64Array.from({ length: rows }, () => random.uniform())
    const plain = (a: number, b: number, w: Float64Array | null) => {
      let sum = 0
      for (let i = 0; i < rows; i++) sum += (w ? w[i] : 1) * z[a * rows + i] * z[b * rows + i]
      return sum
    }
    const all = Array.from({ length: columns }, (_, i) => i)
    const some = all.filter((column) => column % 2 === 0)
    for (const w of [null, weights]) {
      let made = 0
      crossProducts(z, rows, all, all, w, (a, b, sum) => {
        made++
        expect(sum).toBeCloseTo(plain(a, b, w), 9)
      })
      expect(made).toBe((columns * (columns + 1)) / 2)
      const seen = new Set<string>()
      crossProducts(z, rows, some, all, w, (a, b, sum) => {
        seen.add(`${a} ${b}`)
        expect(sum).toBeCloseTo(plain(some[a], all[b], w), 9)
      })
      expect(seen.size).toBe(some.length * columns)
    }
    const into = new Float64Array(columns)
    addProjections(z, rows, all, weights, 0, rows, into)
    const eta = new Float64Array(rows)
    addColumns(
      z,
      rows,
      all,
      all.map((column) => column + 1),
      0,
      rows,
      eta,
    )
    for (const column of all) {
      let sum = 0
      for (let i = 0; i < rows; i++) sum += weights[i] * z[column * rows + i]
      expect(into[column]).toBeCloseTo(sum, 9)
    }
    let last = 0
    for (const column of all) last += (column + 1) * z[column * rows + rows - 1]
    expect(eta[rows - 1]).toBeCloseTo(last, 9)
  })
