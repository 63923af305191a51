import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { breachesIn, breachesUnder, circleBreaches, circlesOf, importsOf, rooms, sqlIn } from './rooms.ts'

const reasons = (file: string, source: string) => breachesIn(file, source).map(({ imports }) => imports)

test('the sources keep within their rooms', () => {
  expect(breachesUnder(join(dirname(import.meta.dirname), 'src'))).toEqual([])
})

test.each([
  ['contract/values.ts', '../core/vault/slots.ts'],
  ['contract/values.ts', 'node:fs'],
  ['figures/frame.ts', '../core/assess/roc.ts'],
  ['figures/frame.ts', 'react'],
  ['renderer/app.tsx', '../core/app.ts'],
  ['renderer/chart/view.tsx', '../../server/server.ts'],
  ['renderer/app.tsx', 'electron'],
  ['renderer/chart/view.tsx', '../worklist/PatientTable.tsx'],
  ['renderer/design/terms/fields.tsx', '../../models/view/Curves.tsx'],
  ['renderer/parts/prediction/Why.tsx', '../../chart/Trends.tsx'],
  ['renderer/errors/FailureAlert.tsx', '../jobs/JobTray.tsx'],
  ['renderer/chart/view.tsx', '../router.tsx'],
  ['core/vault/records.ts', '../learn/trees/forest.ts'],
  ['core/learn/trees/forest.ts', '../../vault/records.ts'],
  ['core/learn/trees/forest.ts', '../../intake/csv.ts'],
  ['core/assess/roc.ts', '../vault/records.ts'],
  ['core/explain/shapley.ts', '../vault/records.ts'],
  ['core/advise/score.ts', '../vault/records.ts'],
  ['core/study/run/run.ts', '../../vault/records/cases.ts'],
  ['core/learn/learner.ts', '../app.ts'],
  ['core/vault/records.ts', '../handlers/vault.ts'],
  ['core/app.ts', '../server/server.ts'],
  ['core/app.ts', 'electron'],
  ['core/app.ts', 'node:http'],
  ['core/handlers/vault.ts', 'react'],
  ['core/handlers/vault.ts', '@orpc/server/node'],
  ['server/server.ts', 'electron/main'],
  ['server/server.ts', '../core/vault/records.ts'],
  ['cli/bedside.ts', '../core/vault/records.ts'],
  ['main/index.ts', '../core/vault/records.ts'],
  ['cabinet/index.ts', ''],
])('a wall holds: %s may not import %s', (file, name) => {
  expect(reasons(file, name ? `import * as it from '${name}'` : '')).toEqual([name])
})

test.each([
  ['core/app.ts', './vault/records.ts'],
  ['core/handlers/models.ts', '../study/run.ts'],
  ['core/study/run/run.ts', '../../learn/learner.ts'],
  ['core/learn/learner.ts', '../cohort/matrix.ts'],
  ['renderer/survival/view.tsx', '../../figures/survival.ts'],
  ['renderer/router.tsx', './chart/index.tsx'],
  ['renderer/chart/view.tsx', '../parts/View.tsx'],
  ['renderer/design/terms/fields.tsx', '../draft.ts'],
  ['renderer/parts/jobs/follow.ts', '../../api.ts'],
  ['renderer/parts/jobs/follow.ts', '../../errors/failure.ts'],
  ['main/index.ts', 'electron'],
  ['server/index.ts', '../core/app.ts'],
  ['server/server.ts', 'node:http'],
])('a door is open: %s may import %s', (file, name) => {
  expect(reasons(file, `import * as it from '${name}'`)).toEqual([])
})

test('no way of importing slips through', () => {
  const ways = `
    import './a.ts'
    import type { B } from './b.ts'
    export * from './c.ts'
    export { d } from './d.ts'
    export const e = () => import('./e.ts')
    export type F = import('./f.ts').F
    const g = require('./g.ts')
    new Worker(new URL('./h.ts', import.meta.url))
    // import './not-this.ts'
    const text = "import './nor-this.ts'"
  `
  expect(importsOf(ways, 'x.ts').sort()).toEqual('abcdefgh'.split('').map((letter) => `./${letter}.ts`))
})

test('a room is named in the list as it stands in the source tree', () => {
  for (const { may } of Object.values(rooms))
    for (const reach of may)
      expect(Object.keys(rooms).some((name) => reach === name || reach.startsWith(`${name}/`))).toBe(true)
})

test.each([
  "export const a = store.all('SELECT id FROM patient')",
  'export const a = (kind) => store.rows(`SELECT id FROM ${' + 'kind} WHERE study = ?`, 1)',
  "store.run('  delete FROM setting'.toUpperCase(), 'DELETE FROM setting WHERE name = ?')",
  "db.exec('PRAGMA user_version = 3')",
])('the database is spoken to in the vault alone: %s', (source) => {
  expect(sqlIn('core/handlers/patients.ts', source)).toHaveLength(1)
  expect(sqlIn('core/vault/records/patients.ts', source)).toEqual([])
})

test('words that only begin like SQL are no breach', () => {
  expect(
    sqlIn('cli/help.ts', "export const a = ['with', 'Select a file', 'update', 'Create the vault', 'DROP']"),
  ).toEqual([])
})

const circles = (sources: Record<string, string>) =>
  circleBreaches(new Map(Object.entries(sources))).map(({ imports }) => imports)

test('rooms that need each other are told, even if one of them needs a type alone', () => {
  const sources = {
    'core/learn/learner.ts': "import { a } from '../cohort/matrix.ts'",
    'core/cohort/matrix.ts': "import type { B } from '../learn/parameters.ts'",
    'core/learn/parameters.ts': '',
  }
  expect(circles(sources)).toEqual(['core/cohort -> core/learn'])
})

test('files that need each other’s values are told; types and imports at work time are no circle', () => {
  const circle = {
    'core/learn/a.ts': "import { b } from './b.ts'",
    'core/learn/b.ts': "export * from './c.ts'",
    'core/learn/c.ts': "import { type A, a } from './a.ts'",
  }
  expect(circles(circle)).toEqual(['core/learn/a.ts -> core/learn/b.ts -> core/learn/c.ts'])
  const types = { ...circle, 'core/learn/c.ts': "import { type A } from './a.ts'" }
  expect(circles(types)).toEqual([])
  const later = { ...circle, 'core/learn/c.ts': "export const c = () => import('./a.ts')" }
  expect(circles(later)).toEqual([])
})

test('a circle is found wherever the walk begins, and two are two', () => {
  const graph = (text: string) =>
    new Map(text.split(' ').map((word) => [word[0] as string, new Set(word.slice(1))] as const))
  expect(circlesOf(graph('ab bc c'))).toEqual([])
  expect(circlesOf(graph('ab bc ca dab'))).toEqual([['a', 'b', 'c']])
  expect(circlesOf(graph('xab ab ba cd dec ec'))).toEqual([
    ['c', 'd', 'e'],
    ['a', 'b'],
  ])
})
