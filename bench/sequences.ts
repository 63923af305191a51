/**
 * Nets on visits, signals and pictures beside simpler models, on the same folds, by patient (or what stands for one):
 * the Mayo patients' visits, one infant's heart rate, one person's EEG, handwritten digits. Run: npx node
 * bench/sequences.ts. The figures stand in docs/validation.md.
 */
import { pathToFileURL } from 'node:url'
import { type StudyDesignInput, StudyDesignSchema } from '../src/contract/design.ts'
import type { Concept, Estimate } from '../src/contract/values.ts'
import { type CaseClock, type Course, sequencesOf, summaryName, summaryValues } from '../src/core/cohort/history.ts'
import { type Column, columnOf, type Table, takeRows } from '../src/core/cohort/table.ts'
import { runStudy } from '../src/core/study/run/run.ts'
import { createPool } from '../test/fixtures/pool.ts'
import { sampleTable, valuesOf } from '../test/golden/sampleTable.ts'

const signal = new AbortController().signal
const pool = createPool({ threads: 2 })

const conceptOf = ({ name, kind, levels }: Column): Concept => ({
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
})

const run = (table: Table, input: Omit<StudyDesignInput, 'study'>) =>
  runStudy(
    {
      design: StudyDesignSchema.parse({ study: 'bench', ...input }),
      concepts: table.columns.map(conceptOf),
      table,
      snapshotHash: '',
      build: '',
      threads: 2,
    },
    { signal, stage: () => {}, parallel: (task, inputs) => pool.run(task, inputs) },
  )

const column = (name: string, values: Float64Array): Column => ({
  name,
  kind: 'number',
  unit: null,
  levels: null,
  values,
})
const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
const shown = (value: number | null | undefined) => (value ?? Number.NaN).toFixed(3)
const withInterval = ({ value, low, high }: Estimate) => `${shown(value)} (${shown(low)} to ${shown(high)})`
const row = (...cells: (string | number)[]) => console.log(`| ${cells.join(' | ')} |`)
const heading = (...cells: string[]) => {
  row(...cells)
  row(...cells.map(() => '---'))
}

const labs = [
  'bili',
  'albumin',
  'protime',
  'platelet',
  'ast',
  'alk.phos',
  'chol',
  'edema',
  'ascites',
  'hepato',
  'spiders',
  'stage',
]
const still = ['age', 'sex', 'trt']

/**
 * Patients still followed a time after registration, with what was known at registration, last known, and all visits
 * until then.
 */
const landmark = (visits: Table, at: number): Table => {
  const [day, end] = [valuesOf(visits, 'day'), valuesOf(visits, 'futime')]
  const first = Array.from(visits.patients.keys()).filter((one) => day[one] === 0 && end[one] > at)
  const table = takeRows(visits, first)
  const clock: CaseClock = {
    origin: new Float64Array(first.length).fill(at),
    until: new Float64Array(first.length).fill(at),
  }
  const courseOf = (name: string): Course => ({
    name,
    unit: null,
    patients: visits.patients,
    days: day,
    values: valuesOf(visits, name),
  })
  return {
    ...table,
    columns: [
      column(
        'time',
        Float64Array.from(first, (one) => end[one] - at),
      ),
      ...['status', ...still, ...labs].map((name) => columnOf(table, name) as Column),
      ...labs.map((name) =>
        column(`${name}:last`, summaryValues(table.patients, clock, courseOf(name), { of: 'last' })),
      ),
    ],
    sequences: sequencesOf(table.patients, clock, labs.map(courseOf), null),
  }
}

const visitsOfMayo = async () => {
  const visits = sampleTable('pbcseq', 'id')
  console.log('\n## Death of primary biliary cholangitis, from the visits; 3 times 5-fold, folds by patient\n')
  heading('asked at', 'patients', 'deaths', 'model', "Harrell's C", 'integrated Brier to 5 years')
  for (const years of [1, 3]) {
    const table = landmark(visits, 365.25 * years)
    const last = labs.map((name) => `${name}:last`)
    const models: [string, Partial<StudyDesignInput>][] = [
      ['Cox on registration', { learner: 'cox', features: [...still, ...labs] }],
      ['Cox on the last values', { learner: 'cox', features: [...still, ...last] }],
      ['GRU on all visits, hazards', { learner: 'recurrent', features: still, sequences: { channels: labs } }],
      [
        'GRU on all visits, Cox',
        {
          learner: 'recurrent',
          features: still,
          sequences: { channels: labs },
          parameters: { loss: 'cox', batchSize: 64 },
        },
      ],
    ]
    for (const [name, input] of models) {
      const found: { c: number[]; brier: number[] } = { c: [], brier: [] }
      let [n, deaths] = [0, 0]
      for (const seed of [1, 2, 3]) {
        const { crossValidation, rows, events } = await run(table, {
          learner: 'cox',
          ...input,
          outcome: { task: 'survival', time: 'time', event: { column: 'status', values: ['2'] } },
          horizons: [365.25, 1095.75, 1826.25],
          validation: { test: 0, folds: 5 },
          seed,
        })
        ;[n, deaths] = [rows, events ?? 0]
        for (const { metrics } of crossValidation ?? []) {
          found.c.push(metrics.harrellC.value ?? Number.NaN)
          found.brier.push(metrics.integratedBrier?.value ?? Number.NaN)
        }
      }
      row(`${years} years`, n, deaths, name, shown(mean(found.c)), shown(mean(found.brier)))
    }
  }
}

const infant = async () => {
  const night = sampleTable('infant-sleep', 'stretch')
  const second = valuesOf(night, 'second')
  const clock: CaseClock = { origin: second, until: second }
  const course: Course = {
    name: 'heart_rate',
    unit: null,
    patients: night.patients,
    days: second,
    values: valuesOf(night, 'heart_rate'),
  }
  const state = columnOf(night, 'state') as Column
  const window = 480
  const summed: Table = {
    ...night,
    columns: [
      state,
      columnOf(night, 'heart_rate') as Column,
      ...(['mean', 'min', 'max', 'slope'] as const).map((of) => {
        const summary = { concept: 'heart_rate', of, window }
        return column(summaryName(summary), summaryValues(night.patients, clock, course, summary))
      }),
    ],
  }
  const sequences = sequencesOf(night.patients, clock, [course], window)
  const counts = [1, 2, 3, 4].map((code) => state.values.filter((value) => value === code).length)
  const common = {
    outcome: { task: 'diagnosis', target: 'state' },
    validation: { test: 0, folds: 8 },
    seed: 1,
  } as const
  // Of 14 stretches hardly one can be spared to watch the loss: all are learned from, for as many epochs.
  const parameters = { epochs: 30, batchSize: 64, patience: 0 }
  const net = { sequences: { channels: ['heart_rate'], window }, parameters }
  console.log('\n## Sleep state of one infant from 8 minutes of heart rate; 8-fold, folds by stretch of 34 minutes\n')
  console.log(
    `Four states; always guessing the most frequent is right in ${shown(Math.max(...counts) / night.rows)}.\n`,
  )
  heading('model', 'accuracy', 'mean of the four recalls', 'AUROC')
  const models: [string, Table, Partial<StudyDesignInput>][] = [
    ['logistic regression on rate, mean, extremes, slope', summed, { learner: 'logistic' }],
    ['forest on the same', summed, { learner: 'forest' }],
    ['GRU on the rates', { ...night, columns: [state], sequences }, { learner: 'recurrent', ...net }],
    ['1-D CNN on the rates', { ...night, columns: [state], sequences }, { learner: 'convolutional', ...net }],
  ]
  for (const [name, table, input] of models) {
    const { accuracy, balancedAccuracy, auroc } = (await run(table, { learner: 'logistic', ...common, ...input }))
      .assessment.metrics
    row(name, shown(accuracy.value), shown(balancedAccuracy?.value), shown(auroc?.value))
  }
}

const imagined = async () => {
  const samples = sampleTable('motor-imagery', 'trial')
  const second = valuesOf(samples, 'second')
  const last = Array.from(samples.patients.keys()).filter((one) => second[one] === 4)
  const trials = takeRows(samples, last)
  const channels = ['channel1', 'channel2', 'channel3']
  const moments = Float64Array.from(last, () => 4)
  const sequences = sequencesOf(
    trials.patients,
    { origin: moments, until: moments },
    channels.map((name) => ({
      name,
      unit: null,
      patients: samples.patients,
      days: second,
      values: valuesOf(samples, name),
    })),
    null,
  )
  const cue = columnOf(trials, 'cue') as Column
  const table: Table = { ...trials, columns: [cue], sequences }
  console.log(
    '\n## Left or right hand imagined, from 4 s of EEG (3 channels, 64 Hz); 40 trials of one person, 10-fold\n',
  )
  heading('model', 'accuracy (95% interval)', 'AUROC (95% interval)')
  const models: [string, Table][] = [
    ['1-D CNN', table],
    ['1-D CNN, cues shuffled', { ...table, columns: [shuffled(cue)] }],
  ]
  for (const [name, data] of models) {
    const { assessment } = await run(data, {
      learner: 'convolutional',
      outcome: { task: 'diagnosis', target: 'cue' },
      sequences: { channels },
      parameters: { filters: 8, kernel: 11, batchSize: 8 },
      validation: { test: 0, folds: 10 },
      seed: 1,
    })
    row(name, withInterval(assessment.metrics.accuracy), withInterval(assessment.metrics.auroc))
  }
}

/** The same values in another order, fixed: what is learned from them is chance. */
const shuffled = (given: Column): Column => {
  const values = given.values.slice()
  let state = 12345
  for (let i = values.length - 1; i > 0; i--) {
    state = (state * 1103515245 + 12345) % 2147483648
    const j = state % (i + 1)
    const held = values[i]
    values[i] = values[j]
    values[j] = held
  }
  return { ...given, values }
}

const digits = async () => {
  const table = sampleTable('digits')
  const pixels = Array.from({ length: 64 }, (_, i) => `p${i}`)
  const values = new Float32Array(table.rows * 64)
  pixels.forEach((name, cell) => {
    valuesOf(table, name).forEach((ink, one) => {
      values[one * 64 + cell] = ink
    })
  })
  const grids = { height: 8, width: 8, channels: ['ink'] }
  const pictures: Table = { ...table, columns: [columnOf(table, 'digit') as Column], grids: { ...grids, values } }
  const common = {
    outcome: { task: 'diagnosis', target: 'digit' },
    validation: { test: 0, folds: 5 },
    seed: 1,
  } as const
  console.log('\n## Handwritten digits of 8 x 8 pixels, not clinical; 5-fold\n')
  heading('model', 'accuracy (95% interval)')
  const net = { epochs: 30, readout: 'flatten' }
  const models: [string, Table, Partial<StudyDesignInput>][] = [
    ['2-D CNN', pictures, { learner: 'convolutional', grids: { ...grids, columns: pixels }, parameters: net }],
    ['logistic regression on the pixels', table, { learner: 'logistic' }],
  ]
  for (const [name, data, input] of models) {
    const { assessment } = await run(data, { learner: 'logistic', ...common, ...input })
    row(name, withInterval(assessment.metrics.accuracy))
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const parts = { visits: visitsOfMayo, infant, imagined, digits }
  const asked = process.argv.slice(2)
  for (const [name, part] of Object.entries(parts)) if (asked.length === 0 || asked.includes(name)) await part()
  await pool.close()
}
