import { eventIterator } from '@orpc/contract'
import * as z from 'zod'
import { DialectHintSchema, MappingSchema, RowErrorSchema } from './intake.ts'
import { FeatureUseSchema, ModelCardSchema } from './models.ts'
import { clinical, procedure } from './procedure.ts'
import { WarningSchema } from './said.ts'
import { CellSchema, EstimateSchema, TaskSchema, TextSchema, TimeUnitSchema } from './values.ts'

/** One feature's share in a prediction. `sum(contributions) + baseline = prediction` on the stated scale. */
export const ContributionSchema = z.object({
  feature: z.string(),
  label: TextSchema,
  unit: z.string().nullable(),
  value: CellSchema,
  /** The value as a doctor reads it (`3.2 mg/dL`, `stage 4`); what was filled in where it is missing. */
  text: TextSchema,
  /** The number that `text` writes, in the unit; null where it writes no number (a level, yes, several values). */
  amount: z.number().nullish(),
  missing: z.boolean(),
  contribution: z.number(),
})

/** What a prediction said in one line, as data; a sentence where a Bedside of before stored that. */
export const SummarySchema = z.union([
  z.string(),
  z.object({ class: TextSchema, probability: z.number() }),
  z.object({ event: TextSchema, years: z.number(), risk: z.number().nullable() }),
  z.object({ target: TextSchema, value: z.number().nullable(), unit: z.string().nullable() }),
])

export const ExplanationSchema = z.object({
  scale: z.enum(['probability', 'risk', 'value', 'logOdds', 'logHazard']),
  /** The class whose probability or odds is explained, for a diagnosis. */
  class: z.string().nullable(),
  /** Prediction of an average patient, on the scale. */
  baseline: z.number(),
  prediction: z.number(),
  /** Time by which the risk is explained, for survival. */
  horizon: z.number().nullable(),
  /** Largest share first. */
  contributions: z.array(ContributionSchema),
  /** `explanation:method.<method>`. */
  method: z.string(),
})

export const SimilarCaseSchema = z.object({
  patient: z.int().nullable(),
  label: z.string(),
  /** 0 is the same; scaled so that 1 is the median distance between two training cases. */
  distance: z.number(),
  /** `malignant`; or for survival the time and whether the event was seen. */
  outcome: z.object({
    text: z.string(),
    time: z.number().nullable(),
    event: z.boolean().nullable(),
    /** A competing event ended the follow-up. */
    competing: z.boolean().nullish(),
    class: z.string().nullable(),
  }),
  values: z.array(z.object({ feature: z.string(), text: TextSchema })),
})

export const BeliefSchema = z.object({
  /** How unlike the training cases: percentile of the distance among training cases' own. */
  domain: z.object({
    percentile: z.number(),
    verdict: z.enum(['inside', 'edge', 'outside']),
    outOfRange: z.array(
      z.object({ feature: z.string(), label: TextSchema, value: TextSchema, low: z.string(), high: z.string() }),
    ),
  }),
  missing: z.array(z.object({ feature: z.string(), label: TextSchema, filledWith: TextSchema })),
  /** Predicted and observed among held-out cases with a prediction like this one. */
  calibration: z
    .object({
      predictedLow: z.number(),
      predictedHigh: z.number(),
      predicted: z.number(),
      observed: EstimateSchema,
      n: z.int(),
      events: z.int(),
    })
    .nullable(),
})

const PredictionBase = z.object({
  /** UUID of the recorded prediction; feedback names it. Null for a what-if. */
  prediction: z.string().nullable(),
  at: z.string(),
  patient: z.int(),
  encounter: z.int().nullable(),
  model: ModelCardSchema,
  explanation: ExplanationSchema,
  similar: z.array(SimilarCaseSchema),
  belief: BeliefSchema,
})

export const DiagnosisSchema = PredictionBase.extend({
  task: z.literal('diagnosis'),
  /** Ranked, most probable first. */
  classes: z.array(
    z.object({ class: z.string(), label: TextSchema, probability: z.number(), low: z.number(), high: z.number() }),
  ),
  intervalLevel: z.number(),
  /**
   * Share of such intervals that agreed with what further cases showed, as measured on cases the model had not seen.
   */
  intervalCoverage: EstimateSchema.nullable(),
  /** Smallest set of classes that holds the truth in `level` of cases; coverage as measured. */
  predictionSet: z
    .object({ level: z.number(), classes: z.array(z.string()), coverage: EstimateSchema.nullable() })
    .nullable(),
  /** The class recorded on the chart, where it is. */
  recorded: z.string().nullable(),
})
export type Diagnosis = z.infer<typeof DiagnosisSchema>

const CurveSchema = z.object({
  times: z.array(z.number()),
  survival: z.array(z.number()),
  low: z.array(z.number()),
  high: z.array(z.number()),
})

export const SurvivalSchema = PredictionBase.extend({
  task: z.literal('survival'),
  timeUnit: TimeUnitSchema,
  /** What happens at the event, as the dictionary calls it. */
  event: TextSchema,
  /**
   * What may happen instead, where the study names competing events: curves are then one less the incidence of the
   * event.
   */
  competing: TextSchema.nullish(),
  curve: CurveSchema,
  intervalLevel: z.number(),
  /** Measured coverage of the interval of the risk at the last horizon; null where it could not be measured. */
  intervalCoverage: EstimateSchema.nullable(),
  cohort: CurveSchema.extend({
    atRisk: z.array(z.object({ time: z.number(), n: z.int() })),
    n: z.int(),
    events: z.int(),
  }),
  median: EstimateSchema,
  /** Median survival is not reached within follow-up where `value` is null. */
  risks: z.array(z.object({ time: z.number(), years: z.number(), risk: EstimateSchema, cohortRisk: EstimateSchema })),
  /** Last time anyone was followed: the curve ends there. */
  followUp: z.number(),
  recorded: z.object({ time: z.number(), event: z.boolean() }).nullable(),
})
export type Survival = z.infer<typeof SurvivalSchema>

export const RegressionSchema = PredictionBase.extend({
  task: z.literal('regression'),
  value: EstimateSchema,
  unit: z.string().nullable(),
  intervalLevel: z.number(),
  intervalCoverage: EstimateSchema.nullable(),
  recorded: z.number().nullable(),
})

export const WhatIfSchema = z.object({
  feature: z.string(),
  label: TextSchema,
  unit: z.string().nullable(),
  current: CellSchema,
  /** The prediction along the plausible range of the factor. */
  points: z.array(z.object({ value: CellSchema, prediction: z.number() })),
  /** `risk` at `horizon` for survival, probability of `class` for a diagnosis. */
  scale: z.enum(['probability', 'risk', 'value']),
  class: z.string().nullable(),
  horizon: z.number().nullable(),
  before: z.number(),
  /** At the chosen value. */
  after: z.number().nullable(),
  caution: TextSchema,
})

const PatientModel = z.object({ patient: z.int(), model: z.int(), encounter: z.int().nullable().default(null) })

export const overrideReasons = [
  'clinicalContext',
  'dataWrong',
  'dataMissing',
  'disagreeWithReasons',
  'outsideIntendedUse',
  'patientPreference',
  'alreadyKnown',
  'other',
] as const

const predictionProblemCodes = ['missing', 'unseen', 'noneSeen', 'noCurve', 'beyondFollowUp'] as const
/**
 * What a prediction of a row rests on that was not in the row. `missing`, `unseen`: filled with `filling`, or left
 * missing;
 * `noneSeen`: no row holds a value of those known (`levels`); `noCurve`: the stratum has none; `beyondFollowUp`:
 * `followUp`.
 */
export const PredictionProblemSchema = z.object({
  /** From 1; 0: the whole table. */
  row: z.int(),
  column: z.string().nullable(),
  code: z.enum(predictionProblemCodes),
  values: z.record(z.string(), z.union([z.string(), z.number()])),
})
export type PredictionProblem = z.infer<typeof PredictionProblemSchema>

/** A slice of a file, in its order: each row is among `rows` or, with all its faults, among `rejected`. */
export const PredictedRowsSchema = z.object({
  /** Names of `values`. */
  header: z.array(z.string()),
  rows: z.array(
    z.object({
      row: z.int(),
      /** The patient's key as the file has it; null where it has none. */
      key: z.string().nullable(),
      values: z.array(z.number().nullable()),
    }),
  ),
  rejected: z.array(RowErrorSchema),
  problems: z.array(PredictionProblemSchema),
  warnings: z.array(WarningSchema),
  /** Share of the file read, 0 to 1. */
  progress: z.number(),
})
export type PredictedRows = z.infer<typeof PredictedRowsSchema>

export const predictions = {
  models: procedure({ access: clinical, audit: false, summary: 'Models that can be asked about a patient' })
    .input(z.object({ patient: z.int() }))
    .output(z.array(ModelCardSchema)),
  diagnose: procedure({
    access: clinical,
    audit: 'prediction.diagnose',
    record: ['patient', 'model'],
    summary: 'Ranked diagnosis with its reasons',
  })
    .input(PatientModel)
    .output(DiagnosisSchema),
  survive: procedure({
    access: clinical,
    audit: 'prediction.survive',
    record: ['patient', 'model'],
    summary: "The patient's survival curve with its reasons",
  })
    .input(PatientModel)
    .output(SurvivalSchema),
  estimate: procedure({
    access: clinical,
    audit: 'prediction.estimate',
    record: ['patient', 'model'],
    summary: 'A predicted value with its reasons',
  })
    .input(PatientModel)
    .output(RegressionSchema),
  whatIf: procedure({
    access: clinical,
    audit: 'prediction.whatIf',
    record: ['patient', 'model'],
    summary: 'How the prediction would change with one modifiable factor',
  })
    .input(
      PatientModel.extend({
        feature: z.string(),
        value: CellSchema.default(null),
        horizon: z.number().nullable().default(null),
      }),
    )
    .output(WhatIfSchema),
  modifiable: procedure({ access: clinical, audit: false, summary: 'Features of a model that a what-if may change' })
    .input(z.object({ model: z.int() }))
    .output(z.array(FeatureUseSchema)),
  respond: procedure({
    access: clinical,
    audit: 'prediction.respond',
    record: ['prediction'],
    summary: 'Accept, override or defer a prediction',
  })
    .input(
      z.object({
        prediction: z.uuid(),
        outcome: z.enum(['accepted', 'overridden', 'deferred']),
        reason: z.enum(overrideReasons).nullable().default(null),
        comment: z.string().max(2000).nullable().default(null),
      }),
    )
    .output(z.object({})),
  history: procedure({
    access: clinical,
    audit: 'prediction.history',
    record: ['patient'],
    summary: 'Predictions shown for a patient and what became of them',
  })
    .input(z.object({ patient: z.int() }))
    .output(
      z.array(
        z.object({
          prediction: z.string(),
          at: z.string(),
          by: z.string(),
          model: z.int(),
          modelName: z.string(),
          task: TaskSchema,
          summary: SummarySchema,
          outcome: z.enum(['accepted', 'overridden', 'deferred']).nullable(),
          reason: z.string().nullable(),
          comment: z.string().nullable(),
        }),
      ),
    ),
  rows: procedure({
    access: clinical,
    audit: 'prediction.rows',
    record: ['model'],
    summary: 'Predict for rows of a table, in order; writes nothing',
  })
    .input(
      z.object({
        model: z.int(),
        header: z.array(z.string()),
        rows: z.array(z.array(z.string())).max(20000),
        times: z.array(z.number().positive()).nullable().default(null),
      }),
    )
    .output(
      z.object({
        header: z.array(z.string()),
        /** One a row given, in order; of a rejected row all null. */
        rows: z.array(z.array(z.number().nullable())),
        rejected: z.array(RowErrorSchema),
        problems: z.array(PredictionProblemSchema),
      }),
    ),
  file: procedure({
    access: clinical,
    audit: 'prediction.file',
    record: ['model'],
    streams: true,
    summary:
      'Predict for the rows of an uploaded file, each read and checked as an import into the study would; writes nothing',
  })
    .input(
      z.object({
        model: z.int(),
        upload: z.string().min(1).max(100),
        /** What the columns mean; null: as in the study's own files. */
        mapping: MappingSchema.nullable().default(null),
        dialect: DialectHintSchema.optional(),
        times: z.array(z.number().positive()).nullable().default(null),
      }),
    )
    .output(eventIterator(PredictedRowsSchema)),
}
