import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { sampleTable } from '../../../test/golden/sampleTable.ts'
import { summaryKinds } from '../../contract/design.ts'
import { type Course, sequencesOf, summaryValues, withoutTimes } from './history.ts'
import { columnOf } from './table.ts'

const golden = JSON.parse(
  readFileSync(new URL('../../../test/golden/history.json', import.meta.url), 'utf8'),
) as Record<string, Record<string, (number | null)[]>>

const visits = sampleTable('pbcseq', 'id')
const valuesOf = (name: string) => columnOf(visits, name)!.values
const day = valuesOf('day')
const clock = { origin: day, until: day }
/** The file is ordered by patient and day already. */
const course = (name: string): Course => ({
  name,
  unit: null,
  patients: visits.patients,
  days: day,
  values: valuesOf(name),
})
const small = (entries: [patient: number, day: number, value: number][]): Course => ({
  name: 'x',
  unit: null,
  patients: Int32Array.from(entries, ([patient]) => patient),
  days: Float64Array.from(entries, ([, at]) => at),
  values: Float64Array.from(entries, ([, , value]) => value),
})

for (const [name, column, window] of [
  ['bili', 'bili', null],
  ['bili365', 'bili', 365],
  ['chol365', 'chol', 365],
] as const)
  test(`a history summed up is what R makes of it, at every visit (${name})`, () => {
    for (const of of summaryKinds) {
      const own = summaryValues(visits.patients, clock, course(column), { of, window })
      own.forEach((value, row) => {
        const theirs = golden[name][of][row]
        if (theirs === null) expect(value).toBeNaN()
        else expect(Math.abs(value - theirs)).toBeLessThan(1e-9 * Math.max(1, Math.abs(theirs)))
      })
    }
  })

test('the course of a patient is that patient’s visits up to this one, oldest first, no other’s', () => {
  const { offsets, times, values } = sequencesOf(visits.patients, clock, [course('bili'), course('chol')], null)
  for (const row of [0, 1, 500, 1944]) {
    const own = Array.from(visits.patients.keys()).filter(
      (other) => visits.patients[other] === visits.patients[row] && day[other] <= day[row],
    )
    const steps = Array.from({ length: offsets[row + 1] - offsets[row] }, (_, i) => offsets[row] + i)
    expect(steps.map((step) => times[step])).toEqual(own.map((other) => day[other] - day[row]))
    expect(steps.map((step) => values[step * 2])).toEqual(own.map((other) => valuesOf('bili')[other]))
    expect(steps.map((step) => values[step * 2 + 1])).toEqual(own.map((other) => valuesOf('chol')[other]))
  }
})

test('what was measured after the case is in no step and no summary, not even as a count', () => {
  const x = small([
    [7, 1, 10],
    [7, 5, 11],
    [7, 5.5, 99],
    [8, 2, 50],
  ])
  const at = { origin: Float64Array.of(5, 0), until: Float64Array.of(5, 0) }
  const { offsets, values } = sequencesOf([7, 8], at, [x], null)
  expect([...offsets]).toEqual([0, 2, 2])
  expect([...values]).toEqual([10, 11])
  expect([...summaryValues([7, 8], at, x, { of: 'count' })]).toEqual([2, 0])
  expect([...summaryValues([7, 8], at, x, { of: 'max' })]).toEqual([11, Number.NaN])
})

test('two tests of one moment share a step; a test not done then is missing there, not zero', () => {
  const x = small([
    [1, 0, 1],
    [1, 2, 3],
  ])
  const y = small([[1, 2, 30]])
  const { offsets, times, values } = sequencesOf(
    [1],
    { origin: Float64Array.of(4), until: Float64Array.of(4) },
    [x, y],
    null,
  )
  expect([...offsets]).toEqual([0, 2])
  expect([...times]).toEqual([-4, -2])
  expect([...values]).toEqual([1, Number.NaN, 3, 30])
})

test('a window leaves out what is older', () => {
  const x = small([
    [1, 0, 1],
    [1, 50, 2],
    [1, 100, 3],
  ])
  const at = { origin: Float64Array.of(100), until: Float64Array.of(100) }
  expect([...sequencesOf([1], at, [x], 50).values]).toEqual([2, 3])
  expect(summaryValues([1], at, x, { of: 'count', window: 49 })[0]).toBe(1)
})

test('where nothing says when a case was, all of its patient counts, told from the last measurement', () => {
  const x = small([
    [1, 3, 1],
    [1, 9, 2],
  ])
  const { times } = sequencesOf([1, 2], withoutTimes(2), [x], null)
  expect([...times]).toEqual([-6, 0])
})
