import {
  PreparationDesignSchema,
  type StudyDesignInput,
  TuningDesignSchema,
  tuningMethods,
} from '../../contract/design.ts'
import type { Choice, SampleSize, SecondOpinion, Trial, Tuning } from '../../contract/models.ts'
import type { Command, Options } from '../command.ts'
import { UsageError } from '../failure.ts'
import { nearest } from '../nearest.ts'
import { table } from '../terminal.ts'

type Preparation = NonNullable<StudyDesignInput['preparation']>
type TuningInput = NonNullable<StudyDesignInput['tuning']>

/** Options of `train` that say how columns are prepared and parameters chosen. */
export const preparingOptions: Command['options'] = {
  prepare: {
    value: 'K=V,...',
    says: 'preparation, e.g. winsorise=0.01, transform=robust, transforms.bili=log, encoding=target, balance=balanced',
    many: true,
  },
  weights: { value: 'COLUMN', says: 'column of case weights' },
  tune: { value: 'METHOD', says: `search the learner's parameters: ${tuningMethods.join(', ')}` },
  trials: { value: 'N', says: 'settings to try (default: 20)' },
  'tune-folds': { value: 'N', says: 'folds that settings and learners are compared on (default: 5)' },
  repeats: { value: 'N', says: 'times these folds are dealt anew (default: 1)' },
  metric: { value: 'NAME', says: 'what is best, e.g. auroc, harrellC, mae (default: logLoss, brier, rmse)' },
  search: {
    value: 'K=A..B',
    says: 'a range to search instead of the learner’s own; K=A..B:log evenly in its logarithm, K=A|B|C a list',
    many: true,
  },
}

const scalar = (text: string): string | number | boolean =>
  text === 'true' ? true : text === 'false' ? false : text !== '' && Number.isFinite(Number(text)) ? Number(text) : text

const pair = (option: string, text: string): [string, string] => {
  const at = text.indexOf('=')
  if (at < 1 || at === text.length - 1)
    throw new UsageError(`--${option} ${text} is not of the form --${option} name=value.`)
  return [text.slice(0, at).trim(), text.slice(at + 1).trim()]
}

/** The preparation that `--prepare` describes, over the one in `base`; `transforms.bili=log` is of one feature. */
export const preparationFrom = (options: Options, base: Preparation | undefined): Preparation | undefined => {
  const given = options.list('prepare').map((text) => pair('prepare', text))
  if (given.length === 0) return base
  const names = Object.keys(PreparationDesignSchema.shape)
  const made: Record<string, unknown> = { ...base }
  for (const [path, value] of given) {
    const [name, ...feature] = path.split('.')
    if (!names.includes(name)) {
      const near = nearest(name, names)
      throw new UsageError(
        `--prepare ${path} is not known${near ? `; did you mean ${near}` : ''}. It takes ${names.join(', ')}.`,
      )
    }
    if (feature.length > 0) made[name] = { ...(made[name] as object), [feature.join('.')]: scalar(value) }
    else made[name] = scalar(value)
  }
  const checked = PreparationDesignSchema.safeParse(made)
  if (checked.success) return made as Preparation
  const [issue] = checked.error.issues
  throw new UsageError(`--prepare ${issue?.path.join('.')}: ${issue?.message}`)
}

/** The tuning that the options describe, over the one in `base`. */
export const tuningFrom = (options: Options, base: TuningInput | undefined): TuningInput | undefined => {
  const space = Object.fromEntries(options.texts('search').map((text) => rangeFrom(...pair('search', text))))
  const made: TuningInput = {
    ...base,
    ...(options.has('tune') ? { method: methodFrom(options.required('tune')) } : {}),
    ...(options.has('trials') ? { trials: options.whole('trials', 2, 500) } : {}),
    ...(options.has('tune-folds') ? { folds: options.whole('tune-folds', 2, 20) } : {}),
    ...(options.has('repeats') ? { repeats: options.whole('repeats', 1, 20) } : {}),
    ...(options.has('metric') ? { metric: options.required('metric') } : {}),
    ...(Object.keys(space).length > 0 ? { space: { ...base?.space, ...space } } : {}),
  }
  if (Object.keys(made).length === 0) return base
  const asked = ['trials', 'repeats', 'search'].find((name) => options.has(name))
  if (asked && (made.method ?? 'none') === 'none')
    throw new UsageError(
      `--${asked} has no meaning without --tune: ${tuningMethods.filter((one) => one !== 'none').join(', ')}.`,
    )
  const checked = TuningDesignSchema.safeParse(made)
  if (checked.success) return made
  const [issue] = checked.error.issues
  throw new UsageError(`--tune ${issue?.path.join('.')}: ${issue?.message}`)
}

const methodFrom = (text: string): (typeof tuningMethods)[number] => {
  const found = tuningMethods.find((method) => method === text)
  if (found) return found
  const near = nearest(text, tuningMethods)
  throw new UsageError(
    `--tune ${text} is not one of ${tuningMethods.join(', ')}${near ? `; did you mean ${near}` : ''}.`,
  )
}

const rangeFrom = (name: string, text: string): [string, NonNullable<TuningInput['space']>[string]] => {
  if (!text.includes('..')) return [name, { values: text.split('|').map(scalar) }]
  const log = text.endsWith(':log')
  const [low, high] = (log ? text.slice(0, -':log'.length) : text).split('..').map(Number)
  if (!Number.isFinite(low) || !Number.isFinite(high))
    throw new UsageError(`--search ${name}=${text} is no range: --search ${name}=0.1..10, or :log behind it.`)
  return [name, { low, high, log }]
}

const figure = (value: number | null): string => (value === null ? 'failed' : value.toPrecision(4))

/** The trials of a search, best first, the first ten; what varies among them only. */
export const tuningLines = ({
  trials,
  best,
  chosen,
  metric,
  method,
  folds,
  repeats,
  higherIsBetter,
}: Tuning): string[] => {
  const whole = trials.filter(({ effort }) => effort === 1)
  const varied = Object.keys(trials[0]?.parameters ?? {}).filter(
    (name) => new Set(whole.map(({ parameters }) => parameters[name])).size > 1,
  )
  const order = (a: Trial, b: Trial) => {
    if (a.mean === null || b.mean === null) return Number(a.mean === null) - Number(b.mean === null)
    return higherIsBetter ? b.mean - a.mean : a.mean - b.mean
  }
  const sorted = [...whole].sort(order)
  const shown = sorted.filter(({ trial }, at) => at < 10 || trial === chosen)
  const rest = sorted.length - shown.length
  return [
    '',
    `${trials.length} settings by ${method} search, ${metric} over ${folds} folds${repeats > 1 ? ` dealt ${repeats} times` : ''}:`,
    ...table(
      ['', 'trial', metric, 'std. error', ...varied, 'seconds'],
      shown.map(({ trial, mean, standardError, parameters, seconds }) => [
        trial === chosen ? 'taken' : trial === best ? 'best' : '',
        String(trial),
        figure(mean),
        standardError?.toPrecision(2) ?? '',
        ...varied.map((name) => String(parameters[name])),
        seconds.toFixed(2),
      ]),
    ),
    ...(rest > 0 ? [`and ${rest} more (--json has all)`] : []),
  ]
}

/** Which learners were held against each other, and why one was taken. */
export const choiceLines = ({ candidates, best, chosen, reason, metric, folds }: Choice): string[] => [
  '',
  `Learners on the same ${folds} folds, simplest first:`,
  ...table(
    ['', 'learner', metric, 'std. error', `less ${best}`],
    candidates.map(({ learner, mean, standardError, difference, failure }) => [
      learner === chosen ? 'taken' : learner === best ? 'best' : '',
      learner,
      failure === null ? figure(mean) : 'failed',
      standardError?.toPrecision(2) ?? '',
      difference?.value == null
        ? ''
        : `${difference.value.toPrecision(2)} (${difference.low?.toPrecision(2) ?? '?'} to ${difference.high?.toPrecision(2) ?? '?'})`,
    ]),
  ),
  {
    best: `${chosen} was taken: no simpler learner is as good within one standard error.`,
    simpler: `${chosen} was taken: ${best} is not better by more than one standard error, and ${chosen} is simpler.`,
    only: `${chosen} was taken: no other learner could be fitted.`,
  }[reason],
]

const verdicts = { pass: 'Pass', fail: 'Fail', unknown: 'Unknown' } as const
const criteria = {
  shrinkage: 'effects shrink by at most 10 %',
  optimism: 'R² is too good by at most 0.05',
  meanRisk: 'the mean risk is within 0.05',
  residual: 'the residual SD is within 10 %',
} as const
const unknowns = {
  severalClasses: 'there is no criterion for three or more classes',
  competing: 'there is no criterion under competing events',
  lateEntry: 'there is no criterion where rows enter late',
  noParameters: 'there are no parameters to count',
} as const

/** Whether there are enough cases, answered Pass, Fail or Unknown. */
export const sampleSizeLines = ({
  verdict,
  rows,
  events,
  parameters,
  needed,
  assumedR2,
  criteria: asked,
  unknown,
}: SampleSize): string[] => [
  `Sample size: ${verdicts[verdict]}${
    unknown
      ? `; ${unknowns[unknown]}`
      : `; ${rows} cases${events === null ? '' : `, ${events} events`} for ${parameters} parameters, ${needed} needed (Riley et al. 2020, R² ${assumedR2} of the most possible)`
  }`,
  ...asked.map(({ name, rows: least }) => `  ${least} so that ${criteria[name]}`),
]

/** Whether a forest of another implementation says the same. */
export const secondOpinionLines = ({
  learner,
  rows,
  trees,
  metric,
  estimate,
  difference,
  kappa,
  correlation,
}: SecondOpinion): string[] => {
  if (metric === null) return [`Second opinion: ${learner} grew ${trees} trees only in its time; nothing can be said.`]
  const agreed = [
    ...(kappa?.value == null
      ? []
      : [`kappa ${kappa.value.toFixed(2)} (${kappa.low?.toFixed(2)} to ${kappa.high?.toFixed(2)})`]),
    ...(correlation === null ? [] : [`correlation of predictions ${correlation.toFixed(2)}`]),
  ]
  return [
    `Second opinion on ${rows} cases: ${learner} (${trees} trees) has ${metric} ${estimate?.value?.toPrecision(3) ?? 'undefined'}, this model less it ${difference?.value?.toPrecision(2) ?? '?'} (${difference?.low?.toPrecision(2) ?? '?'} to ${difference?.high?.toPrecision(2) ?? '?'}); ${agreed.join(', ')}`,
  ]
}
