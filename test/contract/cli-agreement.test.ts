import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { answerOf, bedside } from '../e2e/command.ts'
import { temporaryFolder } from '../e2e/shells.ts'

/**
 * Whole runs of the command line against R on the same files (test/golden/cli.R), files imported as a newcomer would.
 */
const root = dirname(dirname(import.meta.dirname))
const sample = (name: string) => join(root, 'resources', 'samples', `${name}.csv`)
const golden = JSON.parse(readFileSync(join(root, 'test', 'golden', 'cli.json'), 'utf8'))
const onAllRows = '--set missing=drop --set l2=0 --test 0 --folds 0'.split(' ')

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let vault: string
const at = (name: string) => join(folder.path, name)

beforeAll(async () => {
  folder = await temporaryFolder()
  vault = at('vault')
  await answerOf(vault, ['init'])
  for (const name of ['ectopic', 'rotterdam', 'gbsg', 'boys'])
    expect((await answerOf(vault, ['import', sample(name), '--study', name])).rejected).toBe(0)
})
afterAll(() => folder.remove())

const agree = (mine: number[], known: number[]) => {
  expect(mine).toHaveLength(known.length)
  mine.forEach((value, index) => {
    expect(Math.abs(value - known[index]!)).toBeLessThan(1e-6 * Math.max(1, Math.abs(known[index]!)))
  })
}
interface Fit {
  coefficients: { term: string; estimate: number; standardError: number }[]
  logLikelihood: number
  nullLogLikelihood: number
}
const agreeOn = (
  fit: Fit,
  known: { term: string[]; estimate: number[]; standardError: number[]; logLikelihood: number },
) => {
  expect(fit.coefficients.map(({ term }) => term)).toEqual(known.term)
  agree(
    fit.coefficients.map(({ estimate }) => estimate),
    known.estimate,
  )
  agree(
    fit.coefficients.map(({ standardError }) => standardError),
    known.standardError,
  )
  agree([fit.logLikelihood], [known.logLikelihood])
}
const predicted = async (model: number, name: string, more: string[] = []) => {
  const out = at(`${model}-${name}.csv`)
  await answerOf(vault, ['predict', '--model', String(model), '--in', sample(name), '--out', out, ...more])
  const [header = '', ...lines] = readFileSync(out, 'utf8').trim().split('\n')
  // Between the row with its key and the reason why it is rejected.
  const numbers = (line: string) => line.split(',').slice(2, -1)
  expect([header.split(',').slice(0, 2), header.split(',').at(-1)]).toEqual([['row', 'key'], 'rejected'])
  return { header: numbers(header), rows: lines.map((line) => numbers(line).map(Number)) }
}

test('a diagnosis of three classes compares with the groups R compares with, and predicts what R predicts', async () => {
  const { diagnosis } = golden
  const { model, fit } = await answerOf(vault, [
    ...'train --study ectopic --task diagnosis --target outc --learner logistic'.split(' '),
    ...onAllRows,
  ])
  agreeOn(fit, diagnosis)
  const { header, rows } = await predicted(model, 'ectopic')
  expect(header).toEqual(diagnosis.classes.map((name: string) => `probability_${name}`))
  for (const [row, known] of diagnosis.probabilities.entries()) agree(rows[row]!, known)
})

test('a survival model with a category compares with R’s reference level, and predicts R’s risk and survival', async () => {
  const { cox } = golden
  const { model, fit } = await answerOf(vault, [
    ...'train --study rotterdam --time rtime --event recur=1 --learner cox'.split(' '),
    ...['--features', 'age,meno,size,grade,nodes,pgr,er,hormon'],
    ...onAllRows,
  ])
  agreeOn(fit, cox)
  agree([fit.nullLogLikelihood], [cox.nullLogLikelihood])
  const { header, rows } = await predicted(model, 'rotterdam', ['--times', cox.times.join(',')])
  expect(header).toEqual(['risk', ...cox.times.map((time: number) => `survival_${time}`)])
  for (const [row, risk] of cox.risk.entries()) agree(rows[row]!, [risk, ...cox.survival[row]])
  // There the size is in millimetres: no cell is a size of this study, and that must be said first.
  const coded = await bedside(vault, ['predict', '--model', String(model), '--in', sample('gbsg')])
  expect(coded.stdout.trim().split('\n')).toHaveLength(687)
  expect(coded.stderr).toMatch(/^warning: size holds no value that was seen in training \(<=20, >50, 20-50\)/)
})

test('a value is estimated as by lm, with a category of five regions', async () => {
  const { regression } = golden
  const { fit, rows } = await answerOf(vault, [
    ...'train --study boys --task regression --target hgt --features age,wgt,reg --learner linear'.split(' '),
    ...onAllRows,
  ])
  expect(rows).toBe(regression.rows)
  agreeOn(fit, regression)
})

test('a model is assessed on patients from elsewhere, though the outcome is called otherwise there', async () => {
  const { external } = golden
  const { model } = await answerOf(vault, [
    ...'train --study rotterdam --time rtime --event recur=1 --learner cox'.split(' '),
    ...['--features', 'age,meno,grade,nodes,pgr,er,hormon'],
    ...onAllRows,
  ])
  const words = ['evaluate', '--model', String(model), '--study', 'gbsg']
  const unnamed = await bedside(vault, words)
  expect([unnamed.code, unnamed.stdout]).toEqual([1, ''])
  expect(unnamed.stderr).toMatch(/no column rtime, recur/)

  const { rows, events, horizon, metrics } = await answerOf(vault, [
    ...words,
    '--time',
    'rfstime',
    '--event',
    'status=1',
  ])
  expect([rows, events, horizon]).toEqual([external.rows, external.events, external.horizon])
  agree(
    ['harrellC', 'unoC', 'auc', 'brier'].map((name) => metrics[name].value),
    ['harrellC', 'unoC', 'auc', 'brier'].map((name) => external[name]),
  )

  // The same patients with their follow-up in months.
  const [header = '', ...lines] = readFileSync(sample('gbsg'), 'utf8').trim().split(/\r?\n/)
  const time = header.split(',').indexOf('rfstime')
  const months = lines.map((line) =>
    line
      .split(',')
      .map((cell, column) => (column === time ? String(Number(cell) / 30.4375) : cell))
      .join(','),
  )
  writeFileSync(at('months.csv'), [header.replace('rfstime', 'followUp'), ...months].join('\n'))
  await answerOf(vault, ['import', at('months.csv'), '--study', 'months'])
  const named = ['--time', 'followUp', '--time-unit', 'months', '--event', 'status=1']
  const inMonths = await answerOf(vault, [...words.slice(0, -1), 'months', ...named])
  agree(
    ['harrellC', 'brier'].map((name) => inMonths.metrics[name].value),
    ['harrellC', 'brier'].map((name) => external[name]),
  )
})
