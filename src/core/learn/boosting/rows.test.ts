import { expect, test } from 'vitest'
import { keepAside } from './rows.ts'

test('the visits of one patient never teach in one part and judge in the other', () => {
  const patients = 120
  const visits = 4
  const rows = patients * visits
  const cluster = Int32Array.from({ length: rows }, (_, row) => Math.floor(row / visits))
  // The event stands at the last visit of every third patient, as in start-stop rows.
  const event = Uint8Array.from({ length: rows }, (_, row) => Number(row % visits === 3 && cluster[row] % 3 === 0))
  const time = Float64Array.from({ length: rows }, (_, row) => (row % visits) + 1)
  const { training, validation } = keepAside({ task: 'survival', time, event, cluster }, null, 0.25, 7)
  expect(training.length + validation.length).toBe(rows)
  const judged = new Set(Array.from(validation, (row) => cluster[row]))
  expect(Array.from(training).some((row) => judged.has(cluster[row]))).toBe(false)
  expect(judged.size).toBe(30)
  expect(Array.from(validation).reduce((sum, row) => sum + event[row], 0)).toBe(10)
})
