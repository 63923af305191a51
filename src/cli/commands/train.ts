import { readFile } from 'node:fs/promises'
import {
  missingPolicies,
  type StudyDesignInput,
  StudyDesignSchema,
  splitKinds,
  summaryKinds,
} from '../../contract/design.ts'
import type { Fit } from '../../contract/models.ts'
import { type Task, tasks, timeUnits } from '../../contract/values.ts'
import type { Command, Options } from '../command.ts'
import { UsageError } from '../failure.ts'
import { finish } from '../job.ts'
import { inWords } from '../language.ts'
import { metricLines } from '../metrics.ts'
import { nearest } from '../nearest.ts'
import { table } from '../terminal.ts'
import {
  choiceLines,
  preparationFrom,
  preparingOptions,
  sampleSizeLines,
  secondOpinionLines,
  tuningFrom,
  tuningLines,
} from './preparing.ts'
import { termOptions, termsFrom } from './terms.ts'

export const trainCommand: Command = {
  name: 'train',
  says: 'Train a model on a study and assess it on cases it has not seen',
  options: {
    study: { value: 'NAME', says: 'the study to learn from' },
    task: { value: 'TASK', says: `${tasks.join(', ')} (default: survival with --time)` },
    target: { value: 'COLUMN', says: 'the class (diagnosis) or value (regression) to predict' },
    positive: { value: 'VALUE', says: 'the class that metrics of two classes are about' },
    time: { value: 'COLUMN', says: 'follow-up time (survival)' },
    'time-unit': { value: 'UNIT', says: `${timeUnits.join(', ')} (default: days)` },
    event: { value: 'COLUMN=V,...', says: 'column and values that mean the event was seen (survival)' },
    competing: { value: '[COLUMN=]V,...', says: 'values that mean a competing event, by default of the event column' },
    entry: { value: 'COLUMN', says: 'time a row comes under observation: delayed entry, start-stop rows (survival)' },
    strata: { value: 'COLUMN', says: 'column whose levels have a baseline each (survival)' },
    from: { value: 'COLUMN', says: 'time from which a row counts: the day of a visit (survival)' },
    learner: { value: 'ID', says: 'what learns, e.g. forest, logistic, cox; auto holds several against each other' },
    features: { value: 'A,B', says: 'columns to learn from (default: all that are no outcome, key or date)' },
    exclude: { value: 'A,B', says: 'columns to leave out', many: true },
    sequences: { value: 'A,B', says: 'what is read over time: repeated measurements, or columns of earlier cases' },
    summaries: {
      value: 'A:last,B:slope@365',
      says: 'histories summed up as features, within days: last, mean, slope ...',
    },
    window: { value: 'DAYS', says: 'days of history before a case that --sequences reads (default: all)' },
    'case-time': { value: 'COLUMN', says: 'day of a case in the clock of its measurements (default: its date)' },
    grid: { value: 'HxW', says: 'size of the picture that --pixels make up' },
    pixels: { value: 'p0..p63', says: 'columns of a picture, row by row' },
    set: { value: 'K=V', says: 'a parameter of the learner, e.g. nTrees=200; may be repeated', many: true },
    missing: { value: 'POLICY', says: `missing values: ${missingPolicies.join(', ')}` },
    ...preparingOptions,
    ...termOptions,
    test: { value: 'SHARE', says: 'share of patients held out (default: 0.25; 0: fit on all)' },
    folds: { value: 'N', says: 'cross-validation folds (default: 5; 0: none)' },
    split: { value: 'KIND', says: `how cases are held out: ${splitKinds.join(', ')} (default: stratified)` },
    'split-column': { value: 'COLUMN', says: 'date or site column of --split time or site' },
    horizons: { value: 'T,...', says: 'times at which survival is assessed (default: from the follow-up)' },
    seed: { value: 'N', says: 'same seed, same model (default: 1)' },
    name: { value: 'NAME', says: 'what to call the model' },
    check: { says: 'say what stands for and against the design, and train nothing' },
    design: { value: 'FILE', says: 'a whole study design as JSON; other options change it' },
  },
  examples: [
    'train --study biopsy --task diagnosis --target class --learner forest --seed 1',
    'train --study wcgs --task diagnosis --target chd69 --exclude typechd --learner logistic --tune bayesian --trials 30 --prepare missing=chained,winsorise=0.01',
    'train --study pbc --task survival --time time --event status=2 --learner cox --set ties=efron --json',
  ],
  unlocks: true,
  prepare: (options) => {
    const path = options.text('design')
    // What the options say by themselves is checked before a passphrase is asked for.
    const early = path === undefined ? designFrom(options, {}) : null
    return async (run) => {
      const { client, terminal } = run
      const design = early ?? designFrom(options, await readDesign(path ?? ''))
      if (options.flag('check')) {
        const found = await client.models.check(StudyDesignSchema.parse(design))
        for (const { said, message } of found.warnings) terminal.warn(inWords(said, message))
        terminal.answer({ ...found }, sampleSizeLines(found.sampleSize))
        return
      }
      const made = await finish(run, (await client.models.train(design)).job)
      const detail = await client.models.get({ model: Number(made.model) })
      const { assessment, fit, warnings } = detail
      for (const { said, message } of warnings) terminal.warn(inWords(said, message))
      const {
        model,
        hash,
        task,
        learner,
        rows,
        events,
        seconds,
        name,
        study,
        assessedOn,
        designHash,
        snapshotHash,
        build,
      } = detail
      terminal.answer(
        {
          model,
          hash,
          task,
          learner,
          rows,
          events,
          seconds,
          metrics: assessment.metrics,
          fit,
          name,
          study,
          assessedOn,
          assessedRows: assessment.rows,
          horizon: assessment.horizon,
          classes: detail.classes,
          design: detail.design,
          designHash,
          snapshotHash,
          build,
          bytes: detail.bytes,
          warnings,
          tuning: detail.tuning ?? null,
          choice: detail.choice ?? null,
          sampleSize: detail.sampleSize ?? null,
          leaks: detail.leaks ?? null,
          collinearity: detail.collinearity ?? null,
          secondOpinion: detail.secondOpinion ?? null,
        },
        [
          `Model ${model}: ${learner} for ${task} on ${study}, ${rows} cases${events === null ? '' : `, ${events} events`}, ${seconds.toFixed(1)} s`,
          `Hash ${hash}`,
          `Assessed on ${assessment.rows} cases (${places[assessedOn]})`,
          ...metricLines(assessment.metrics),
          ...(detail.sampleSize ? ['', ...sampleSizeLines(detail.sampleSize)] : []),
          ...(detail.secondOpinion ? secondOpinionLines(detail.secondOpinion) : []),
          ...(detail.choice ? choiceLines(detail.choice) : []),
          ...(detail.tuning ? tuningLines(detail.tuning) : []),
          ...(fit
            ? [
                '',
                ...table(
                  ['term', 'estimate', 'std. error', '95% low', 'high', 'p'],
                  fit.coefficients.map(({ term, estimate, standardError, low, high, p }) => [
                    term,
                    estimate.toPrecision(5),
                    standardError?.toPrecision(4) ?? '',
                    low?.toPrecision(4) ?? '',
                    high?.toPrecision(4) ?? '',
                    p?.toPrecision(3) ?? '',
                  ]),
                ),
                ...testLines(fit),
              ]
            : []),
        ],
      )
    }
  },
}

/** Tests of terms, and what is told of the fit as a whole. */
const testLines = ({ tests, aic, dispersion, path }: Fit): string[] => [
  ...(tests && tests.length > 0
    ? [
        '',
        ...table(
          ['test', 'statistic', 'df', 'p'],
          tests.map(({ term, kind, method, statistic, df, residualDf, p }) => [
            `${term}${kind === 'nonlinear' ? ', bend' : ''} (${methodNames[method]})`,
            statistic.toPrecision(5),
            residualDf === null ? String(df) : `${df}, ${residualDf}`,
            p.toPrecision(3),
          ]),
        ),
      ]
    : []),
  ...(aic === null || aic === undefined ? [] : [`AIC ${aic.toFixed(2)}`]),
  ...(dispersion === null || dispersion === undefined ? [] : [`Dispersion ${dispersion.toFixed(3)}`]),
  ...(path
    ? [
        `lambda ${path.lambda[path.chosen]?.toPrecision(4)}, ${path.size[path.chosen]} columns, ${(100 * (path.explained[path.chosen] ?? 0)).toFixed(1)}% of the deviance explained`,
      ]
    : []),
]

const methodNames = { likelihoodRatio: 'likelihood ratio', wald: 'Wald', F: 'F' }

const places = {
  heldOut: 'held out',
  outOfFold: 'out of fold',
  outOfBag: 'out of bag',
  apparent: 'the training cases themselves: too good to be true',
}

/** The study design that the options describe, over the one in `base`. */
export const designFrom = (options: Options, base: Partial<StudyDesignInput>): StudyDesignInput => {
  const sets = options.texts('set').map(setting)
  const policies = [
    ...sets.filter(([name]) => name === 'missing').map(([, value]) => String(value)),
    ...options.list('missing'),
  ]
  if (new Set(policies).size > 1) throw new UsageError('--missing and --set missing= say different things.')
  const prepared = preparationFrom(options, base.preparation)
  const preparation =
    policies[0] === undefined ? prepared : { ...prepared, missing: choice('missing', policies[0], missingPolicies) }
  const tuning = tuningFrom(options, base.tuning)
  const terms = termsFrom(options, base.terms)
  const study = options.text('study') ?? base.study
  const learner = options.text('learner') ?? base.learner
  if (!study) throw new UsageError('train needs --study.')
  if (!learner) throw new UsageError('train needs --learner, e.g. forest, logistic or cox.')
  return {
    ...base,
    study,
    learner,
    ...(options.has('name') ? { name: options.required('name') } : {}),
    outcome: outcomeFrom(options, base.outcome),
    ...(options.has('horizons') ? { horizons: options.numbers('horizons') } : {}),
    ...(options.has('features') ? { features: options.list('features') } : {}),
    ...(options.has('exclude') ? { exclude: options.list('exclude') } : {}),
    ...historyFrom(options, base),
    ...(preparation ? { preparation } : {}),
    ...(options.has('weights') ? { weights: options.required('weights') } : {}),
    ...(tuning ? { tuning } : {}),
    ...(terms ? { terms } : {}),
    parameters: { ...base.parameters, ...Object.fromEntries(sets.filter(([name]) => name !== 'missing')) },
    validation: {
      ...base.validation,
      ...(options.has('test') ? { test: options.number('test', 0, 0.9) } : {}),
      ...(options.has('folds') ? { folds: options.whole('folds', 0, 50) } : {}),
      ...(options.has('split') ? { split: choice('split', options.required('split'), splitKinds) } : {}),
      ...(options.has('split-column') ? { splitColumn: options.required('split-column') } : {}),
    },
    ...(options.has('seed') ? { seed: options.whole('seed', 0, 4294967295) } : {}),
  }
}

/** What is read over time and as pictures, by the options. */
const historyFrom = (options: Options, base: Partial<StudyDesignInput>): Partial<StudyDesignInput> => {
  const window = options.has('window') ? options.number('window', 1e-9, 1e6) : base.sequences?.window
  const channels = options.has('sequences') ? options.list('sequences') : base.sequences?.channels
  if (options.has('window') && !channels) throw new UsageError('--window needs --sequences.')
  if (options.has('pixels') !== options.has('grid')) throw new UsageError('--grid and --pixels go together.')
  return {
    ...(channels ? { sequences: { channels, ...(window ? { window } : {}) } } : {}),
    ...(options.has('summaries') ? { summaries: options.list('summaries').map(summaryFrom) } : {}),
    ...(options.has('case-time') ? { caseTime: options.required('case-time') } : {}),
    ...(options.has('grid') ? { grids: gridFrom(options.required('grid'), options.list('pixels')) } : {}),
  }
}

/** `bili:slope` or `bili:mean@365`. */
const summaryFrom = (text: string) => {
  const found = /^(.+):([a-zA-Z]+)(?:@(\d+(?:\.\d+)?))?$/.exec(text)
  if (!found)
    throw new UsageError(`--summaries ${text} is not of the form MEASUREMENT:${summaryKinds.join('|')}[@DAYS].`)
  const [, concept, of, window] = found
  return {
    concept: concept as string,
    of: choice('summaries', of as string, summaryKinds),
    ...(window ? { window: Number(window) } : {}),
  }
}

/** `8x8`, or `8x8x3` with channels; pixels one by one or as `p0..p63`. */
const gridFrom = (text: string, listed: string[]) => {
  const found = /^(\d+)x(\d+)(?:x(\d+))?$/.exec(text)
  if (!found) throw new UsageError(`--grid ${text} is not of the form HEIGHTxWIDTH or HEIGHTxWIDTHxCHANNELS.`)
  const [height, width, depth] = found.slice(1).map((part) => Number(part ?? 1)) as [number, number, number]
  const columns = listed.flatMap((name) => {
    const range = /^(.*?)(\d+)\.\.\1(\d+)$/.exec(name)
    if (!range) return [name]
    const [, stem, first, last] = range
    const from = Number(first)
    return Array.from({ length: Number(last) - from + 1 }, (_, i) => `${stem}${from + i}`)
  })
  return { height, width, channels: Array.from({ length: depth }, (_, i) => `c${i + 1}`), columns }
}

const outcomeOptions: Record<Task, readonly string[]> = {
  diagnosis: ['target', 'positive'],
  regression: ['target'],
  survival: ['time', 'time-unit', 'event', 'competing', 'entry', 'strata', 'from'],
}
/** The options that name an outcome. */
export const outcomeNames = [
  'target',
  'positive',
  'time',
  'time-unit',
  'event',
  'competing',
  'entry',
  'strata',
  'from',
] as const

/** The outcome that the options name, over the one in `base`; what they leave out is taken from there. */
export const outcomeFrom = (
  options: Options,
  base: StudyDesignInput['outcome'] | undefined,
): StudyDesignInput['outcome'] => {
  const named = outcomeNames.filter((name) => options.has(name))
  if (base && named.length === 0 && !options.has('task')) return base
  const task = options.has('task')
    ? choice('task', options.required('task'), tasks)
    : (base?.task ?? (options.has('time') ? 'survival' : null))
  if (!task) throw new UsageError(`train needs --task: ${tasks.join(', ')}.`)
  const stray = named.find((name) => !outcomeOptions[task].includes(name))
  if (stray) throw new UsageError(`--${stray} has no meaning for a ${task} model.`)
  const same = base?.task === task ? base : null
  if (task === 'survival') {
    const before = same?.task === 'survival' ? same : null
    const time = options.text('time') ?? before?.time
    const event = options.has('event') ? eventFrom(options.required('event')) : before?.event
    if (!time) throw new UsageError('A survival model needs --time COLUMN.')
    if (!event) throw new UsageError('A survival model needs --event COLUMN=VALUE.')
    const timeUnit = options.has('time-unit')
      ? choice('time-unit', options.required('time-unit'), timeUnits)
      : before?.timeUnit
    const competing = options.has('competing') ? competingFrom(options.required('competing')) : before?.competing
    const entry = options.text('entry') ?? before?.entry
    const strata = options.text('strata') ?? before?.strata
    const from = options.text('from') ?? before?.from
    return {
      task,
      time,
      event,
      ...(timeUnit ? { timeUnit } : {}),
      ...(competing ? { competing } : {}),
      ...(entry ? { entry } : {}),
      ...(strata ? { strata } : {}),
      ...(from ? { from } : {}),
    }
  }
  const before = same && same.task !== 'survival' ? same : null
  const target = options.text('target') ?? before?.target
  if (!target) throw new UsageError(`A ${task} model needs --target COLUMN.`)
  if (task === 'regression') return { task, target }
  const positive = options.text('positive') ?? (before?.task === 'diagnosis' ? before.positive : undefined)
  return { task, target, ...(positive === undefined ? {} : { positive }) }
}

/** `status=2` or `status=1,2`. */
const eventFrom = (text: string) => {
  const at = text.indexOf('=')
  const column = text.slice(0, at).trim()
  const values = text
    .slice(at + 1)
    .split(',')
    .map((value) => value.trim())
    .filter((value) => value !== '')
  if (at < 1 || column === '' || values.length === 0)
    throw new UsageError(
      `--event ${text} does not say which values mean the event: --event ${text.replace(/=.*/, '') || 'COLUMN'}=1.`,
    )
  return { column, values }
}

/** `1` or `1,3` of the event's column, or `death=1` of another. */
const competingFrom = (text: string) => {
  const at = text.indexOf('=')
  const column = at < 0 ? null : text.slice(0, at).trim()
  const values = text
    .slice(at + 1)
    .split(',')
    .map((value) => value.trim())
    .filter((value) => value !== '')
  if (column === '' || values.length === 0)
    throw new UsageError(
      `--competing ${text} does not say which values mean a competing event: --competing 1, or --competing COLUMN=1.`,
    )
  return { ...(column ? { column } : {}), values }
}

const setting = (text: string): [string, string | number | boolean] => {
  const at = text.indexOf('=')
  if (at < 1) throw new UsageError(`--set ${text} is not of the form --set name=value.`)
  const value = text.slice(at + 1).trim()
  if (value === '') throw new UsageError(`--set ${text} has no value.`)
  const typed =
    value === 'true' ? true : value === 'false' ? false : Number.isFinite(Number(value)) ? Number(value) : value
  return [text.slice(0, at).trim(), typed]
}

const choice = <T extends string>(name: string, value: string, allowed: readonly T[]): T => {
  const found = allowed.find((known) => known === value)
  if (found) return found
  const near = nearest(value, allowed)
  throw new UsageError(`--${name} ${value} is not one of ${allowed.join(', ')}${near ? `; did you mean ${near}` : ''}.`)
}

const readDesign = async (path: string): Promise<Partial<StudyDesignInput>> => {
  const text = await readFile(path, 'utf8')
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new UsageError(`--design ${path} is not JSON: ${(error as Error).message}`)
  }
  // Fields that are there must be right; those left out may come from the options.
  const parsed = StudyDesignSchema.partial().safeParse(value)
  if (parsed.success) return value as Partial<StudyDesignInput>
  const [issue] = parsed.error.issues
  throw new UsageError(`--design ${path}: ${issue?.path.join('.') || 'the document'}: ${issue?.message ?? 'invalid'}`)
}
