import type { ExportRisk } from '../../contract/exports.ts'

/**
 * A value of each row as a whole number from 0; equal numbers are equal values. A missing value is a value of its own.
 */
export interface Coded {
  codes: Int32Array
  count: number
}

/** Numbers the values of a column in the order they are met. */
export const coded = (rows: number, cellOf: (row: number) => unknown): Coded => {
  const seen = new Map<unknown, number>()
  const codes = new Int32Array(rows)
  for (let row = 0; row < rows; row++) {
    const value = cellOf(row)
    let code = seen.get(value)
    if (code === undefined) {
      code = seen.size
      seen.set(value, code)
    }
    codes[row] = code
  }
  return { codes, count: seen.size }
}

/**
 * The class of each row: rows that agree in every column share one (Samarati and Sweeney 1998). No columns: one class.
 */
export const classesOf = (rows: number, columns: readonly Coded[]): Coded => {
  let classes: Coded = { codes: new Int32Array(rows), count: rows > 0 ? 1 : 0 }
  for (const { codes, count } of columns) {
    const last = classes
    classes = coded(rows, (row) => last.codes[row] * count + codes[row])
  }
  return classes
}

/**
 * Distinct patients of each value. A patient with ten visits in a class is one person in it: counting rows would call a
 * class of one patient ten-anonymous.
 */
export const patientsIn = ({ codes, count }: Coded, patients: Int32Array): Int32Array => {
  const sizes = new Int32Array(count)
  const seen = new Set<number>()
  for (let row = 0; row < codes.length; row++) {
    const pair = patients[row] * count + codes[row]
    if (seen.has(pair)) continue
    seen.add(pair)
    sizes[codes[row]]++
  }
  return sizes
}

/**
 * k-anonymity of rows over their classes.
 *
 * @param classes class of each row
 * @param patients index of each row's patient, from 0
 * @param counted 1 for rows that are cases, 0 for those that only stand for a patient without any
 */
export const riskOf = (classes: Coded, patients: Int32Array, counted: Uint8Array): ExportRisk => {
  const rows = patients.length
  const sizes = patientsIn(classes, patients)
  const used = sizes.filter((size) => size > 0)
  const under = (k: number) => {
    let cases = 0
    const people = new Set<number>()
    for (let row = 0; row < rows; row++)
      if (sizes[classes.codes[row]] < k) {
        cases += counted[row]
        people.add(patients[row])
      }
    return { cases, patients: people.size }
  }
  return {
    cases: counted.reduce((sum, one) => sum + one, 0),
    patients: new Set(patients).size,
    classes: used.length,
    smallest: used.length > 0 ? used.reduce((least, size) => Math.min(least, size)) : null,
    unique: under(2),
    under5: under(5),
    under11: under(11),
    linked: linkedRisk(classes, patients),
  }
}

/** Patients told apart by all their rows together: who knows every visit of a person looks for the whole set. */
const linkedRisk = ({ codes }: Coded, patients: Int32Array): ExportRisk['linked'] => {
  const own = new Map<number, Set<number>>()
  for (let row = 0; row < codes.length; row++) {
    const set = own.get(patients[row])
    if (set) set.add(codes[row])
    else own.set(patients[row], new Set([codes[row]]))
  }
  const sizes = new Map<string, number>()
  for (const set of own.values()) {
    const signature = [...set].sort((a, b) => a - b).join(' ')
    sizes.set(signature, (sizes.get(signature) ?? 0) + 1)
  }
  let smallest: number | null = null
  const counts = { unique: 0, under5: 0, under11: 0 }
  for (const size of sizes.values()) {
    if (smallest === null || size < smallest) smallest = size
    if (size < 2) counts.unique += size
    if (size < 5) counts.under5 += size
    if (size < 11) counts.under11 += size
  }
  return { smallest, ...counts }
}

/**
 * Distinct l-diversity (Machanavajjhala et al. 2007): how many values of the sensitive column a class has at the least,
 * and how many patients are in classes of fewer than 2 and 3. In a class of one value, who is in it is known to have
 * it.
 */
export const diversityOf = (
  classes: Coded,
  sensitive: Coded,
  patients: Int32Array,
): { smallest: number | null; patientsUnder2: number; patientsUnder3: number } => {
  const values = Array.from({ length: classes.count }, () => new Set<number>())
  for (let row = 0; row < patients.length; row++) values[classes.codes[row]].add(sensitive.codes[row])
  const under = (l: number) => {
    const people = new Set<number>()
    for (let row = 0; row < patients.length; row++) if (values[classes.codes[row]].size < l) people.add(patients[row])
    return people.size
  }
  const sizes = values.map(({ size }) => size).filter((size) => size > 0)
  return {
    smallest: sizes.length > 0 ? sizes.reduce((least, size) => Math.min(least, size)) : null,
    patientsUnder2: under(2),
    patientsUnder3: under(3),
  }
}
