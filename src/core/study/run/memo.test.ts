import { expect, test } from 'vitest'
import { sampleTable } from '../../../../test/golden/sampleTable.ts'
import { type StudyDesignInput, StudyDesignSchema } from '../../../contract/design.ts'
import type { Concept } from '../../../contract/values.ts'
import { oneByOne } from '../../learn/parallel.ts'
import { workerTasks } from '../../learn/workers.ts'
import { digestOf, type Memo, rememberPieces } from './memo.ts'
import { runStudy } from './run.ts'

const table = sampleTable('biopsy', 'ID')
const concepts: Concept[] = table.columns.map(({ name, kind, levels }) => ({
  name,
  label: { en: name },
  kind,
  role: name === 'ID' ? 'patientKey' : 'observation',
  unit: null,
  plausible: null,
  reference: null,
  levels: levels?.map((code) => ({ code, label: { en: code } })) ?? null,
  coding: [],
  modifiable: false,
  description: null,
}))
const design: StudyDesignInput = {
  study: 'biopsy',
  outcome: { task: 'diagnosis', target: 'class' },
  learner: 'forest',
  parameters: { nTrees: 30 },
  validation: { folds: 3 },
}

/** A memo over a map, as a vault would keep it: bytes copied. */
const memoOver = (units: Map<string, Uint8Array>): Memo & { found: number; put_: number } => {
  const memo = {
    found: 0,
    put_: 0,
    get: (key: string) => {
      const bytes = units.get(key)
      if (bytes) memo.found++
      return bytes && Uint8Array.from(bytes)
    },
    put: (key: string, bytes: Uint8Array) => {
      memo.put_++
      units.set(key, Uint8Array.from(bytes))
    },
  }
  return memo
}
const here = oneByOne(workerTasks)
const run = (memo?: Memo, changed: Partial<StudyDesignInput> = {}, build = 'a') =>
  runStudy(
    {
      design: StudyDesignSchema.parse({ ...design, ...changed }),
      concepts,
      table,
      snapshotHash: '',
      build,
      threads: 1,
    },
    {
      signal: new AbortController().signal,
      stage: () => {},
      parallel: memo ? rememberPieces(memo, build, here) : here,
      ...(memo ? { memo } : {}),
    },
  )

test('a run taken up with some fits, with all or with none makes one and the same model and assessment', async () => {
  const { seconds: _, ...without } = await run()
  const units = new Map<string, Uint8Array>()
  const first = memoOver(units)
  const { seconds: _1, ...kept } = await run(first)
  expect(kept).toEqual(without)
  // Forest and comparator, on three folds and on all.
  expect([first.found, first.put_]).toEqual([0, 8])

  const all = memoOver(units)
  const { seconds: _2, ...taken } = await run(all)
  expect(taken).toEqual(without)
  expect([all.found, all.put_]).toEqual([8, 0])

  const half = memoOver(new Map([...units].filter((_unit, at) => at < 4)))
  const { seconds: _3, ...mixed } = await run(half)
  expect(mixed).toEqual(without)
  expect([half.found, half.put_]).toEqual([4, 4])
})

test('a search that is taken up does not try again what it tried, and settles on the same', async () => {
  const searched: Partial<StudyDesignInput> = {
    validation: { folds: 0 },
    tuning: { method: 'random', trials: 4, folds: 3 },
  }
  const { tuning, hash } = await run(undefined, searched)
  expect(tuning?.trials).toHaveLength(4)
  const scoresOf = (found: typeof tuning) => found?.trials.map(({ mean, parameters }) => [mean, parameters])
  const units = new Map<string, Uint8Array>()
  await run(memoOver(units), searched)
  const all = memoOver(units)
  const again = await run(all, searched)
  expect(again.hash).toBe(hash)
  expect(scoresOf(again.tuning)).toEqual(scoresOf(tuning))
  expect(all.put_).toBe(0)
  // At least the folds of every trial.
  expect(all.found).toBeGreaterThanOrEqual(12)
})

test('a fit is never taken for one of another seed, parameter or build', async () => {
  const units = new Map<string, Uint8Array>()
  await run(memoOver(units))
  for (const [changed, build] of [
    [{ seed: 2 }, 'a'],
    [{ parameters: { nTrees: 31 } }, 'a'],
    [{}, 'b'],
  ] as const) {
    const memo = memoOver(units)
    const { hash } = await run(memo, changed, build)
    expect(hash).toBe((await run(undefined, changed, build)).hash)
    expect(memo.put_).toBeGreaterThanOrEqual(4)
  }
})

test('what differs in a value, a type, a name or the order of rows has another digest', () => {
  const values = [
    null,
    undefined,
    '',
    '1',
    1,
    -0,
    0,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    true,
    [],
    [1, 2],
    [2, 1],
    [[1], 2],
    {},
    { a: 1 },
    { b: 1 },
    { a: [1] },
    new Float64Array([1, 2]),
    new Float64Array([2, 1]),
    new Float32Array([1, 2]),
    new Int32Array([1, 2]),
    { a: new Uint8Array(8) },
  ]
  expect(new Set(values.map((value) => digestOf(value))).size).toBe(values.length)
  expect(digestOf({ a: 1, b: undefined, c: [2] })).toBe(digestOf({ c: [2], a: 1 }))
  expect(digestOf(new Float64Array(new SharedArrayBuffer(16)))).toBe(digestOf(new Float64Array(2)))
})
