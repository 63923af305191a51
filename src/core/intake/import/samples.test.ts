import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { learnerOf } from '../../learn/learners.ts'
import { loadUnits } from '../../terminology/units.ts'
import { checkRows, type RowsSummary } from '../check/rows.ts'
import { planImport } from '../mapping/plan.ts'
import { listSamples, openSample, starterDesigns } from './samples.ts'

const resources = fileURLToPath(new URL('../../../../resources', import.meta.url))
const names = listSamples(resources).map(({ name }) => name)

test.each(names)('the dictionary of %s fits its file: no row is rejected, no column left out', async (name) => {
  const { entry, source, mapping, concepts } = openSample(resources, name)
  const headers: string[][] = []
  const rows = checkRows({ source, mapping, pack: true }, (header) => {
    headers.push(header)
    return planImport(mapping, header, [])
  })
  const errors: unknown[] = []
  let summary: RowsSummary | null = null
  for (let next = await rows.next(); ; next = await rows.next()) {
    if (next.done) {
      summary = next.value
      break
    }
    errors.push(...next.value.errors)
  }
  expect(headers).toEqual([concepts.map((concept) => concept.name)])
  expect(errors).toEqual([])
  expect(summary?.rows).toBe(entry.rows)
  expect(headers[0]).toHaveLength(entry.columns)
})

test('every label is in both languages, every unit is UCUM, every range is one', () => {
  const units = loadUnits()
  for (const name of names)
    for (const concept of openSample(resources, name).concepts) {
      const at = `${name}.${concept.name}`
      expect(concept.label.zh, at).toBeTruthy()
      for (const { label } of concept.levels ?? []) expect(label.en, at).toBeTruthy()
      if (concept.unit !== null) expect(units.ucum(concept.unit), at).toBe(concept.unit)
      for (const range of [concept.plausible, concept.reference])
        if (range?.low != null && range.high != null) expect(range.low, at).toBeLessThan(range.high)
      for (const { code } of concept.coding) expect(hasLoincCheckDigit(code), `${at} ${code}`).toBe(true)
      if (concept.role !== 'observation') expect(concept.modifiable, at).toBe(false)
    }
})

test('starter designs name columns and learners that are there', () => {
  const designs = starterDesigns(resources)
  expect(designs.length).toBeGreaterThan(3)
  for (const { design, names } of designs) {
    const { study, learner, outcome, exclude } = design
    expect(names).toMatchObject({ en: design.name, zh: expect.stringMatching(/[\u4e00-\u9fff]/) })
    const columns = openSample(resources, study).concepts.map((concept) => concept.name)
    const named = outcome.task === 'survival' ? [outcome.time, outcome.event.column] : [outcome.target]
    expect(columns).toEqual(expect.arrayContaining([...named, ...exclude]))
    expect(learnerOf(learner)?.tasks).toContain(outcome.task)
  }
  expect(starterDesigns(resources, ['pbc']).every(({ design }) => design.study === 'pbc')).toBe(true)
})

/** LOINC codes end in a check digit (Luhn, modulo 10), so a slip in a code shows. */
const hasLoincCheckDigit = (code: string): boolean => {
  const match = /^(\d+)-(\d)$/.exec(code)
  if (!match) return false
  const digits = [...match[1]].reverse().map(Number)
  const sum = digits.reduce(
    (total, digit, at) => total + (at % 2 === 0 ? Math.floor((digit * 2) / 10) + ((digit * 2) % 10) : digit),
    0,
  )
  return (10 - (sum % 10)) % 10 === Number(match[2])
}
