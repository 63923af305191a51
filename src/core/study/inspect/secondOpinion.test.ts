import { expect, test } from 'vitest'
import { sampleTable } from '../../../../test/golden/sampleTable.ts'
import { type StudyDesignInput, StudyDesignSchema } from '../../../contract/design.ts'
import type { Concept } from '../../../contract/values.ts'
import { type Table, takeRows } from '../../cohort/table.ts'
import { oneByOne } from '../../learn/parallel.ts'
import { workerTasks } from '../../learn/workers.ts'
import { runStudy } from '../run/run.ts'

const run = (table: Table, input: StudyDesignInput) => {
  const concepts = table.columns.map(
    ({ name, kind, levels }): Concept => ({
      name,
      label: { en: name },
      kind,
      role: 'observation',
      unit: null,
      plausible: null,
      reference: null,
      levels: levels?.map((code) => ({ code, label: { en: code } })) ?? null,
      coding: [],
      modifiable: false,
      description: null,
    }),
  )
  return runStudy(
    { design: StudyDesignSchema.parse(input), concepts, table, snapshotHash: '', build: '', threads: 1 },
    {
      signal: new AbortController().signal,
      stage: () => {},
      parallel: oneByOne(workerTasks),
    },
  )
}

const biopsy = takeRows(
  sampleTable('biopsy', 'ID'),
  Int32Array.from({ length: 200 }, (_, row) => row),
)
const design: StudyDesignInput = {
  study: 'biopsy',
  outcome: { task: 'diagnosis', target: 'class' },
  exclude: ['ID'],
  learner: 'forest',
  parameters: { nTrees: 100 },
  validation: { test: 0.3, folds: 0 },
}

test('a forest of another implementation says the same of the same held-out patients, and by how much it differs is said', async () => {
  const { secondOpinion, split, assessment } = await run(biopsy, design)
  expect(secondOpinion).toMatchObject({ learner: 'ml-random-forest', rows: split.test, metric: 'auroc' })
  expect(secondOpinion!.trees).toBeGreaterThanOrEqual(5)
  expect(secondOpinion!.kappa!.value!).toBeGreaterThan(0.8)
  expect(secondOpinion!.correlation!).toBeGreaterThan(0.9)
  const { difference, estimate } = secondOpinion!
  expect(assessment.metrics.auroc.value! - estimate!.value!).toBeCloseTo(difference!.value!, 10)
  expect(difference!.low!).toBeLessThanOrEqual(difference!.high!)
})

test('of values it is asked out of fold as well', async () => {
  const { secondOpinion, assessedOn } = await run(sampleTable('bodyfat'), {
    study: 'bodyfat',
    outcome: { task: 'regression', target: 'DEXfat' },
    learner: 'forest',
    parameters: { nTrees: 100 },
    validation: { test: 0, folds: 3 },
  })
  expect(assessedOn).toBe('outOfFold')
  expect(secondOpinion).toMatchObject({ rows: 71, metric: 'rmse', kappa: null })
  expect(secondOpinion!.correlation!).toBeGreaterThan(0.9)
})

test('a large cohort, a survival study and a design that does without are not made to wait', async () => {
  const large = await run(sampleTable('biopsy', 'ID'), { ...design, parameters: { nTrees: 10 } })
  expect(large.secondOpinion).toBeNull()
  const without = await run(biopsy, { ...design, secondOpinion: false, parameters: { nTrees: 10 } })
  expect(without.secondOpinion).toBeNull()
})
