import { expect, test } from 'vitest'
import { sampleTable, withColumn } from '../../../../test/golden/sampleTable.ts'
import { type StudyDesignInput, StudyDesignSchema } from '../../../contract/design.ts'
import type { Concept } from '../../../contract/values.ts'
import type { Table } from '../../cohort/table.ts'
import { oneByOne } from '../../learn/parallel.ts'
import { workerTasks } from '../../learn/workers.ts'
import { randomOf } from '../../numbers/random.ts'
import { runStudy } from './run.ts'

const run = (table: Table, key: string, input: StudyDesignInput) => {
  const concepts = table.columns.map(
    ({ name, kind, levels }): Concept => ({
      name,
      label: { en: name },
      kind,
      role: name === key ? 'patientKey' : 'observation',
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
const pima: StudyDesignInput = {
  study: 'pima',
  outcome: { task: 'diagnosis', target: 'type' },
  learner: 'forest',
  parameters: { nTrees: 150, minLeaf: 1 },
}

test('a forest that kept no case aside is judged by the trees that did not see the case, not by those that remember it', async () => {
  const table = sampleTable('pima')
  const { assessedOn, assessment, warnings } = await run(table, '', { ...pima, validation: { test: 0, folds: 0 } })
  expect(assessedOn).toBe('outOfBag')
  expect(warnings.map(({ reason }) => reason)).not.toContain('apparent')
  const { assessment: crossValidated } = await run(table, '', { ...pima, validation: { test: 0, folds: 5 } })
  const [bag, folds] = [assessment, crossValidated].map(({ metrics }) => metrics.auroc.value as number)
  // Trees grown to single patients know all they saw: the apparent area under the curve would be about 1.
  expect(bag).toBeLessThan(0.9)
  expect(Math.abs(bag - folds)).toBeLessThan(0.04)
})

test('an input the model lives on costs it rank when dealt anew, one of pure chance costs nothing', async () => {
  const random = randomOf(5)
  const pbc = sampleTable('pbc', 'id')
  const noise = { name: 'noise', kind: 'number' as const, unit: null, levels: null }
  const table = withColumn(pbc, { ...noise, values: Float64Array.from({ length: pbc.rows }, () => random.normal()) })
  const design: StudyDesignInput = {
    study: 'pbc',
    outcome: { task: 'survival', time: 'time', event: { column: 'status', values: ['2'] } },
    learner: 'cox',
    features: ['age', 'bili', 'albumin', 'protime', 'noise'],
  }
  for (const validation of [{}, { test: 0, folds: 4 }]) {
    const { features } = await run(table, 'id', { ...design, validation })
    const lossOf = (name: string) => features.find((feature) => feature.name === name)?.permutation?.value as number
    expect(lossOf('bili')).toBeGreaterThan(0.03)
    expect(lossOf('bili')).toBeGreaterThan(lossOf('age'))
    expect(Math.abs(lossOf('noise'))).toBeLessThan(0.01)
  }
  const { features } = await run(table, 'id', { ...design, validation: { test: 0, folds: 0 } })
  expect(features.every(({ permutation }) => permutation === null)).toBe(true)
})
