import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { sampleTable, valuesOf } from '../../../../test/golden/sampleTable.ts'
import type { Matrix, Outcome } from '../../cohort/matrix.ts'
import { randomOf } from '../../numbers/random.ts'
import type { FitContext, Parameters } from '../learner.ts'
import { completeParameters } from '../parameters.ts'
import { survivalPredictor } from '../predictor.ts'
import { openTensorFlow } from './backend.ts'
import { type LossRows, lossOf } from './losses.ts'
import { layersModelOf } from './model.ts'
import type { LossKind } from './net.ts'
import { neural } from './neural.ts'
import { coxBaseline, coxSurvival, hazardRisk, hazardSurvival } from './survivalNet.ts'
import { cutsOf, intervalsOf } from './survivalTarget.ts'

interface Golden {
  time: number[]
  event: number[]
  weights: number[]
  cuts: number[]
  index: number[]
  logits: number[]
  loss: number
  gradient: number[]
  at: number[]
  density: number[]
  constant: number[]
  eta: number[]
  cox: Record<'efron' | 'breslow', { loss: number; gradient: number[]; times: number[]; hazard: number[] }>
}
const golden = JSON.parse(
  readFileSync(new URL('../../../../test/golden/neuralSurvival.json', import.meta.url), 'utf8'),
) as Golden
const time = Float64Array.from(golden.time)
const event = Uint8Array.from(golden.event)
const weights = Float64Array.from(golden.weights)
const cuts = Float64Array.from(golden.cuts)
const close = (own: ArrayLike<number>, theirs: ArrayLike<number>, tolerance: number) => {
  expect(own.length).toBe(theirs.length)
  for (let i = 0; i < own.length; i++) expect(Math.abs(own[i] - theirs[i])).toBeLessThan(tolerance)
}

test('time is cut where the curve has gone down by even parts, and a row counts for the intervals it lived through', () => {
  close(cutsOf(time, event, undefined, 8), golden.cuts, 1e-12)
  expect([...intervalsOf(time, event, cuts).targets]).toEqual(golden.index)
})

const rowsOf = (kind: LossKind): LossRows =>
  kind === 'logisticHazard'
    ? {
        outputs: Float32Array.from(golden.logits),
        stride: cuts.length,
        classes: cuts.length,
        targets: intervalsOf(time, event, cuts).targets,
        weights,
        events: event,
        count: time.length,
      }
    : {
        outputs: Float32Array.from(golden.eta),
        stride: 1,
        classes: 1,
        targets: time,
        weights,
        events: event,
        count: time.length,
      }

for (const kind of ['logisticHazard', 'efron', 'breslow'] as const)
  test(`the loss ${kind} and its gradient are torch's, with ties and weights`, () => {
    const rows = rowsOf(kind)
    const into = new Float32Array(rows.outputs.length)
    const loss = lossOf(kind, rows, { into, scale: 1 })
    const theirs = kind === 'logisticHazard' ? golden : golden.cox[kind]
    expect(Math.abs(loss - theirs.loss)).toBeLessThan(1e-8 * theirs.loss)
    // The gradient is kept in 32 bits.
    close(into, theirs.gradient, 5e-7)
  })

for (const kind of ['binary', 'softmax', 'squared', 'logisticHazard', 'efron', 'breslow'] as const)
  test(`the gradient of ${kind} is the slope of its loss, by differences`, () => {
    const random = randomOf(4)
    const [count, classes] = [12, kind === 'softmax' || kind === 'logisticHazard' ? 4 : 1]
    const rows: LossRows = {
      outputs: Float32Array.from({ length: count * classes }, () => random.normal()),
      stride: classes,
      classes,
      targets: Float32Array.from({ length: count }, () =>
        random.below(kind === 'binary' ? 2 : kind === 'softmax' ? 4 : 5),
      ),
      weights: Float32Array.from({ length: count }, () => 0.5 + random.uniform()),
      events: Uint8Array.from({ length: count }, () => random.below(2)),
      count,
    }
    if (kind === 'logisticHazard') {
      const { targets, events } = rows as unknown as { targets: Float32Array; events: Uint8Array }
      targets.forEach((target, row) => {
        if (target === 0) events[row] = 0
      })
    }
    const into = new Float32Array(rows.outputs.length)
    lossOf(kind, rows, { into, scale: 2 })
    const step = 2 ** -8
    rows.outputs.forEach((_, i) => {
      const at = (shift: number) => {
        const outputs = Float32Array.from(rows.outputs)
        outputs[i] += shift
        // What 32 bits made of it.
        return { loss: lossOf(kind, { ...rows, outputs }, null), output: outputs[i] }
      }
      const [up, down] = [at(step), at(-step)]
      const slope = (up.loss - down.loss) / (up.output - down.output) / 2
      expect(Math.abs(into[i] - slope)).toBeLessThan(2e-5)
    })
  })

test('curves between cuts are those of a constant hazard or a constant density, and flat after the last', () => {
  const logits = Float32Array.from(golden.logits.slice(0, 20 * cuts.length))
  close(hazardSurvival(logits, cuts, golden.at, 'density'), golden.density, 1e-6)
  close(hazardSurvival(logits, cuts, golden.at, 'hazard'), golden.constant, 1e-6)
})

test('risk is the share of the follow-up that is lost: the area above the curve', () => {
  const logits = Float32Array.from(golden.logits.slice(0, 5 * cuts.length))
  const last = cuts[cuts.length - 1]
  const grid = Float64Array.from({ length: 20_001 }, (_, i) => (last * i) / 20_000)
  const curves = hazardSurvival(logits, cuts, grid, 'density')
  const risk = hazardRisk(logits, cuts)
  for (let row = 0; row < 5; row++) {
    let area = 0
    for (let i = 1; i < grid.length; i++)
      area += ((curves[row * grid.length + i] + curves[row * grid.length + i - 1]) / 2) * (last / 20_000)
    expect(Math.abs(risk[row] - (1 - area / last))).toBeLessThan(1e-6)
  }
})

for (const ties of ['efron', 'breslow'] as const)
  test(`the baseline hazard of a Cox net is the sum of events over risks (${ties})`, () => {
    const { times, hazard, centre } = coxBaseline(Float32Array.from(golden.eta), time, event, weights, ties)
    close(times, golden.cox[ties].times, 1e-12)
    // Told of a row at the mean log hazard.
    close(
      hazard.map((value) => value * Math.exp(-centre)),
      golden.cox[ties].hazard,
      1e-6,
    )
    const at = [0, 5, 1e5]
    const survival = coxSurvival(Float32Array.of(0.3), { times, hazard, centre }, at)
    const step = (when: number) =>
      golden.cox[ties].hazard[golden.cox[ties].times.filter((one) => one <= when).length - 1] ?? 0
    close(
      survival,
      at.map((when) => Math.exp(-step(when) * Math.exp(0.3))),
      1e-6,
    )
  })

const context = (seed = 1): FitContext => ({
  seed,
  threads: 1,
  signal: new AbortController().signal,
  progress: () => {},
  parallel: () => Promise.reject(new Error('no tasks')),
})

const gbsg = (): { x: Matrix; outcome: Outcome } => {
  const table = sampleTable('gbsg')
  const names = ['age', 'size', 'grade', 'nodes', 'pgr', 'er']
  const columns = names.map((name) => {
    const values = Array.from(valuesOf(table, name), (value) =>
      name === 'age' || name === 'grade' ? value : Math.log1p(value),
    )
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length
    const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length)
    return values.map((value) => (value - mean) / deviation)
  })
  const data = Float64Array.from(columns.flat())
  return {
    x: { rows: table.rows, columns: names.length, data, terms: names, source: names.map((_, i) => i) },
    outcome: {
      task: 'survival',
      time: Float64Array.from(valuesOf(table, 'rfstime')),
      event: Uint8Array.from(valuesOf(table, 'status')),
    },
  }
}

/** Harrell's C. */
const concordance = (risk: ArrayLike<number>, outcome: Outcome): number => {
  if (outcome.task !== 'survival') throw new TypeError('not survival')
  let [right, all] = [0, 0]
  for (let i = 0; i < risk.length; i++)
    for (let j = 0; j < risk.length; j++) {
      if (!outcome.event[i] || !(outcome.time[i] < outcome.time[j])) continue
      all++
      right += risk[i] > risk[j] ? 1 : risk[i] === risk[j] ? 0.5 : 0
    }
  return right / all
}

const fitGbsg = (given: Parameters) => {
  const { x, outcome } = gbsg()
  return neural.fit(x, outcome, completeParameters(neural, given), context())
}

for (const loss of ['logisticHazard', 'cox'] as const)
  test(`a ${loss} net learns relapse of breast cancer by either engine, and its curves are those of the cohort on average`, async () => {
    const { x, outcome } = gbsg()
    if (outcome.task !== 'survival') throw new TypeError('not survival')
    for (const engine of ['fused', 'tensorflow']) {
      const { state } = await fitGbsg({
        loss,
        engine,
        epochs: engine === 'fused' ? 40 : 6,
        learningRate: 0.003,
        batchSize: 64,
      })
      const predictor = await neural.load(state)
      expect(concordance(survivalPredictor(predictor).risk(x), outcome)).toBeGreaterThan(0.66)
      if (engine === 'tensorflow') continue
      // Kaplan-Meier of these 686 patients at one, three and five years, by R: 0.916, 0.643, 0.492.
      const curves = survivalPredictor(predictor).survival(x, [365.25, 1095.75, 1826.25])
      const mean = [0, 1, 2].map((i) => {
        let sum = 0
        for (let row = 0; row < x.rows; row++) sum += curves[row * 3 + i]
        return sum / x.rows
      })
      close(mean, [0.9156, 0.6426, 0.4916], 0.03)
    }
  })

test('hazards that TensorFlow.js reads from the stored net are the ones predictions are made of', async () => {
  const { x } = gbsg()
  const { state } = await fitGbsg({ epochs: 3 })
  const { tf } = await openTensorFlow('cpu')
  const model = await tf.loadLayersModel(tf.io.fromMemory(layersModelOf(state)))
  const rowMajor = Float32Array.from(
    { length: x.rows * x.columns },
    (_, i) => x.data[(i % x.columns) * x.rows + Math.floor(i / x.columns)],
  )
  const hazards = (
    model.predict(tf.tensor2d(rowMajor, [x.rows, x.columns])) as ReturnType<typeof tf.tensor2d>
  ).dataSync()
  const ends = state.arrays.cuts as Float64Array
  const curves = survivalPredictor(await neural.load(state)).survival(x, ends)
  for (const row of [0, 100, 600]) {
    let survival = 1
    for (let k = 0; k < ends.length; k++) {
      survival *= 1 - hazards[row * ends.length + k]
      expect(Math.abs(curves[row * ends.length + k] - survival)).toBeLessThan(1e-5)
    }
  }
})
