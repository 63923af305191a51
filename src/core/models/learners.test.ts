import { join } from 'node:path'
import { expect, test } from 'vitest'
import { StudyDesignSchema } from '../../contract/design.ts'
import { effects, learnerFamilies } from '../../contract/models.ts'
import type { TextTree } from '../../contract/texts.ts'
import { tasks } from '../../contract/values.ts'
import { learners } from '../learn/learners.ts'
import { candidatesOf, comparatorOf } from '../study/tune/settle.ts'
import { readCatalogues } from '../texts.ts'
import { describedLearners } from './learners.ts'

interface Named {
  label: string
  description: string
}

const survival = (more: object = {}) => ({
  task: 'survival',
  time: 't',
  event: { column: 'e', values: ['1'] },
  ...more,
})
const design = (outcome: object, more: object = {}) =>
  StudyDesignSchema.parse({ study: 's', outcome, learner: 'auto', ...more })

test.each(learners)('$id says what it is, so that no view has to know it by name', (learner) => {
  expect(learnerFamilies).toContain(learner.family)
  const told = describedLearners.find(({ id }) => id === learner.id)
  expect(told).toMatchObject({ family: learner.family, tasks: [...learner.tasks] })
  const defaults = Object.fromEntries(learner.parameters.map((one) => [one.name, one.default]))
  for (const task of learner.tasks) if (learner.effect) expect(effects).toContain(learner.effect(task, defaults))
  // A regression is one because its coefficients mean something.
  if (learner.family === 'regression') expect(learner.effect).toBeDefined()
})

const competing = { column: 'e', values: ['2'] }

test.each([
  ['a diagnosis', { task: 'diagnosis', target: 'y' }, 'logistic'],
  ['a value', { task: 'regression', target: 'y' }, 'linear'],
  ['survival', survival(), 'cox'],
  ['survival with late entry', survival({ entry: 'd' }), 'cox'],
  ['competing events', survival({ competing }), 'fineGray'],
  ['competing events with late entry', survival({ competing, entry: 'd' }), 'competingCox'],
  ['competing events in strata', survival({ competing, strata: 'sex' }), 'competingCox'],
])('%s is compared with one plain regression', (_, outcome, expected) => {
  const claiming = learners.filter(({ comparator }) => comparator?.(design(outcome).outcome))
  expect(claiming.map(({ id }) => id)).toEqual([expected])
  expect(comparatorOf(design(outcome))).toBe(expected)
})

test('a task has a learner to begin with, the plain one', () => {
  for (const task of tasks) expect(describedLearners.filter((one) => one.comparator.includes(task))).toHaveLength(1)
})

test('what is tried by itself goes from simple to complex, and nets only where there are enough patients', () => {
  const tried = (rows: number) => candidatesOf(design({ task: 'diagnosis', target: 'y' }), rows).map(({ id }) => id)
  expect(tried(300)).toEqual(['logistic', 'elasticNet', 'additive', 'forest', 'boosting'])
  expect(tried(2000)).toEqual(['logistic', 'elasticNet', 'additive', 'forest', 'boosting', 'neural'])
})

const catalogues = readCatalogues(join(import.meta.dirname, '../../../resources'))

test.each(Object.entries(catalogues))(
  'every learner and parameter is called something in %s, and nothing else is',
  (_, rooms) => {
    const texts = rooms.learners as Record<string, TextTree>
    const own = (id: string) => texts[id] as { label?: string; description?: string; parameter?: Record<string, Named> }
    const shared = texts.shared as unknown as Record<string, Named>
    expect(Object.keys(texts).sort()).toEqual(['shared', ...describedLearners.map(({ id }) => id)].sort())
    const used = new Set<string>()
    for (const { id, parameters } of describedLearners) {
      const { label, description, parameter = {} } = own(id)
      expect([id, label, description]).toEqual([id, expect.stringMatching(/../), expect.stringMatching(/../)])
      const names = parameters.map(({ name }) => name)
      expect(Object.keys(parameter).filter((name) => !names.includes(name))).toEqual([])
      for (const name of names) {
        if (!parameter[name]) used.add(name)
        const named = parameter[name] ?? shared[name]
        expect([id, name, named]).toEqual([
          id,
          name,
          { label: expect.stringMatching(/../), description: expect.stringMatching(/../) },
        ])
      }
    }
    expect(Object.keys(shared).sort()).toEqual([...used].sort())
  },
)
