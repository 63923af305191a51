import * as z from 'zod'
import { CellSchema, TimeUnitSchema } from './values.ts'

export const missingPolicies = [
  'drop',
  'dropColumns',
  'median',
  'mean',
  'mode',
  'constant',
  'knn',
  'chained',
  'indicator',
  'native',
] as const
export const transforms = ['none', 'standardise', 'minMax', 'robust', 'log'] as const
export const encodings = ['learner', 'contrasts', 'oneHot', 'ordinal', 'target'] as const
export const tuningMethods = ['none', 'random', 'halving', 'bayesian'] as const
export const splitKinds = ['random', 'stratified', 'time', 'site'] as const

export const OutcomeDesignSchema = z.discriminatedUnion('task', [
  z.object({ task: z.literal('diagnosis'), target: z.string(), positive: z.string().nullable().default(null) }),
  z.object({ task: z.literal('regression'), target: z.string() }),
  z.object({
    task: z.literal('survival'),
    time: z.string(),
    timeUnit: TimeUnitSchema.default('days'),
    event: z.object({ column: z.string(), values: z.array(z.string()).min(1) }),
    /** Values that mean a competing event ended the follow-up; of the event's column where none is named. */
    competing: z.object({ column: z.string().nullish(), values: z.array(z.string()).min(1) }).nullish(),
    /**
     * Column of the time a row comes under observation: delayed entry, and start-stop rows of what changes over time.
     */
    entry: z.string().nullish(),
    /** Column whose levels have a baseline each; it is no feature then. */
    strata: z.string().nullish(),
    /**
     * Column of the time each row is asked at: its time to the event counts from there (a landmark, such as a visit's
     * day).
     */
    from: z.string().nullish(),
  }),
])

export const summaryKinds = ['last', 'mean', 'min', 'max', 'slope', 'count', 'sinceLast'] as const

/** Days of history before a case that count; left out: all. */
const WindowSchema = z.number().positive().nullish()

/** One number that sums up a measurement's history up to a case; an ordinary feature for every learner. */
export const SummarySchema = z.object({ concept: z.string(), of: z.enum(summaryKinds), window: WindowSchema })
export type SummaryDesign = z.infer<typeof SummarySchema>

/**
 * What is read over time, for learners of sequences: repeated measurements, or columns of the patient's cases up to
 * this one.
 */
const SequencesDesignSchema = z.object({ channels: z.array(z.string()).min(1), window: WindowSchema })

/**
 * Columns of a case that are a picture, for learners of pictures: in the order of rows, within of columns, within of
 * channels.
 */
const GridsDesignSchema = z.object({
  height: z.int().min(1).max(1024),
  width: z.int().min(1).max(1024),
  channels: z.array(z.string()).min(1),
  columns: z.array(z.string()).min(1),
})

/**
 * How columns become what a learner sees. All of it is fitted on training rows only, fold by fold; the defaults do no
 * more than fill what is missing as the learner needs it. See docs/methods.md, Preparation.
 */
export const PreparationDesignSchema = z.object({
  /** Null: what the learner asks for. */
  missing: z.enum(missingPolicies).nullable().default(null),
  /** What `constant` fills in, by feature. Not named: 0 for numbers, a level `(missing)` of its own for categories. */
  constants: z.record(z.string(), z.union([z.number(), z.string()])).default({}),
  /** Nearest cases that `knn` takes the value from. */
  neighbours: z.int().min(1).max(100).default(5),
  /** Completed data sets of `chained`; the model is fitted on each and their predictions are pooled. */
  imputations: z.int().min(1).max(50).default(5),
  /** Rounds of `chained` through all features. */
  iterations: z.int().min(1).max(50).default(5),
  /** A 0/1 column for every feature with missing training cells, beside whatever fills them. */
  indicators: z.boolean().default(false),
  /** Of all numbers; `transforms` names exceptions by feature. */
  transform: z.enum(transforms).default('none'),
  transforms: z.record(z.string(), z.enum(transforms)).default({}),
  /** Share of values moved to the quantile at each end, before any transform; 0: none. */
  winsorise: z.number().min(0).max(0.25).default(0),
  /** Of all categories; `encodings` names exceptions by feature. */
  encoding: z.enum(encodings).default('learner'),
  encodings: z.record(z.string(), z.enum(encodings)).default({}),
  /**
   * Levels with a smaller share of the training rows become one level `(other)`, where there are two or more of them.
   */
  rareLevels: z.number().min(0).max(0.5).default(0),
  /** Leaves out features of near-zero variance (caret's rule). */
  nearZeroVariance: z.boolean().default(false),
  /**
   * `balanced`: each class weighs the same in the fit; probabilities are brought back to the classes' shares
   * afterwards.
   */
  balance: z.enum(['none', 'balanced']).default('none'),
})
export type PreparationDesign = z.infer<typeof PreparationDesignSchema>

/** Values a search may try: a range (`log`: evenly in its logarithm), or a list. */
export const RangeSchema = z.union([
  z.object({ low: z.number(), high: z.number(), log: z.boolean().default(false) }),
  z.object({ values: z.array(z.union([z.number(), z.string(), z.boolean()])).min(1) }),
])

/**
 * How the learner's parameters are chosen: by cross-validation inside the rows a model is fitted on, so that neither
 * held-out rows nor the outer folds have any say.
 */
export const TuningDesignSchema = z.object({
  method: z.enum(tuningMethods).default('none'),
  trials: z.int().min(2).max(500).default(20),
  folds: z.int().min(2).max(20).default(5),
  repeats: z.int().min(1).max(20).default(1),
  /**
   * Null: one that judges predictions, not only their order: logLoss, brier at the horizon (harrellC under late entry),
   * rmse.
   */
  metric: z.string().nullable().default(null),
  /** Take the simplest setting within one standard error of the best (Breiman et al. 1984). */
  oneStandardError: z.boolean().default(true),
  /** Ranges by parameter, instead of the learner's own. */
  space: z.record(z.string(), RangeSchema).default({}),
})
export type TuningDesign = z.infer<typeof TuningDesignSchema>
export type Range = z.infer<typeof RangeSchema>

/**
 * Terms beyond one straight line a feature, for learners of coefficients. Splines: restricted cubic ones, with a number
 * of knots at the usual quantiles or knots in the column's unit. Interactions: products of all columns of two features.
 */
export const TermsDesignSchema = z.object({
  splines: z
    .array(
      z.object({
        column: z.string(),
        knots: z.union([z.int().min(3).max(7), z.array(z.number()).min(3).max(7)]).default(4),
      }),
    )
    .default([]),
  interactions: z.array(z.tuple([z.string(), z.string()])).default([]),
})
export type TermsDesign = z.infer<typeof TermsDesignSchema>

/**
 * A study design: everything that decides a model, as one JSON document. Training is a function of
 * (design, snapshot, seed, build).
 */
export const StudyDesignSchema = z.object({
  version: z.literal(1).default(1),
  name: z.string().default(''),
  study: z.string(),
  /** Eligibility: rows that fail any filter are excluded, counted in the participant flow. */
  filters: z
    .array(z.object({ column: z.string(), op: z.enum(['=', '!=', '<', '<=', '>', '>=', 'known']), value: CellSchema }))
    .default([]),
  outcome: OutcomeDesignSchema,
  /** Times (in the outcome's unit) at which survival is assessed and reported; null: chosen from the follow-up. */
  horizons: z.array(z.number().positive()).nullable().default(null),
  /** Columns to learn from; null: all observations of the study that are not outcome, identifier or date. */
  features: z.array(z.string()).nullable().default(null),
  exclude: z.array(z.string()).default([]),
  /**
   * Column that says when a case was, in the clock of its measurements (days, or a date); left out: the case's date.
   * Nothing measured after it is learned from.
   */
  caseTime: z.string().nullish(),
  summaries: z.array(SummarySchema).optional(),
  sequences: SequencesDesignSchema.nullish(),
  grids: GridsDesignSchema.nullish(),
  preparation: PreparationDesignSchema.default(() => PreparationDesignSchema.parse({})),
  /** Column of case weights, above 0, used in every fit; it is no feature then. */
  weights: z.string().nullable().default(null),
  /** For learners that read them; the comparator has none. */
  terms: TermsDesignSchema.nullish(),
  /**
   * A learner's id, or `auto`: several are held against each other on the same folds, and the simplest good one is
   * taken.
   */
  learner: z.string(),
  /** Learner parameters by name; those left out take the learner's default. */
  parameters: z.record(z.string(), z.union([z.number(), z.string(), z.boolean()])).default({}),
  tuning: TuningDesignSchema.default(() => TuningDesignSchema.parse({})),
  validation: z
    .object({
      /** Share of patients held out, 0 to below 1. */
      test: z.number().min(0).max(0.9).default(0.25),
      split: z.enum(splitKinds).default('stratified'),
      /** Column for `time` (later rows are held out) and `site` (whole sites are held out). */
      splitColumn: z.string().nullable().default(null),
      /** Cross-validation folds on the development rows; 0 or 1: none. */
      folds: z.int().min(0).max(50).default(5),
    })
    .default({ test: 0.25, split: 'stratified', splitColumn: null, folds: 5 }),
  /** Of up to 500 cases: whether a forest of another implementation is asked as well, which takes a few seconds. */
  secondOpinion: z.boolean().default(true),
  seed: z.int().min(0).max(4294967295).default(1),
})
export type StudyDesign = z.infer<typeof StudyDesignSchema>
export type StudyDesignInput = z.input<typeof StudyDesignSchema>
export type OutcomeDesign = z.infer<typeof OutcomeDesignSchema>
export type MissingPolicy = (typeof missingPolicies)[number]
