import fc from 'fast-check'
import { expect, test } from 'vitest'
import { classesOf, coded, diversityOf, riskOf } from './anonymity.ts'

/** Told one row at a time, as slowly as can be: who agrees with this row in everything? */
const bruteForce = (rows: { patient: number; cells: (string | number | null)[] }[]) => {
  const agree = (a: (typeof rows)[number], b: (typeof rows)[number]) =>
    a.cells.every((cell, column) => cell === b.cells[column])
  const sizes = rows.map((row) => new Set(rows.filter((other) => agree(row, other)).map(({ patient }) => patient)).size)
  const under = (k: number) => {
    const found = rows.filter((_, at) => sizes[at] < k)
    return { cases: found.length, patients: new Set(found.map(({ patient }) => patient)).size }
  }
  return {
    smallest: rows.length === 0 ? null : Math.min(...sizes),
    unique: under(2),
    under5: under(5),
    under11: under(11),
  }
}

const rowsArbitrary = fc.array(
  fc.record({
    patient: fc.nat({ max: 12 }),
    cells: fc.tuple(fc.constantFrom('f', 'm', null), fc.nat({ max: 3 }), fc.constantFrom(1980, 1981, null)),
  }),
  { maxLength: 60 },
)

test('a person who can be told apart is always counted, whatever the table', () => {
  fc.assert(
    fc.property(rowsArbitrary, (rows) => {
      const columns = [0, 1, 2].map((column) => coded(rows.length, (row) => rows[row].cells[column]))
      const patients = Int32Array.from(rows, ({ patient }) => patient)
      const risk = riskOf(classesOf(rows.length, columns), patients, new Uint8Array(rows.length).fill(1))
      const { smallest, unique, under5, under11 } = risk
      expect({ smallest, unique, under5, under11 }).toEqual(bruteForce(rows))
      const own = [...new Set(patients)].map((patient) =>
        [...new Set(rows.filter((row) => row.patient === patient).map(({ cells }) => JSON.stringify(cells)))]
          .sort()
          .join(),
      )
      const linked = own.map((set) => own.filter((other) => other === set).length)
      expect(risk.linked).toEqual({
        smallest: linked.length === 0 ? null : Math.min(...linked),
        unique: linked.filter((size) => size < 2).length,
        under5: linked.filter((size) => size < 5).length,
        under11: linked.filter((size) => size < 11).length,
      })
    }),
    { numRuns: 300 },
  )
})

test('twelve visits of one patient are no crowd to hide in', () => {
  const patients = new Int32Array(12)
  const risk = riskOf(classesOf(12, []), patients, new Uint8Array(12).fill(1))
  expect(risk).toMatchObject({ smallest: 1, patients: 1, unique: { cases: 12, patients: 1 } })
})

test('a class in which everybody died is reported: who is in it is known to be dead', () => {
  const classes = { codes: Int32Array.of(0, 0, 0, 1, 1), count: 2 }
  const died = { codes: Int32Array.of(1, 1, 1, 0, 1), count: 2 }
  expect(diversityOf(classes, died, Int32Array.of(0, 1, 2, 3, 4))).toEqual({
    smallest: 1,
    patientsUnder2: 3,
    patientsUnder3: 5,
  })
})
