import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { answerOf, bedside } from './command.ts'
import { temporaryFolder } from './shells.ts'

/** The command line as the manual has it, on the bundled samples, each call a process of its own. */
const root = dirname(dirname(import.meta.dirname))
const sample = (name: string) => join(root, 'resources', 'samples', `${name}.csv`)
const golden = (name: string) => JSON.parse(readFileSync(join(root, 'test', 'golden', `${name}.json`), 'utf8'))

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let vault: string
const at = (name: string) => join(folder.path, name)

beforeAll(async () => {
  folder = await temporaryFolder()
  vault = at('vault')
})
afterAll(() => folder.remove())

const cox = [
  'train',
  '--study',
  'pbc',
  '--task',
  'survival',
  '--time',
  'time',
  '--event',
  'status=2',
  '--learner',
  'cox',
]
const refused = async (words: string[], options?: { secret?: string | null }) => {
  const { code, stdout, stderr } = await bedside(vault, words, options)
  expect(code).not.toBe(0)
  expect(stdout).toBe('')
  // One line, whatever went wrong.
  expect(stderr.trimEnd().split('\n')).toHaveLength(1)
  return stderr
}

test('a vault that is not there is not made by the way', async () => {
  expect(await refused(['studies'])).toMatch(/no vault at/i)
  expect(await refused(['studies'], { secret: null })).toMatch(/no vault at/i)
  expect(existsSync(vault)).toBe(false)
})

test('init makes the vault once, and never over another', async () => {
  expect(await answerOf(vault, ['init', '--name', 'Dr. Lin'])).toMatchObject({
    vault,
    displayName: 'Dr. Lin',
    role: 'administrator',
  })
  await refused(['init'])
})

test('without the right passphrase nothing is told', async () => {
  expect(await refused(['studies'], { secret: 'wrong' })).toMatch(/passphrase is wrong/i)
  expect(await refused(['studies'], { secret: null })).toMatch(/BEDSIDE_PASSPHRASE/)
})

test('import counts every row, and says of each rejected one where and why', async () => {
  expect(await answerOf(vault, ['import', sample('pbc'), '--study', 'pbc'])).toMatchObject({
    batch: expect.any(Number),
    rows: 418,
    imported: 418,
    rejected: 0,
    errors: [],
  })
  const lines = readFileSync(sample('pbc'), 'utf8').trim().split(/\r?\n/)
  const time = (lines[0] as string)
    .split(',')
    .map((name) => name.replaceAll('"', ''))
    .indexOf('time')
  const spoilt = lines.map((line, row) => {
    if (row !== 7) return line
    const cells = line.split(',')
    cells[time] = 'soon'
    return cells.join(',')
  })
  writeFileSync(at('spoilt.csv'), `${spoilt.join('\n')}\n`)
  const mapping = await answerOf(vault, ['import', sample('pbc'), '--study', 'spoilt', '--suggest'])
  writeFileSync(at('mapping.json'), JSON.stringify(mapping))
  const words = ['import', at('spoilt.csv'), '--study', 'spoilt', '--mapping', at('mapping.json')]

  const tried = await answerOf(vault, [...words, '--dry-run'])
  expect(tried).toMatchObject({ batch: null, rows: 418, imported: 417, rejected: 1 })
  expect((await answerOf(vault, ['studies'])).map(({ name }: { name: string }) => name)).toEqual(['pbc'])

  const report = await answerOf(vault, words)
  expect(report).toMatchObject({ rows: 418, imported: 417, rejected: 1 })
  expect(report.errors).toEqual([
    { row: 7, place: 'line 8', column: 'time', code: expect.any(String), message: expect.stringMatching(/\S/) },
  ])
  expect(await answerOf(vault, ['studies'])).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ name: 'pbc', cases: 418, columns: expect.any(Number) }),
      expect.objectContaining({ name: 'spoilt', cases: 417 }),
    ]),
  )
})

test('Cox from the command line is R’s coxph, to six digits', async () => {
  const { efron, breslow } = golden('coxph').pbc
  for (const { ties, ...known } of [efron, breslow]) {
    const { fit, ...model } = await answerOf(vault, [
      ...cox,
      ...['--features', known.features.join(','), '--set', `ties=${ties}`, '--set', 'missing=drop', '--set', 'l2=0'],
      ...['--test', '0', '--folds', '0', '--seed', '1'],
    ])
    expect(model).toMatchObject({ task: 'survival', learner: 'cox', rows: known.n, events: known.nevent })
    expect(model.hash).toMatch(/^[0-9a-f]{64}$/)
    expect(model.metrics.harrellC.value).toBeGreaterThan(0.8)
    expect(fit.coefficients.map(({ term }: { term: string }) => term)).toEqual(known.term)
    const digits = (value: number) => value.toPrecision(6)
    expect(fit.coefficients.map(({ estimate }: { estimate: number }) => digits(estimate))).toEqual(
      known.estimate.map(digits),
    )
    expect(fit.coefficients.map(({ standardError }: { standardError: number }) => digits(standardError))).toEqual(
      known.standardError.map(digits),
    )
    expect(digits(fit.logLikelihood)).toBe(digits(known.logLikelihood))
    expect(digits(fit.nullLogLikelihood)).toBe(digits(known.nullLogLikelihood))
  }
})

test('the same seed gives the same model with one thread and with two', async () => {
  await answerOf(vault, ['import', sample('biopsy'), '--study', 'biopsy'])
  const forest =
    'train --study biopsy --task diagnosis --target class --learner forest --set nTrees=40 --set maxDepth=5 --folds 0 --seed 9'
  const [one, two] = [
    await answerOf(vault, [...forest.split(' '), '--threads', '1']),
    await answerOf(vault, [...forest.split(' '), '--threads', '2']),
  ]
  expect(one.hash).toBe(two.hash)
  expect(one.metrics.auroc.value).toBeGreaterThan(0.95)
  expect(one.metrics.brier.value).toBeLessThan(0.1)
  for (const { value, low, high } of Object.values(one.metrics) as { value: number; low: number; high: number }[])
    if (low !== null && value !== null) expect([low <= value, value <= high]).toEqual([true, true])
})

test('predict answers every row, in the order of the file, with each class’s probability', async () => {
  const [model] = (await answerOf(vault, [
    'train',
    '--study',
    'biopsy',
    '--task',
    'diagnosis',
    '--target',
    'class',
    '--learner',
    'logistic',
    '--folds',
    '0',
  ]).then(({ model }) => [model])) as number[]
  const lines = readFileSync(sample('biopsy'), 'utf8').trim().split(/\r?\n/)
  const [header, ...rows] = lines as [string, ...string[]]
  const backwards = [header, ...[...rows].reverse()]
  writeFileSync(at('forwards.csv'), `${lines.join('\n')}\n`)
  writeFileSync(at('backwards.csv'), `${backwards.join('\r\n')}\r\n`)
  const predict = async (name: string) => {
    const answer = await answerOf(vault, [
      'predict',
      '--model',
      String(model),
      '--in',
      at(name),
      '--out',
      at(`out-${name}`),
    ])
    expect(answer.rows).toBe(rows.length)
    return readFileSync(at(`out-${name}`), 'utf8')
      .trim()
      .split('\n')
  }
  const forwards = await predict('forwards.csv')
  expect(forwards[0]?.split(',')).toEqual(['row', 'key', 'probability_benign', 'probability_malignant', 'rejected'])
  expect(forwards).toHaveLength(rows.length + 1)
  for (const line of forwards.slice(1)) {
    const [, , benign = Number.NaN, malignant = Number.NaN] = line.split(',').map(Number)
    expect(benign + malignant).toBeCloseTo(1, 10)
  }
  const withoutRow = (line: string) => line.slice(line.indexOf(','))
  expect((await predict('backwards.csv')).slice(1).reverse().map(withoutRow)).toEqual(forwards.slice(1).map(withoutRow))
})

test('predict gives the risk and the survival at the times that were asked for', async () => {
  const { model } = await answerOf(vault, [...cox, '--features', 'age,bili,albumin', '--folds', '0'])
  await answerOf(vault, [
    'predict',
    '--model',
    String(model),
    '--in',
    sample('pbc'),
    '--out',
    at('s.csv'),
    '--times',
    '365,1825',
  ])
  const [header, ...lines] = readFileSync(at('s.csv'), 'utf8').trim().split('\n')
  expect(header?.split(',')).toEqual(['row', 'key', 'risk', 'survival_365', 'survival_1825', 'rejected'])
  expect(lines).toHaveLength(418)
  for (const line of lines) {
    const [, , , early = Number.NaN, late = Number.NaN] = line.split(',').map(Number)
    expect(early).toBeLessThanOrEqual(1)
    expect(late).toBeLessThanOrEqual(early)
    expect(late).toBeGreaterThanOrEqual(0)
  }
  const printed = await bedside(vault, [
    'predict',
    '--model',
    String(model),
    '--in',
    sample('pbc'),
    '--times',
    '365,1825',
  ])
  expect(printed.stdout).toBe(readFileSync(at('s.csv'), 'utf8'))
})

test('a failed prediction leaves no file behind', async () => {
  const { model } = await answerOf(vault, [...cox, '--features', 'age,bili,albumin', '--folds', '0'])
  writeFileSync(at('other.csv'), 'age,bili\n50,1\n60,1\n')
  expect(
    await refused(['predict', '--model', String(model), '--in', at('other.csv'), '--out', at('never.csv')]),
  ).toMatch(/no column albumin/)
  expect(await refused(['predict', '--model', '999', '--in', sample('pbc'), '--out', at('never.csv')])).toMatch(/999/)
  expect(
    await refused(['predict', '--model', String(model), '--in', at('nowhere.csv'), '--out', at('never.csv')]),
  ).toMatch(/nowhere/)
  expect(readdirSync(folder.path).filter((name) => name.includes('never'))).toEqual([])
})

test('evaluate tells how a model does on cases from elsewhere', async () => {
  const [header, ...rows] = readFileSync(sample('pbc'), 'utf8').trim().split(/\r?\n/)
  writeFileSync(at('here.csv'), [header, ...rows.slice(0, 280)].join('\n'))
  writeFileSync(at('there.csv'), [header, ...rows.slice(280)].join('\n'))
  await answerOf(vault, ['import', at('here.csv'), '--study', 'here'])
  await answerOf(vault, ['import', at('there.csv'), '--study', 'there'])
  const words = cox.map((word) => (word === 'pbc' ? 'here' : word))
  const { model } = await answerOf(vault, [
    ...words,
    '--features',
    'age,bili,albumin,edema',
    '--test',
    '0',
    '--folds',
    '0',
  ])
  const evaluation = await answerOf(vault, ['evaluate', '--model', String(model), '--study', 'there'])
  expect(evaluation).toMatchObject({ model, study: 'there', rows: 138 })
  expect(evaluation.metrics.harrellC.value).toBeGreaterThan(0.7)
})

test('what was imported comes out again', async () => {
  await answerOf(vault, ['export', '--study', 'pbc', '--out', at('pbc.csv')])
  const out = readFileSync(at('pbc.csv'), 'utf8').trim().split(/\r?\n/)
  expect(out).toHaveLength(419)
  await answerOf(vault, ['import', at('pbc.csv'), '--study', 'again'])
  const words = ['--features', 'age,bili', '--test', '0', '--folds', '0']
  const first = await answerOf(vault, [...cox, ...words])
  const second = await answerOf(vault, [...cox.map((word) => (word === 'pbc' ? 'again' : word)), ...words])
  expect(second.fit.coefficients).toEqual(first.fit.coefficients)

  const artifact = await answerOf(vault, ['export', '--model', String(first.model), '--out', at('m.bedside-model')])
  expect(readFileSync(at('m.bedside-model'))).toHaveLength(artifact.bytes)
})

test.each([
  [['train', '--study', 'pbc', '--excluede', 'id'], /did you mean --exclude/],
  [['trian'], /did you mean train/],
  [['train', '--study', 'nowhere', ...cox.slice(3)], /nowhere/],
  [[...cox, '--set', 'nTress=3'], /nTress/],
  [[...cox.slice(0, -1), 'coks'], /coks/],
  [[...cox, '--features', 'age,billi'], /billi/],
  [[...cox.map((word) => (word === 'status=2' ? 'status=7' : word))], /status|7|event/],
  [['import', '/nowhere/x.csv', '--study', 'x'], /x\.csv/],
  [['evaluate', '--model', '999', '--study', 'pbc'], /999/],
  [['export', '--study', 'nowhere', '--out', '/tmp/never.csv'], /nowhere/],
  [['predict', '--model', 'x', '--in', 'a.csv'], /--model/],
])('an error is one line that names what is wrong: %j', async (words, said) => {
  expect(await refused(words)).toMatch(said)
})

test('help needs no vault and no passphrase', async () => {
  for (const words of [['--help'], ['train', '--help'], ['predict', '--help']]) {
    const { code, stdout, stderr } = await bedside(at('none'), words, { secret: null })
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(/Usage: npm run -s bedside --/)
  }
})
