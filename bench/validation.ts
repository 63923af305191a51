import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'csv-parse/sync'
import { type StudyDesignInput, StudyDesignSchema } from '../src/contract/design.ts'
import type { Concept, Estimate } from '../src/contract/values.ts'
import { type Column, sharedFloats, sharedIntegers, type Table } from '../src/core/cohort/table.ts'
import { openSample } from '../src/core/intake/import/samples.ts'
import type { MatrixNeeds } from '../src/core/learn/learner.ts'
import { learners } from '../src/core/learn/learners.ts'
import { lifetimes } from '../src/core/learn/survival/lifetimes.ts'
import { evaluateStudy } from '../src/core/study/run/evaluate.ts'
import { runStudy } from '../src/core/study/run/run.ts'
import { createPool } from '../test/fixtures/pool.ts'

/**
 * Quality of the learners on published cohorts, beside what the literature reports: `npx node bench/validation.ts`, or
 * only some of its parts by their names, as in `npx node bench/validation.ts survival external`. The figures stand in
 * docs/validation.md.
 */

const resources = join(import.meta.dirname, '..', 'resources')
const repeats = 5

/** A bundled cohort as a table, by its dictionary; what differs from the raw file is done by `change`. */
const cohort = (
  name: string,
  change: (row: Record<string, string>) => Record<string, string> | null = (row) => row,
) => {
  const { entry, concepts } = openSample(resources, name)
  const text = readFileSync(join(resources, 'samples', entry.file), 'utf8')
  const rows = (parse(text, { columns: true }) as Record<string, string>[]).map(change).filter((row) => row !== null)
  const used = concepts.filter(({ kind }) => kind !== 'text')
  const columns = used.map(({ name: column, kind, unit }): Column => {
    const cells = rows.map((row) => (row[column] === undefined || row[column] === 'NA' ? '' : row[column]))
    const levels = kind === 'category' ? [...new Set(cells.filter((cell) => cell !== ''))].sort() : null
    const values = sharedFloats(rows.length)
    cells.forEach((cell, row) => {
      values[row] = cell === '' ? Number.NaN : levels ? levels.indexOf(cell) : Number(cell)
    })
    return { name: column, kind, unit, values, levels }
  })
  const ids = sharedIntegers(rows.length)
  for (let row = 0; row < rows.length; row++) ids[row] = row + 1
  const table: Table = { rows: rows.length, columns, patients: ids, encounters: ids }
  return { table, concepts: used as Concept[] }
}

const signal = new AbortController().signal
const pool = createPool({ threads: 2 })

const run = (data: ReturnType<typeof cohort>, input: StudyDesignInput) =>
  runStudy(
    { ...data, design: StudyDesignSchema.parse(input), snapshotHash: '', build: '', threads: 2 },
    { signal, stage: () => {}, parallel: (task, inputs) => pool.run(task, inputs) },
  )

const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
const shown = (value: number) => value.toFixed(3)
const withInterval = ({ value, low, high }: Estimate) =>
  `${shown(value ?? Number.NaN)} (${shown(low ?? Number.NaN)} to ${shown(high ?? Number.NaN)})`

const row = (...cells: string[]) => console.log(`| ${cells.join(' | ')} |`)

/** Repeated 5-fold cross-validation: the mean over folds and repeats of a metric, as benchmarks report it. */
const crossValidated = async (data: ReturnType<typeof cohort>, input: StudyDesignInput, metrics: string[]) => {
  const found: Record<string, number[]> = Object.fromEntries(metrics.map((metric) => [metric, []]))
  for (let seed = 1; seed <= repeats; seed++) {
    const { crossValidation } = await run(data, { ...input, seed, validation: { test: 0, folds: 5 } })
    for (const fold of crossValidation ?? [])
      for (const metric of metrics) found[metric].push(fold.metrics[metric]?.value ?? Number.NaN)
  }
  return metrics.map((metric) => shown(mean(found[metric].filter((value) => !Number.isNaN(value)))))
}

/** Nets over signals and pictures have nothing to look at in these cohorts. */
const sees = (id: string, needs: MatrixNeeds) => id === 'convolutional' || needs.sequences === 'required'

const gbsg: Pick<StudyDesignInput, 'study' | 'outcome'> = {
  study: 'gbsg',
  outcome: { task: 'survival', time: 'rfstime', event: { column: 'status', values: ['1'] } },
}

/**
 * Every learner of survival that learns from columns, at its defaults; parametric ones with each of their
 * distributions.
 */
const survivalLearners = learners
  .filter(({ id, tasks, needs }) => tasks.includes('survival') && needs.competing !== 'required' && !sees(id, needs))
  .flatMap(({ id }) =>
    id === 'aft'
      ? lifetimes.map((distribution) => ({ label: `aft, ${distribution}`, learner: id, parameters: { distribution } }))
      : [{ label: id, learner: id, parameters: {} }],
  )

const survival = async () => {
  const data = cohort('gbsg')
  console.log(`\n## GBSG, ${repeats} times 5-fold cross-validation\n`)
  row('learner', "Harrell's C", 'integrated Brier to 5 years')
  row('---', '---', '---')
  for (const { label, learner, parameters } of survivalLearners) {
    const input = { ...gbsg, learner, parameters }
    row(label, ...(await crossValidated(data, input, ['harrellC', 'integratedBrier'])))
  }
}

/** Death on the waiting list where a transplant may come first. */
const competing = async () => {
  const data = cohort('pbc')
  console.log(`\n## PBC, death where transplants compete, ${repeats} times 5-fold cross-validation\n`)
  row('learner', "Harrell's C (Wolbers)", 'integrated Brier to 5 years', 'observed / expected')
  row('---', '---', '---', '---')
  const event = { column: 'status', values: ['2'] }
  for (const { id, tasks, needs } of learners) {
    if (!tasks.includes('survival') || sees(id, needs) || !(needs.competing || id === 'cox')) continue
    const outcome = { task: 'survival' as const, time: 'time', event, competing: { values: ['1'] } }
    const input = { study: 'pbc', outcome, learner: id }
    const said = id === 'cox' ? 'cox, transplants censored' : id
    row(said, ...(await crossValidated(data, input, ['harrellC', 'integratedBrier', 'observedExpected'])))
  }
}

/**
 * Rotterdam's node-positive patients, as gbsg records them: relapse or death, size unknown, oestrogen receptors and so
 * on.
 */
const external = async () => {
  const trained = cohort('rotterdam', (patient) => {
    if (patient.nodes === '0') return null
    const relapsed = patient.recur === '1' || patient.death === '1'
    const time = patient.recur === '1' ? patient.rtime : patient.dtime
    return { ...patient, rtime: time, recur: relapsed ? '1' : '0' }
  })
  const tested = cohort('gbsg')
  const features = ['age', 'meno', 'grade', 'nodes', 'pgr', 'er', 'hormon']
  console.log('\n## Trained on rotterdam (node-positive), tested on gbsg\n')
  row('learner', "Harrell's C", 'calibration slope', 'observed / expected')
  row('---', '---', '---', '---')
  for (const { label, learner, parameters } of survivalLearners) {
    const { artifact } = await run(trained, {
      study: 'rotterdam',
      outcome: { task: 'survival', time: 'rtime', event: { column: 'recur', values: ['1'] } },
      features,
      learner,
      parameters,
      validation: { test: 0, folds: 0 },
    })
    const { assessment } = await evaluateStudy(
      { artifact, study: 'gbsg', table: tested.table, outcome: StudyDesignSchema.parse({ ...gbsg, learner }).outcome },
      { stage: () => {} },
    )
    const { harrellC, calibrationSlope, observedExpected } = assessment.metrics
    row(label, withInterval(harrellC), withInterval(calibrationSlope), withInterval(observedExpected))
  }
}

const diagnoses = async () => {
  console.log(`\n## Diagnosis, ${repeats} times 5-fold cross-validation\n`)
  row('cohort', 'learner', 'AUROC', 'Brier', 'calibration slope')
  row('---', '---', '---', '---', '---')
  for (const [study, target] of [
    ['biopsy', 'class'],
    ['breast-cancer', 'target'],
    ['pima', 'type'],
    ['wcgs', 'chd69'],
  ] as const) {
    const data = cohort(study)
    const exclude =
      study === 'wcgs' ? ['typechd', 'time169'].filter((name) => data.concepts.some((one) => one.name === name)) : []
    for (const learner of ['logistic', 'forest', 'neural']) {
      const input = { study, outcome: { task: 'diagnosis', target }, exclude, learner } as const
      row(study, learner, ...(await crossValidated(data, input, ['auroc', 'brier', 'calibrationSlope'])))
    }
  }
}

const coverage = async () => {
  console.log('\n## Prediction sets and intervals at 90 %, measured on out-of-fold cases\n')
  row('cohort', 'learner', 'coverage')
  row('---', '---', '---')
  const cases = [
    ['biopsy', 'logistic', { task: 'diagnosis', target: 'class' }],
    ['pima', 'logistic', { task: 'diagnosis', target: 'type' }],
    ['ectopic', 'logistic', { task: 'diagnosis', target: 'outc' }],
    ['diabetes', 'linear', { task: 'regression', target: 'target' }],
    ['bodyfat', 'forest', { task: 'regression', target: 'DEXfat' }],
  ] as const
  for (const [study, learner, outcome] of cases) {
    const { setCoverage } = await run(cohort(study), { study, outcome, learner, validation: { test: 0, folds: 5 } })
    row(study, learner, setCoverage ? withInterval(setCoverage) : 'not measured')
  }
}

export const runValidation = async (): Promise<void> => {
  const parts = { survival, external, competing, diagnoses, coverage }
  const asked = process.argv.slice(2).filter((name) => name in parts)
  for (const [name, part] of Object.entries(parts)) if (asked.length === 0 || asked.includes(name)) await part()
  await pool.close()
}

if (import.meta.main) await runValidation()
