import { choice, describe, type Infer, integer, number, type Setting } from '../parameters.ts'
import { optimisers } from './net.ts'
import { type Rates, schedules } from './rates.ts'

/** Hidden layers over the columns (and over what a front makes of courses or pictures). */
export const denseParameters = (layers: number, units: number) =>
  [integer('layers', [0, layers, 8]), integer('units', [1, units, 1024])] as const

/** How a net is trained, the same for all. */
export const trainingParameters = [
  integer('epochs', [1, 100, 10_000]),
  integer('batchSize', [1, 32, 8192]),
  choice('optimiser', optimisers),
  number('learningRate', [1e-6, 0.001, 1]),
  choice('schedule', schedules),
  number('rateFactor', [0.01, 0.5, 1]),
  integer('rateEpochs', [1, 5, 1000]),
  number('dropout', [0, 0.2, 0.9]),
  number('l2', [0, 0.001, 100]),
  number('weightDecay', [0, 0, 1]),
  choice('classWeights', ['none', 'balanced']),
  integer('patience', [0, 10, 10_000]),
  number('validationShare', [0.05, 0.2, 0.5]),
] as const

/** What a net predicts of survival, and how. */
export const survivalParameters = [
  choice('loss', ['logisticHazard', 'cox']),
  integer('intervals', [2, 15, 200]),
  choice('interpolation', ['hazard', 'density']),
  choice('ties', ['efron', 'breslow']),
] as const

export const engineParameter = choice('engine', ['fused', 'tensorflow'])

/** A list of parameters with other defaults for some. */
export const withDefaults = <const L extends readonly Setting<string, unknown>[]>(
  parameters: L,
  defaults: Record<string, number | string>,
): L => parameters.map((one) => ({ ...one, default: defaults[one.name] ?? one.default })) as unknown as L

/** What every net reads, whatever it has in front. */
export const netSettings = describe(
  ...denseParameters(2, 64),
  ...trainingParameters,
  ...survivalParameters,
  engineParameter,
)
export type NetSettings = Infer<typeof netSettings>

export const ratesOf = ({ schedule, learningRate, rateFactor, rateEpochs, epochs }: NetSettings): Rates => ({
  schedule,
  rate: learningRate,
  factor: rateFactor,
  every: rateEpochs,
  epochs,
})
