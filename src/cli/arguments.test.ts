import { expect, test } from 'vitest'
import { commandHelp, parseCommand, usage } from './arguments.ts'
import { commands } from './commands/index.ts'
import { designFrom } from './commands/train.ts'
import { UsageError } from './failure.ts'

const parse = (line: string) => parseCommand(line.split(' ').filter(Boolean), commands)
const run = (line: string) => {
  const parsed = parse(line)
  if (parsed.kind !== 'run') throw new Error('not a run')
  return parsed
}
const complaint = (act: () => unknown): string => {
  try {
    act()
  } catch (error) {
    if (error instanceof UsageError) return error.message
    throw error
  }
  return 'no complaint'
}
const design = (line: string) => designFrom(run(`train ${line}`).options, {})

test('a mistyped option is refused with the nearest name, so that no column sneaks into a model', () => {
  expect(complaint(() => parse('train --study pbc --excluede status'))).toMatch(/no option --excluede.*--exclude\b/)
  expect(complaint(() => parse('train --sead 3'))).toMatch(/--seed/)
  expect(complaint(() => parse('predict --model 1 --inn x.csv'))).toMatch(/--in\b/)
  expect(complaint(() => parse('train -x'))).toMatch(/no option -x/)
  expect(complaint(() => parse('tain --study pbc'))).toMatch(/no command tain.*train/)
})

test('an option of another command is refused, not ignored', () => {
  expect(complaint(() => parse('train --study pbc --times 365'))).toMatch(/train has no option --times/)
  expect(complaint(() => parse('studies --seed 1'))).toMatch(/studies has no option --seed/)
})

test('a forgotten value does not swallow the next option', () => {
  expect(complaint(() => parse('train --study --json'))).toMatch(/--study needs a value/)
  expect(complaint(() => parse('train --study'))).toMatch(/--study needs a value/)
  expect(complaint(() => parse('train --json=yes --study x'))).toMatch(/--json takes no value/)
  expect(complaint(() => parse('train --seed 1 --seed 2'))).toMatch(/twice/)
})

test('options stand before or after the command', () => {
  const before = run('--vault /tmp/v --json train --study pbc')
  expect(before.command.name).toBe('train')
  expect([before.options.text('vault'), before.options.flag('json'), before.options.text('study')]).toEqual([
    '/tmp/v',
    true,
    'pbc',
  ])
  expect(run('import cases.csv --study pbc').operands).toEqual(['cases.csv'])
  expect(complaint(() => parse('import --study pbc'))).toMatch(/import needs FILE/)
  expect(complaint(() => parse('import a.csv b.csv --study pbc'))).toMatch(/does not take "b.csv"/)
})

test('the survival study of the manual becomes the design it says', () => {
  expect(
    design(
      '--study pbc --task survival --time time --event status=1,2 --time-unit months --learner cox --seed 7 --test 0 --folds 3 --set ties=breslow --set l2=0 --set missing=drop --features age,bili --exclude id --exclude sex',
    ),
  ).toEqual({
    study: 'pbc',
    learner: 'cox',
    outcome: { task: 'survival', time: 'time', timeUnit: 'months', event: { column: 'status', values: ['1', '2'] } },
    features: ['age', 'bili'],
    exclude: ['id', 'sex'],
    preparation: { missing: 'drop' },
    parameters: { ties: 'breslow', l2: 0 },
    validation: { test: 0, folds: 3 },
    seed: 7,
  })
})

test('a diagnosis and a regression take their target; --missing is short for --set missing=', () => {
  expect(design('--study biopsy --task diagnosis --target class --positive malignant --learner forest')).toMatchObject({
    outcome: { task: 'diagnosis', target: 'class', positive: 'malignant' },
  })
  expect(design('--study boys --task regression --target hgt --learner forest --missing indicator')).toMatchObject({
    outcome: { task: 'regression', target: 'hgt' },
    preparation: { missing: 'indicator' },
  })
})

test('preparation, tuning and weights are read into the design, feature by feature where named', () => {
  expect(
    design(
      '--study pbc --task diagnosis --target status --learner forest --prepare winsorise=0.01,transform=robust --prepare transforms.bili=log,indicators=true --missing chained --weights w --tune bayesian --trials 30 --metric auroc --search mtry=2..6 --search minLeaf=1..50:log --search replace=true|false',
    ),
  ).toMatchObject({
    preparation: {
      missing: 'chained',
      winsorise: 0.01,
      transform: 'robust',
      transforms: { bili: 'log' },
      indicators: true,
    },
    weights: 'w',
    tuning: {
      method: 'bayesian',
      trials: 30,
      metric: 'auroc',
      space: {
        mtry: { low: 2, high: 6, log: false },
        minLeaf: { low: 1, high: 50, log: true },
        replace: { values: [true, false] },
      },
    },
  })
})

test.each([
  ['--study s --task regression --target y --learner forest --prepare winsorize=0.01', /did you mean winsorise/],
  ['--study s --task regression --target y --learner forest --prepare winsorise=0.9', /winsorise/],
  ['--study s --task regression --target y --learner forest --tune bayes', /did you mean bayesian/],
  ['--study s --task regression --target y --learner forest --trials 9', /--trials has no meaning without --tune/],
  ['--study s --task regression --target y --learner forest --tune random --search mtry=2..x', /no range/],
  ['--task survival --time time --event status --learner cox --study s', /--event status=1/],
  ['--task survival --event status=2 --learner cox --study s', /--time COLUMN/],
  ['--task survivel --learner cox --study s', /did you mean survival/],
  ['--task diagnosis --learner forest --study s', /--target COLUMN/],
  ['--task diagnosis --target class --event status=2 --learner forest --study s', /--event has no meaning/],
  ['--learner forest --study s', /--task/],
  ['--task diagnosis --target c --study s', /--learner/],
  ['--task diagnosis --target c --learner f', /--study/],
  ['--task diagnosis --target c --learner f --study s --seed x', /--seed takes a whole number/],
  ['--task diagnosis --target c --learner f --study s --seed -1', /--seed/],
  ['--task diagnosis --target c --learner f --study s --test 1', /--test takes a number from 0 to 0.9/],
  ['--task diagnosis --target c --learner f --study s --set nTrees', /name=value/],
  ['--task diagnosis --target c --learner f --study s --missing dorp', /did you mean drop/],
  ['--task diagnosis --target c --learner f --study s --missing drop --set missing=mode', /different things/],
])('what cannot be meant is refused in one sentence: %s', (line, said) => {
  const sentence = complaint(() => design(line))
  expect(sentence).toMatch(said)
  expect(sentence).not.toContain('\n')
})

test('competing events, late entry and strata of a shell line reach the design as they were meant', () => {
  const line = '--study cgd --time tstop --event status=1 --learner cox'
  expect(design(`${line} --competing 2,3 --entry tstart --strata centre`).outcome).toMatchObject({
    competing: { values: ['2', '3'] },
    entry: 'tstart',
    strata: 'centre',
  })
  expect(design(`${line} --competing death=1`).outcome).toMatchObject({ competing: { column: 'death', values: ['1'] } })
  expect(complaint(() => design(`${line} --competing death=`))).toMatch(/--competing COLUMN=1/)
  const task = '--task diagnosis --target c --learner forest --study s'
  expect(complaint(() => design(`${task} --strata centre`))).toMatch(/--strata has no meaning/)
})

test('a design in a file is kept, but for what the options change', () => {
  const base = {
    study: 'pbc',
    learner: 'cox',
    outcome: { task: 'survival' as const, time: 'time', event: { column: 'status', values: ['2'] } },
    parameters: { ties: 'efron', l2: 1 },
    seed: 5,
  }
  expect(designFrom(run('train --design d.json --set l2=0 --seed 6').options, base)).toMatchObject({
    ...base,
    parameters: { ties: 'efron', l2: 0 },
    seed: 6,
  })
})

test('each command has help that names all its options', () => {
  expect(parse('train --help')).toMatchObject({ kind: 'help', command: { name: 'train' } })
  expect(parse('help train')).toMatchObject({ kind: 'help', command: { name: 'train' } })
  expect(parse('--help')).toEqual({ kind: 'help', command: null })
  for (const command of commands) {
    expect(usage(commands)).toContain(command.says)
    for (const name of Object.keys(command.options)) expect(commandHelp(command)).toContain(`--${name} `)
  }
})

test('what is read over time and as a picture can be said in the options', () => {
  const survival = '--study pbcseq --time futime --event status=2 --learner recurrent'
  expect(
    design(
      `${survival} --from day --case-time day --sequences bili,albumin --window 730 --summaries bili:slope@365,albumin:last`,
    ),
  ).toMatchObject({
    outcome: { task: 'survival', from: 'day' },
    caseTime: 'day',
    sequences: { channels: ['bili', 'albumin'], window: 730 },
    summaries: [
      { concept: 'bili', of: 'slope', window: 365 },
      { concept: 'albumin', of: 'last' },
    ],
  })
  const digits = '--study digits --task diagnosis --target digit --learner convolutional'
  const { grids } = design(`${digits} --grid 8x8 --pixels p0..p63`)
  expect(grids).toMatchObject({ height: 8, width: 8, channels: ['c1'] })
  expect(grids?.columns).toHaveLength(64)
  expect([grids?.columns[0], grids?.columns[63]]).toEqual(['p0', 'p63'])
})

test('a history said in half, or in a word that is none, is refused with what is meant', () => {
  const start = '--study s --task diagnosis --target t --learner logistic'
  expect(() => design(`${start} --summaries bili:median`)).toThrow(/median is not one of last, mean/)
  expect(() => design(`${start} --summaries bili`)).toThrow(/MEASUREMENT:/)
  expect(() => design(`${start} --window 30`)).toThrow(/--sequences/)
  expect(() => design(`${start} --grid 8x8`)).toThrow(/go together/)
  expect(() => design(`${start} --grid 8 --pixels a,b`)).toThrow(/HEIGHTxWIDTH/)
})

test('a spline or interaction that is written wrong is refused, not left out of the model', () => {
  const cox = '--study pbc --time time --event status=2 --learner cox'
  expect(design(`${cox} --splines age,bili:5,albumin:2.5/3/3.5 --interactions age*sex`).terms).toEqual({
    splines: [{ column: 'age' }, { column: 'bili', knots: 5 }, { column: 'albumin', knots: [2.5, 3, 3.5] }],
    interactions: [['age', 'sex']],
  })
  expect(design(cox).terms).toBeUndefined()
  for (const wrong of ['--splines bili:2', '--splines bili:1/2', '--splines bili:', '--splines :4'])
    expect(complaint(() => design(`${cox} ${wrong}`))).toMatch(/--splines .* is not of the form/)
  for (const wrong of ['--interactions age', '--interactions age*sex*bili', '--interactions age*'])
    expect(complaint(() => design(`${cox} ${wrong}`))).toMatch(/--interactions .* is not of the form/)
})
