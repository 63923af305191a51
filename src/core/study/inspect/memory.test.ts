import { expect, test } from 'vitest'
import { type StudyDesignInput, StudyDesignSchema } from '../../../contract/design.ts'
import type { Concept } from '../../../contract/values.ts'
import { memoryOf } from './memory.ts'

const concept = (name: string, levels: number): Concept => ({
  name,
  label: { en: name },
  kind: levels > 0 ? 'category' : 'number',
  role: 'observation',
  unit: null,
  plausible: null,
  reference: null,
  levels: levels > 0 ? Array.from({ length: levels }, (_, at) => ({ code: `${at}`, label: { en: `${at}` } })) : null,
  coding: [],
  modifiable: false,
  description: null,
})
const concepts = [...Array.from({ length: 30 }, (_, at) => concept(`x${at}`, 0)), concept('y', 2)]
const needs = (cases: number, more: Partial<StudyDesignInput> = {}, given = concepts, threads = 2) =>
  memoryOf(
    StudyDesignSchema.parse({
      study: 'ward',
      outcome: { task: 'diagnosis', target: 'y' },
      learner: 'forest',
      ...more,
    }),
    { cases, concepts: given, threads },
  )

test('a million cases of thirty values are held to need more than their own bytes, and no more than eight times as much', () => {
  const data = 1_000_000 * 30 * 8
  expect(needs(1_000_000)).toBeGreaterThan(2 * data)
  expect(needs(1_000_000)).toBeLessThan(8 * data)
  // A small study fits anywhere.
  expect(needs(500)).toBeLessThan(512 * 2 ** 20)
})

test('more cases, columns, levels, threads and folds of a search need more', () => {
  const usual = needs(100_000)
  expect(needs(200_000)).toBeGreaterThan(usual)
  expect(needs(100_000, {}, [...concepts, concept('z', 0)])).toBeGreaterThan(usual)
  expect(needs(100_000, {}, concepts, 16)).toBeGreaterThan(usual)
  expect(needs(100_000, { tuning: { method: 'random' } })).toBeGreaterThan(usual)
  const wide = (levels: number) => needs(100_000, { learner: 'logistic' }, [...concepts, concept('code', levels)])
  expect(wide(500) - wide(3)).toBeGreaterThan(497 * 75_000 * 8)
})
