import { spawn } from 'node:child_process'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { answerOf, bedside, passphrase } from '../e2e/command.ts'
import { temporaryFolder } from '../e2e/shells.ts'

const root = dirname(dirname(import.meta.dirname))
const entry = join(root, 'src', 'cli', 'bedside.ts')

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let vault: string
const at = (name: string) => join(folder.path, name)
const file = (name: string, lines: string[]) => {
  writeFileSync(at(name), `${lines.join('\n')}\n`)
  return at(name)
}
const refused = async (words: string[]) => {
  const { code, stdout, stderr } = await bedside(vault, words)
  expect(code).not.toBe(0)
  expect(stdout).toBe('')
  expect(stderr.trimEnd().split('\n')).toHaveLength(1)
  return stderr
}
const linesOf = (path: string) => readFileSync(path, 'utf8').trim().split(/\r?\n/)
const people = Array.from({ length: 60 }, (_, i) => [
  i + 1,
  30 + i,
  1 + ((i * 7) % 11),
  100 + i * 10,
  i % 3 === 0 ? 0 : 1,
])

beforeAll(async () => {
  folder = await temporaryFolder()
  vault = at('vault')
  await answerOf(vault, ['init'])
  file('people.csv', ['id,age,marker,time,status', ...people.map((cells) => cells.join(','))])
  await answerOf(vault, ['import', at('people.csv'), '--study', 'people'])
})
afterAll(() => folder.remove())

test('predictions never take the place of the cases they are for', async () => {
  const { model } = await answerOf(
    vault,
    'train --study people --time time --event status=1 --learner cox --test 0 --folds 0'.split(' '),
  )
  const before = readFileSync(at('people.csv'), 'utf8')
  const words = ['predict', '--model', String(model), '--in', at('people.csv')]
  expect(await refused([...words, '--out', at('people.csv')])).toMatch(/file of cases itself/)
  expect(await refused([...words, '--out', `${folder.path}/./people.csv`])).toMatch(/file of cases itself/)
  expect(readFileSync(at('people.csv'), 'utf8')).toBe(before)

  // Nobody was followed for a hundred years.
  const beyond = await answerOf(vault, [...words, '--times', '365,36500', '--out', at('beyond.csv')])
  expect(beyond.problems).toEqual([
    {
      row: 0,
      column: 'survival_36500',
      code: 'beyondFollowUp',
      values: { followUp: 690 },
      message: expect.stringMatching(/beyond the longest follow-up of 690/),
    },
  ])
  expect(await refused([...words, '--times', '0'])).toMatch(/--times takes a number above 0/)
})

test('times asked of a model that knows no time are refused, not ignored', async () => {
  const { model } = await answerOf(
    vault,
    'train --study people --task regression --target marker --features age --learner linear --folds 0'.split(' '),
  )
  expect(await refused(['predict', '--model', String(model), '--in', at('people.csv'), '--times', '365'])).toMatch(
    /only a survival model/,
  )
})

test('a cell means in a prediction what it means in an import', async () => {
  const header = 'id,sex,smoker,marker,sick'
  const rows = people.map(
    ([id, , marker], i) => `${id},${i % 2 ? 'f' : 'm'},${i % 3 ? 'TRUE' : 'FALSE'},${marker},${i % 4 ? 'no' : 'yes'}`,
  )
  await answerOf(vault, ['import', file('cells.csv', [header, ...rows]), '--study', 'cells'])
  const { model } = await answerOf(
    vault,
    'train --study cells --task diagnosis --target sick --learner logistic --test 0 --folds 0'.split(' '),
  )
  const predict = async (name: string, lines: string[]) =>
    answerOf(vault, ['predict', '--model', String(model), '--in', file(name, ['sex,smoker,marker', ...lines])])
  const plain = await predict('plain.csv', ['f,TRUE,1200', 'm,FALSE,7', 'f,TRUE,3.5'])
  const otherwise = await predict('otherwise.csv', ['F,yes,1.2e3', 'M,0,7.0', 'f,true, 3.50'])
  expect(plain.problems).toEqual([])
  expect(otherwise).toMatchObject({ problems: [], predictions: plain.predictions })
  const { rejected, predictions } = await predict('odd.csv', ['x,TRUE,7', 'f,perhaps,0x10', 'm,TRUE,7'])
  expect(predictions.map(({ values }: { values: unknown[] }) => values[0] !== null)).toEqual([false, false, true])
  expect(rejected.map(({ row, column }: { row: number; column: string }) => [row, column])).toEqual([
    [1, 'sex'],
    [2, 'smoker'],
    [2, 'marker'],
  ])
})

test('the same patients imported twice are noticed, and can be taken back', async () => {
  expect(await refused(['import', at('people.csv'), '--study', 'people'])).toMatch(/undo BATCH, or import --again/)
  const again = await answerOf(vault, ['import', at('people.csv'), '--study', 'people', '--again'])
  expect(again.warnings).toContainEqual(
    expect.objectContaining({
      reason: 'furtherCases',
      message: expect.stringMatching(/^60 of 60 imported rows are of patients with a case in people before/),
    }),
  )
  expect(await answerOf(vault, ['undo', String(again.batch)])).toMatchObject({ batch: again.batch, study: 'people' })
  expect(await refused(['undo', String(again.batch)])).toMatch(/already taken back/)
  const studies = await answerOf(vault, ['studies'])
  expect(studies.find(({ name }: { name: string }) => name === 'people').cases).toBe(60)
})

test('repeated measurements come out again, none lost', async () => {
  const rows = people.flatMap(([id]) => [`${id},-30,hdl,${40 + Number(id)}`, `${id},12.5,chol,${150 + Number(id)}`])
  file('long.csv', ['id,days,test,value', ...rows])
  expect((await answerOf(vault, ['import', at('long.csv'), '--study', 'long'])).imported).toBe(120)
  await answerOf(vault, ['export', '--study', 'long', '--out', at('long-out.csv')])
  const [header, ...lines] = linesOf(at('long-out.csv'))
  expect(header).toBe('patient,day,test,value')
  expect([...lines].sort()).toEqual([...rows].sort())
  expect(await answerOf(vault, ['import', at('long-out.csv'), '--study', 'long again'])).toMatchObject({
    imported: 120,
    rejected: 0,
  })
})

test('a urine strip’s + and - stay what they are, while a formula is not handed to a spreadsheet', async () => {
  const strips = ['+', '++', '-', '+/-', '-1', '<=20', '=1+1', '+f(1)', '@x']
  file('strips.csv', ['id,strip', ...people.map(([id], i) => `${id},${strips[i % strips.length]}`)])
  await answerOf(vault, ['import', at('strips.csv'), '--study', 'strips'])
  await answerOf(vault, ['export', '--study', 'strips', '--out', at('strips-out.csv')])
  const out = linesOf(at('strips-out.csv')).slice(1, strips.length + 1)
  expect(out.map((line) => line.split(',')[1])).toEqual(['+', '++', '-', '+/-', '-1', '<=20', "'=1+1", "'+f(1)", "'@x"])
})

test('a path means the folder the command was typed in, though npm runs elsewhere', async () => {
  const child = spawn(
    process.execPath,
    [entry, '--vault', 'vault', 'export', '--study', 'people', '--out', 'here.csv'],
    {
      cwd: root,
      env: { ...process.env, BEDSIDE_PASSPHRASE: passphrase, npm_lifecycle_event: 'bedside', INIT_CWD: folder.path },
      stdio: 'ignore',
    },
  )
  expect(await new Promise((resolve) => child.on('close', resolve))).toBe(0)
  expect(linesOf(at('here.csv'))).toEqual(linesOf(at('people.csv')))
})

test('a file none of whose rows fits its header is not called empty', async () => {
  expect(await refused(['import', file('broken.csv', ['a,b', '1,2,3', '4,5,6']), '--study', 'x'])).toMatch(
    /None of the 2 rows of broken.csv has as many fields as its header/,
  )
  expect(await refused(['import', file('bare.csv', ['a,b']), '--study', 'x'])).toMatch(/no rows below its header/)
})

test('an unknown study or learner is answered with those there are', async () => {
  expect(await refused('train --study peple --task regression --target age --learner linear'.split(' '))).toMatch(
    /The studies are: .*people/,
  )
  expect(await refused('train --study people --task regression --target age --learner liner'.split(' '))).toMatch(
    /the learners are forest, .*logistic, .*linear, .*cox, .*neural/,
  )
  const missing = await refused('train --study people --task regression --target agee --learner linear'.split(' '))
  expect(missing.match(/agee/g)).toHaveLength(1)
})

test('an interrupted import leaves no row and no study, and says so by its exit code', async () => {
  const rows = Array.from({ length: 300_000 }, (_, i) => `${i},${i % 90},${(i * 31) % 17},${i % 2}`)
  file('large.csv', ['id,age,marker,sex', ...rows])
  const child = spawn(
    process.execPath,
    [entry, '--vault', vault, 'import', at('large.csv'), '--study', 'large', '--json'],
    {
      env: { ...process.env, BEDSIDE_PASSPHRASE: passphrase },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  let said = ''
  child.stderr.on('data', (text) => {
    said += text
  })
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve))
  // Once the vault is written to, the import has begun.
  const writing = setInterval(() => {
    const log = statSync(join(vault, 'bedside.db-wal'), { throwIfNoEntry: false })
    if (!log || log.size === 0) return
    clearInterval(writing)
    child.kill('SIGINT')
  }, 20)
  expect(await ended).toBe(130)
  expect(said).toMatch(/Interrupted; nothing was kept/)
  expect((await answerOf(vault, ['studies'])).map(({ name }: { name: string }) => name)).not.toContain('large')
})
