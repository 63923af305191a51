import { expect, test } from 'vitest'
import jobsTexts from './locales/en.json'

const core = import.meta.glob<string>(
  ['../../../core/**/*.ts', '!../../../core/**/*.test.ts', '!../../../core/**/*.worker.ts'],
  {
    eager: true,
    query: '?raw',
    import: 'default',
  },
)
const found = (pattern: RegExp): string[] =>
  [
    ...new Set(Object.values(core).flatMap((source) => [...source.matchAll(pattern)].map(([, name = '']) => name))),
  ].sort()

test('every stage of a job has a text', () => {
  const stages = found(/\b(?:report|stage)\(\s*'(\w+)',\s*[\d(]/g).concat(found(/\bstage: '(\w+)'/g))
  expect(stages.length).toBeGreaterThan(5)
  expect(stages.filter((stage) => !(stage in jobsTexts.stages))).toEqual([])
})
