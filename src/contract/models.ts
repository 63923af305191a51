import * as z from 'zod'
import { OutcomeDesignSchema, StudyDesignSchema, tuningMethods } from './design.ts'
import { clinical, everyone, procedure } from './procedure.ts'
import { SpokenSchema, WarningSchema } from './said.ts'
import { EditedSchema, ModelTermsSchema, TermEditSchema } from './terms.ts'
import { EstimateSchema, TaskSchema, TextSchema } from './values.ts'

export const ParameterSchema = z.object({
  name: z.string(),
  type: z.enum(['integer', 'number', 'choice', 'boolean', 'text']),
  default: z.union([z.number(), z.string(), z.boolean()]),
  min: z.number().nullable(),
  max: z.number().nullable(),
  choices: z.array(z.string()).nullable(),
})
export type Parameter = z.infer<typeof ParameterSchema>

/** Parts of a design that not every learner makes something of. */
export const learnerInputs = ['sequences', 'grids', 'entry', 'competing', 'terms', 'strata'] as const
export type LearnerInput = (typeof learnerInputs)[number]

/** From what a person can read off to what only its results speak for. */
export const learnerFamilies = ['regression', 'trees', 'machines', 'nets', 'together'] as const
export type LearnerFamily = (typeof learnerFamilies)[number]

/** What a coefficient says: a difference in the outcome, or as exp(coefficient) a ratio. */
export const effects = [
  'difference',
  'oddsRatio',
  'hazardRatio',
  'subdistributionHazardRatio',
  'timeRatio',
  'rateRatio',
] as const
export type Effect = (typeof effects)[number]

export const LearnerInfoSchema = z.object({
  id: z.string(),
  tasks: z.array(TaskSchema),
  parameters: z.array(ParameterSchema),
  /** What it reads besides features; what is in `requires` as well it refuses to do without. */
  reads: z.array(z.enum(learnerInputs)),
  requires: z.array(z.enum(learnerInputs)),
  family: z.enum(learnerFamilies),
  /** Tasks in which it is the plain regression that other models are compared with. */
  comparator: z.array(TaskSchema),
})

export type LearnerInfo = z.infer<typeof LearnerInfoSchema>

/** Metrics by name, each with its 95% interval. Names: see docs/methods.md. */
export const MetricsSchema = z.record(z.string(), EstimateSchema)
export type Metrics = z.infer<typeof MetricsSchema>

/** Curves an assessment draws. Probabilities 0..1, times in the outcome's unit. */
export const AssessmentSchema = z.object({
  rows: z.int(),
  events: z.int().nullable(),
  metrics: MetricsSchema,
  /** Flexible calibration curve with pointwise band, and grouped observed/predicted. */
  calibration: z
    .object({
      curve: z.array(z.object({ predicted: z.number(), observed: z.number(), low: z.number(), high: z.number() })),
      groups: z.array(
        z.object({ predicted: z.number(), observed: z.number(), low: z.number(), high: z.number(), n: z.int() }),
      ),
    })
    .nullable(),
  roc: z
    .array(z.object({ falsePositiveRate: z.number(), truePositiveRate: z.number(), threshold: z.number().nullable() }))
    .nullable(),
  precisionRecall: z.array(z.object({ recall: z.number(), precision: z.number() })).nullable(),
  decision: z.array(z.object({ threshold: z.number(), model: z.number(), treatAll: z.number() })).nullable(),
  /** The horizon metrics and curves stand at, for survival. */
  horizon: z.number().nullable(),
})
export type Assessment = z.infer<typeof AssessmentSchema>

const CoefficientSchema = z.object({
  term: z.string(),
  estimate: z.number(),
  standardError: z.number().nullable(),
  /** Wald, two-sided. */
  z: z.number().nullable(),
  p: z.number().nullable(),
  /** Limits of the 95% interval (Wald; of Student's t for values); null where a penalty makes it meaningless. */
  low: z.number().nullish(),
  high: z.number().nullish(),
})

/** Whether a feature, the bend of its spline, or an interaction adds anything: all its coefficients tested together. */
export const TermTestSchema = z.object({
  term: z.string(),
  kind: z.enum(['feature', 'nonlinear', 'interaction']),
  method: z.enum(['likelihoodRatio', 'wald', 'F']),
  statistic: z.number(),
  df: z.int(),
  /** Of F. */
  residualDf: z.number().nullable(),
  p: z.number(),
})
export type TermTest = z.infer<typeof TermTestSchema>

/** What a likelihood-based learner reports of its fit, on the original scale of the columns. */
export const FitSchema = z.object({
  coefficients: z.array(CoefficientSchema),
  logLikelihood: z.number().nullable(),
  nullLogLikelihood: z.number().nullable(),
  iterations: z.int().nullable(),
  converged: z.boolean().nullable(),
  tests: z.array(TermTestSchema).nullish(),
  aic: z.number().nullish(),
  deviance: z.number().nullish(),
  nullDeviance: z.number().nullish(),
  /** Pearson's chi-square of counts over its degrees of freedom: 1 where they vary as a Poisson distribution does. */
  dispersion: z.number().nullish(),
  /** Of values: share of variance explained; of others Nagelkerke's. */
  r2: z.number().nullish(),
  /** The path of an elastic net: coefficients and cross-validated deviance as the penalty falls. */
  path: z
    .object({
      alpha: z.number(),
      lambda: z.array(z.number()),
      /** Share of the deviance explained in the training rows, and columns in the model, at each lambda. */
      explained: z.array(z.number()),
      size: z.array(z.int()),
      /**
       * Those that grow largest, on the scale of one standard deviation; of several classes the class stands before.
       */
      terms: z.array(z.object({ term: z.string(), values: z.array(z.number()) })),
      /** Null where lambda was given. */
      crossValidation: z
        .object({
          mean: z.array(z.number()),
          error: z.array(z.number()),
          best: z.int(),
          simplest: z.int(),
          folds: z.int(),
        })
        .nullable(),
      /** Index of the lambda in use. */
      chosen: z.int(),
    })
    .nullish(),
  /** Whether standard errors are robust (sandwich; by patient where patients have several rows). */
  robust: z.boolean().nullish(),
  /** Whether hazards are proportional, of each feature and of all (score tests against 1 - S(t-)). */
  proportionality: z
    .object({
      transform: z.literal('km'),
      tests: z.array(z.object({ term: z.string(), chisq: z.number(), df: z.int(), p: z.number() })),
      global: z.object({ chisq: z.number(), df: z.int(), p: z.number() }),
    })
    .nullish(),
})
export type Fit = z.infer<typeof FitSchema>

export const FeatureUseSchema = z.object({
  name: z.string(),
  label: TextSchema,
  unit: z.string().nullable(),
  kind: z.string(),
  missing: z.int(),
  /** Range or levels seen in training. */
  low: z.number().nullable(),
  high: z.number().nullable(),
  levels: z.array(z.string()).nullable(),
  /** A doctor could change it: offered in a what-if. */
  modifiable: z.boolean(),
  /** Mean absolute contribution over training rows, in the scale of `contributions`. */
  importance: z.number().nullable(),
  /**
   * How much worse the model ranks cases it did not learn from (AUROC, Harrell's C; of values the root mean squared
   * error) when the feature is dealt anew among them; 1.96 standard deviations over five repeats about it. Null: no
   * such cases, or not a column of the model.
   */
  permutation: EstimateSchema.nullish(),
})

export const ModelCardSchema = z.object({
  model: z.int(),
  name: z.string(),
  version: z.int(),
  task: TaskSchema,
  learner: z.string(),
  study: z.string(),
  target: z.string(),
  hash: z.string(),
  trainedAt: z.string(),
  trainedBy: z.string(),
  rows: z.int(),
  events: z.int().nullable(),
  intendedUse: z.string().nullable(),
  approvedBy: z.string().nullable(),
  /** It is itself the plain regression that others of its outcome are compared with. */
  isComparator: z.boolean(),
  /** The headline metric and how it compares with the permanent comparator on the same folds. */
  headline: z.object({ metric: z.string(), estimate: EstimateSchema }),
  comparator: z
    .object({
      learner: z.string(),
      metric: z.string(),
      estimate: EstimateSchema,
      difference: EstimateSchema,
      beats: z.boolean(),
    })
    .nullable(),
})
export type ModelCard = z.infer<typeof ModelCardSchema>

const ValueSchema = z.union([z.number(), z.string(), z.boolean()])

/** One setting that was tried. */
export const TrialSchema = z.object({
  /** From 1, in the order they were tried. */
  trial: z.int(),
  parameters: z.record(z.string(), ValueSchema),
  /**
   * Share of the full effort (rows, trees or epochs): below 1 in the early rounds of successive halving, which are not
   * chosen from.
   */
  effort: z.number(),
  /** Over the folds; null where the setting could not be fitted. */
  mean: z.number().nullable(),
  standardError: z.number().nullable(),
  /** Time of its fits, on one thread. */
  seconds: z.number(),
  failure: SpokenSchema.nullable(),
})
export type Trial = z.infer<typeof TrialSchema>

/** How a model's parameters were found, on folds inside the rows it was fitted on. */
export const TuningSchema = z.object({
  learner: z.string(),
  method: z.enum(tuningMethods),
  metric: z.string(),
  higherIsBetter: z.boolean(),
  folds: z.int(),
  repeats: z.int(),
  trials: z.array(TrialSchema),
  /**
   * Numbers of the best trial, and of the one taken: the simplest within one standard error of the best, where that was
   * asked.
   */
  best: z.int(),
  chosen: z.int(),
})
export type Tuning = z.infer<typeof TuningSchema>

/** The learners `auto` held against each other on the same folds, simplest first, and the one it took. */
export const ChoiceSchema = z.object({
  metric: z.string(),
  higherIsBetter: z.boolean(),
  folds: z.int(),
  candidates: z.array(
    z.object({
      learner: z.string(),
      parameters: z.record(z.string(), ValueSchema),
      /** Over the folds, with its standard error. */
      mean: z.number().nullable(),
      standardError: z.number().nullable(),
      /**
       * This learner less the best one, on the same cases; null for the best itself and where it could not be fitted.
       */
      difference: EstimateSchema.nullable(),
      /** Whether it is as good as the best within one standard error of their difference. */
      asGood: z.boolean(),
      failure: SpokenSchema.nullable(),
      tuning: TuningSchema.nullable(),
    }),
  ),
  best: z.string(),
  chosen: z.string(),
  /**
   * `best`: it is the best; `simpler`: the best is not better than it by more than one standard error; `only`: no other
   * could be fitted.
   */
  reason: z.enum(['best', 'simpler', 'only']),
})
export type Choice = z.infer<typeof ChoiceSchema>

/** Whether there are enough cases to develop a model of so many parameters (Riley et al. 2020), at an assumed R². */
export const SampleSizeSchema = z.object({
  verdict: z.enum(['pass', 'fail', 'unknown']),
  /** Development rows, and events among them. */
  rows: z.int(),
  events: z.int().nullable(),
  /** Candidate parameters: one a number, one less than its levels a category, more for splines and products. */
  parameters: z.int(),
  /** Rows that all criteria ask for. */
  needed: z.int().nullable(),
  /** Share of what R² can be at most (of a value: adjusted R²). */
  assumedR2: z.number().nullable(),
  /**
   * Rows each asks for. `shrinkage`: effects shrink by at most 10 %; `optimism`: R² is too good by at most 0.05;
   * `meanRisk`: the mean risk is within 0.05; `residual`: the residual SD within 10 %.
   */
  criteria: z.array(z.object({ name: z.enum(['shrinkage', 'optimism', 'meanRisk', 'residual']), rows: z.int() })),
  /** Why there is no verdict. */
  unknown: z.enum(['severalClasses', 'competing', 'lateEntry', 'noParameters']).nullable(),
})
export type SampleSize = z.infer<typeof SampleSizeSchema>

/** A column that says too much about the outcome by itself, or by being recorded at all. */
export const LeakSchema = z.object({
  column: z.string(),
  kind: z.enum(['separates', 'recorded']),
  /** AUROC, Harrell's C, or (rank correlation + 1) / 2; out of fold. */
  area: z.number(),
})
export type Leak = z.infer<typeof LeakSchema>

/** How far columns of the matrix repeat each other. */
export const CollinearitySchema = z.object({
  /** Correlations above 0.9 either way, largest first. */
  pairs: z.array(z.object({ terms: z.tuple([z.string(), z.string()]), correlation: z.number() })),
  /** Variance inflation factors above 10; null: a combination of other columns. */
  inflation: z.array(z.object({ term: z.string(), factor: z.number().nullable() })),
  /** Condition number of the standardised columns; null: some are combinations of others. */
  condition: z.number().nullable(),
})
export type Collinearity = z.infer<typeof CollinearitySchema>

export const FlowSchema = z.array(
  z.object({ step: z.string(), detail: z.string().nullable(), excluded: z.int(), remaining: z.int() }),
)

/** How far a forest of another implementation says the same of the same held-out cases; of small cohorts. */
export const SecondOpinionSchema = z.object({
  learner: z.string(),
  rows: z.int(),
  /** Trees grown within a few seconds; where they were too few, the rest is null. */
  trees: z.int(),
  seconds: z.number(),
  metric: z.string().nullable(),
  estimate: EstimateSchema.nullable(),
  /** The model less the second opinion. */
  difference: EstimateSchema.nullable(),
  /** Cohen's kappa of the predicted classes; null for values. */
  kappa: EstimateSchema.nullable(),
  /** Of the predicted probabilities or values. */
  correlation: z.number().nullable(),
})
export type SecondOpinion = z.infer<typeof SecondOpinionSchema>

/** What stands for and against a design before anything is trained. */
export const DesignCheckSchema = z.object({
  flow: FlowSchema,
  sampleSize: SampleSizeSchema,
  leaks: z.array(LeakSchema),
  collinearity: CollinearitySchema.nullable(),
  warnings: z.array(WarningSchema),
})
export type DesignCheck = z.infer<typeof DesignCheckSchema>

export const ModelDetailSchema = ModelCardSchema.extend({
  design: StudyDesignSchema,
  designHash: z.string(),
  snapshotHash: z.string(),
  build: z.string(),
  /** What the coefficients say, where the learner has any. */
  effect: z.enum(effects).nullable(),
  /** Whether its curves can be read and changed by hand. */
  curves: z.boolean(),
  backend: z.string().nullable(),
  seconds: z.number(),
  bytes: z.int(),
  classes: z.array(z.string()).nullable(),
  horizons: z.array(z.number()).nullable(),
  /** The horizon that answers, summaries and metrics stand at, and views open at; survival alone. */
  mainHorizon: z.number().nullable(),
  /** What happens at the event, as the dictionary calls it; survival alone. */
  event: TextSchema.nullable(),
  flow: FlowSchema,
  split: z.object({ development: z.int(), test: z.int(), folds: z.int() }),
  features: z.array(FeatureUseSchema),
  fit: FitSchema.nullable(),
  /** On held-out rows (or out-of-fold where `test` is 0 and folds were asked for); apparent where neither is there. */
  assessment: AssessmentSchema,
  assessedOn: z.enum(['heldOut', 'outOfFold', 'outOfBag', 'apparent']),
  crossValidation: z.array(z.object({ fold: z.int(), metrics: MetricsSchema })).nullable(),
  comparatorAssessment: AssessmentSchema.nullable(),
  /** Share of held-out or out-of-fold cases whose prediction set (90%) held the truth. */
  setCoverage: EstimateSchema.nullable(),
  /** Where its terms were changed by hand: from which model, by whom, when and why. */
  edited: EditedSchema.nullish(),
  warnings: z.array(WarningSchema),
  /** Where the design asked for tuning. */
  tuning: TuningSchema.nullish(),
  /** Where the design's learner was `auto`. */
  choice: ChoiceSchema.nullish(),
  sampleSize: SampleSizeSchema.nullish(),
  leaks: z.array(LeakSchema).nullish(),
  collinearity: CollinearitySchema.nullish(),
  /** Of diagnoses and values with up to 500 cases, unless the design does without. */
  secondOpinion: SecondOpinionSchema.nullish(),
})
export type ModelDetail = z.infer<typeof ModelDetailSchema>

const ModelId = z.object({ model: z.int() })

export const EvaluationSchema = z.object({
  evaluation: z.int(),
  model: z.int(),
  study: z.string(),
  at: z.string(),
  assessment: AssessmentSchema,
  flow: FlowSchema,
  warnings: z.array(WarningSchema),
})
export type Evaluation = z.infer<typeof EvaluationSchema>

export const models = {
  learners: procedure({ access: everyone, audit: false, summary: 'Learners with their parameters' }).output(
    z.array(LearnerInfoSchema),
  ),
  list: procedure({ access: everyone, audit: false, summary: 'Models, newest first' }).output(z.array(ModelCardSchema)),
  get: procedure({ access: everyone, audit: 'model.read', record: ['model'], summary: 'All that is known of a model' })
    .input(ModelId)
    .output(ModelDetailSchema),
  check: procedure({
    access: clinical,
    audit: false,
    summary:
      'What stands for and against a design before it is trained: enough cases, likely leaks, columns that repeat each other',
  })
    .input(StudyDesignSchema)
    .output(DesignCheckSchema),
  train: procedure({
    access: clinical,
    audit: 'model.train',
    record: ['study'],
    summary: 'Train a model by a study design',
  })
    .input(StudyDesignSchema)
    .output(z.object({ job: z.string() })),
  memory: procedure({
    access: clinical,
    audit: false,
    background: true,
    summary: 'Memory that a training would need, estimated, and what is free, in bytes',
  })
    .input(StudyDesignSchema)
    .output(z.object({ needs: z.number(), free: z.number() })),
  terms: procedure({
    access: everyone,
    audit: false,
    summary: 'The curves an additive model adds up',
  })
    .input(ModelId)
    .output(ModelTermsSchema),
  editTerms: procedure({
    access: clinical,
    audit: 'model.edit',
    record: ['model'],
    summary: 'Change curves of an additive model: a new version, assessed on the same held-out cases',
  })
    .input(
      z.object({
        model: z.int(),
        edits: z.array(TermEditSchema).min(1).max(200),
        reason: z.string().trim().min(1).max(2000),
      }),
    )
    .output(z.object({ job: z.string() })),
  describe: procedure({
    access: clinical,
    audit: 'model.edit',
    record: ['model'],
    summary: 'Name a model, state its intended use, approve it',
  })
    .input(
      z.object({
        model: z.int(),
        name: z.string().trim().min(1).max(200).optional(),
        intendedUse: z.string().max(2000).nullable().optional(),
        approve: z.boolean().optional(),
      }),
    )
    .output(ModelCardSchema),
  remove: procedure({ access: clinical, audit: 'model.remove', record: ['model'], summary: 'Remove a model' })
    .input(ModelId)
    .output(z.object({})),
  evaluate: procedure({
    access: clinical,
    audit: 'model.evaluate',
    record: ['model', 'study'],
    summary: 'Assess a model on another study (external validation)',
  })
    .input(
      z.object({
        model: z.int(),
        study: z.string(),
        /** Where the other study names its outcome differently; null: the columns of the model's design. */
        outcome: OutcomeDesignSchema.nullable().default(null),
      }),
    )
    .output(z.object({ job: z.string() })),
  evaluations: procedure({ access: everyone, audit: false, summary: 'External validations of a model' })
    .input(ModelId)
    .output(z.array(EvaluationSchema)),
  artifact: procedure({
    access: everyone,
    audit: 'model.export',
    record: ['model'],
    summary: 'The model artifact: a JSON header and typed arrays',
  })
    .input(ModelId)
    .output(z.object({ file: z.string(), sha256: z.string(), bytes: z.instanceof(Blob) })),
}
