import { expect, test } from 'vitest'
import reasons from '../../../resources/texts/reasons.zh-CN.json'
import jobsTexts from '../parts/jobs/locales/en.json'

const core = import.meta.glob<string>(
  ['../../core/**/*.ts', '!../../core/**/*.test.ts', '!../../core/**/*.worker.ts'],
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

const warned = /\breason: '(\w+)',\s*message:/g

test('whatever the core may say of a warning can be read in Chinese', () => {
  const said = found(warned)
  expect(said.length).toBeGreaterThan(30)
  expect(said.filter((reason) => !(reason in reasons))).toEqual([])
})

test('every stage of a job has a text', () => {
  const stages = found(/\b(?:report|stage)\(\s*'(\w+)',\s*[\d(]/g).concat(found(/\bstage: '(\w+)'/g))
  expect(stages.length).toBeGreaterThan(5)
  expect(stages.filter((stage) => !(stage in jobsTexts.stages))).toEqual([])
})
