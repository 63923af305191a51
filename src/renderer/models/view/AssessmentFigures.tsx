import { Text, Title } from '@mantine/core'
import { useMemo } from 'react'
import type { Assessment } from '../../../contract/models.ts'
import { calibration, decisionCurve, type Figure, precisionRecall, roc } from '../../../figures/index.ts'
import { useLanguage, useTranslation } from '../../language/index.ts'
import { FigureBox } from '../../parts/FigureBox.tsx'
import { useMetricText } from '../../parts/metrics.ts'
import classes from '../../parts/models.module.css'

export interface Assessed {
  label: string
  assessment: Assessment
}

type Draw = (size: { width: number; document: Document }) => Figure
type Curve = 'calibration' | 'roc' | 'precisionRecall' | 'decision'

/** Calibration, ROC, precision-recall and decision curve of one or several assessments, overlaid. */
export const AssessmentFigures = ({ series, values = false }: { series: readonly Assessed[]; values?: boolean }) => {
  const { t } = useTranslation('models')
  const language = useLanguage()
  const metric = useMetricText()
  const drawn = useMemo(() => {
    const having = <Key extends Curve>(key: Key) =>
      series.flatMap(({ label, assessment }) => {
        const curve = assessment[key]
        return curve ? [{ label, assessment, curve }] : []
      })
    const withMetric = (label: string, assessment: Assessment, name: string) => {
      const estimate = assessment.metrics[name]
      const short = label.length > 30 ? `${label.slice(0, 29).trimEnd()}…` : label
      return estimate && estimate.value !== null ? `${short} ${metric.estimate(estimate, 2)}` : label
    }
    const say = (name: string, key: string) => t(`figures.${name}.${key}`)
    const about = (name: string) => ({ title: say(name, 'title'), description: say(name, 'help') })
    const figures: { name: string; help: string; draw: Draw }[] = []
    const calibrated = having('calibration')
    if (calibrated.length > 0)
      figures.push({
        name: 'calibration',
        help: say('calibration', values ? 'helpValues' : 'help'),
        draw: (size) =>
          calibration(
            { values, series: calibrated.map(({ label, curve }) => ({ label, calibration: curve })) },
            {
              ...size,
              locale: language,
              texts: {
                ...about('calibration'),
                predicted: say('calibration', values ? 'predictedValue' : 'predicted'),
                observed: say('calibration', values ? 'observedValue' : 'observed'),
                ideal: say('calibration', 'ideal'),
              },
            },
          ),
      })
    const rocs = having('roc')
    if (rocs.length > 0)
      figures.push({
        name: 'roc',
        help: say('roc', 'help'),
        draw: (size) =>
          roc(
            {
              series: rocs.map(({ label, assessment, curve }) => ({
                label: withMetric(label, assessment, assessment.metrics.auroc ? 'auroc' : 'auc'),
                roc: curve,
              })),
            },
            {
              ...size,
              locale: language,
              texts: {
                ...about('roc'),
                falsePositive: say('roc', 'falsePositive'),
                truePositive: say('roc', 'truePositive'),
                chance: say('roc', 'chance'),
              },
            },
          ),
      })
    const precisions = having('precisionRecall')
    if (precisions.length > 0)
      figures.push({
        name: 'precisionRecall',
        help: say('precisionRecall', 'help'),
        draw: (size) =>
          precisionRecall(
            {
              prevalence: series[0]?.assessment.metrics.prevalence?.value ?? null,
              series: precisions.map(({ label, assessment, curve }) => ({
                label: withMetric(label, assessment, 'auprc'),
                precisionRecall: curve,
              })),
            },
            {
              ...size,
              locale: language,
              texts: {
                ...about('precisionRecall'),
                recall: say('precisionRecall', 'recall'),
                precision: say('precisionRecall', 'precision'),
                prevalence: say('precisionRecall', 'prevalence'),
              },
            },
          ),
      })
    const decisions = having('decision')
    if (decisions.length > 0)
      figures.push({
        name: 'decision',
        help: say('decision', 'help'),
        draw: (size) =>
          decisionCurve(
            { series: decisions.map(({ label, curve }) => ({ label, decision: curve })) },
            {
              ...size,
              locale: language,
              texts: {
                ...about('decision'),
                threshold: say('decision', 'threshold'),
                netBenefit: say('decision', 'netBenefit'),
                treatAll: say('decision', 'treatAll'),
                treatNone: say('decision', 'treatNone'),
              },
            },
          ),
      })
    return figures
  }, [series, values, language, metric, t])
  return (
    <div className={classes.figures}>
      {drawn.map(({ name, help, draw }) => (
        <figure className={classes.figure} key={name}>
          <figcaption>
            <Title order={3}>{t(`figures.${name}.title`)}</Title>
            <Text size="xs" c="dimmed">
              {help}
            </Text>
          </figcaption>
          <FigureBox draw={draw} maxWidth={460} />
        </figure>
      ))}
    </div>
  )
}
