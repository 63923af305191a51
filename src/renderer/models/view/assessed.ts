import type { Assessment } from '../../../contract/models.ts'

/** Metrics by what they say, in the order to read them; the headline ones first, those at a threshold last. */
const metricGroups = [
  { group: 'discrimination', metrics: ['auroc', 'aurocOneVersusRest', 'auprc', 'harrellC', 'unoC', 'auc', 'r2'] },
  {
    group: 'calibration',
    metrics: ['calibrationIntercept', 'calibrationSlope', 'observedExpected', 'ici', 'e50', 'e90'],
  },
  {
    group: 'overall',
    metrics: ['brier', 'scaledBrier', 'integratedBrier', 'scaledIntegratedBrier', 'logLoss', 'rmse', 'mae'],
  },
  {
    group: 'threshold',
    metrics: ['threshold', 'accuracy', 'balancedAccuracy', 'sensitivity', 'specificity', 'ppv', 'npv', 'f1'],
  },
  { group: 'context', metrics: ['prevalence', 'observedRisk', 'tau'] },
] as const

const known = new Set<string>(metricGroups.flatMap(({ metrics }) => metrics))

/** The metrics that these assessments have, grouped; those nobody foresaw come under context. */
export const groupsOf = (assessments: readonly Assessment[]): { group: string; metrics: string[] }[] => {
  const present = new Set(assessments.flatMap((assessment) => Object.keys(assessment.metrics)))
  const others = [...present].filter((name) => !known.has(name))
  return metricGroups
    .map(({ group, metrics }) => ({
      group,
      metrics: [...metrics.filter((name) => present.has(name)), ...(group === 'context' ? others : [])],
    }))
    .filter(({ metrics }) => metrics.length > 0)
}

/** Where a metric without skill stands; null where there is no such point. */
export const referenceOf = (metric: string): number | null => {
  if (['auroc', 'aurocOneVersusRest', 'harrellC', 'unoC', 'auc', 'balancedAccuracy'].includes(metric)) return 0.5
  if (['calibrationSlope', 'observedExpected'].includes(metric)) return 1
  if (['calibrationIntercept', 'scaledBrier', 'scaledIntegratedBrier', 'r2'].includes(metric)) return 0
  return null
}
