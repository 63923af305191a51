import { Text, Title } from '@mantine/core'
import { useMemo } from 'react'
import type { Assessment } from '../../../contract/models.ts'
import { calibration, decisionCurve, type Figure, precisionRecall, roc } from '../../../figures/index.ts'
import { type Language, useLanguage, useTranslation } from '../../language/index.ts'
import { FigureBox } from '../../parts/FigureBox.tsx'
import { useMetricText } from '../../parts/metrics.ts'
import classes from './view.module.css'

export interface Assessed {
  label: string
  assessment: Assessment
}

type Draw = (size: { width: number; document: Document }) => Figure
type Curve = 'calibration' | 'roc' | 'precisionRecall' | 'decision'

interface Drawing {
  name: Curve
  help: string
  draw: Draw
}

/** What the drawings of the curves share. */
interface Drawer {
  series: readonly Assessed[]
  /** Whether values are foretold and not risks. */
  values: boolean
  locale: Language
  /** A text of a curve. */
  say: (curve: Curve, key: string) => string
  /** A series with what a metric says of it. */
  withMetric: (assessed: Assessed, metric: string) => string
}

/** Calibration, ROC, precision-recall and decision curve of one or several assessments, overlaid. */
export const AssessmentFigures = ({ series, values = false }: { series: readonly Assessed[]; values?: boolean }) => {
  const { t } = useTranslation('models')
  const locale = useLanguage()
  const metric = useMetricText()
  const drawings = useMemo(() => {
    const drawer: Drawer = {
      series,
      values,
      locale,
      say: (curve, key) => t(`figures.${curve}.${key}`),
      withMetric({ label, assessment }, name) {
        const estimate = assessment.metrics[name]
        const short = label.length > 30 ? `${label.slice(0, 29).trimEnd()}…` : label
        return estimate && estimate.value !== null ? `${short} ${metric.estimate(estimate, 2)}` : label
      },
    }
    return [calibrationOf, rocOf, precisionRecallOf, decisionOf].flatMap((drawingOf) => drawingOf(drawer) ?? [])
  }, [series, values, locale, metric, t])
  return (
    <div className={classes.figures}>
      {drawings.map(({ name, help, draw }) => (
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

/** The assessments that have a curve. */
const having = <Key extends Curve>(series: readonly Assessed[], key: Key) =>
  series.flatMap((assessed) => {
    const curve = assessed.assessment[key]
    return curve ? [{ ...assessed, curve }] : []
  })

const about = ({ say }: Drawer, curve: Curve) => ({ title: say(curve, 'title'), description: say(curve, 'help') })

const calibrationOf = (drawer: Drawer): Drawing | null => {
  const { values, locale, say } = drawer
  const series = having(drawer.series, 'calibration').map(({ label, curve }) => ({ label, calibration: curve }))
  if (series.length === 0) return null
  const texts = {
    ...about(drawer, 'calibration'),
    predicted: say('calibration', values ? 'predictedValue' : 'predicted'),
    observed: say('calibration', values ? 'observedValue' : 'observed'),
    ideal: say('calibration', 'ideal'),
  }
  return {
    name: 'calibration',
    help: say('calibration', values ? 'helpValues' : 'help'),
    draw: (size) => calibration({ values, series }, { ...size, locale, texts }),
  }
}

const rocOf = (drawer: Drawer): Drawing | null => {
  const { locale, say, withMetric } = drawer
  const series = having(drawer.series, 'roc').map((assessed) => ({
    label: withMetric(assessed, assessed.assessment.metrics.auroc ? 'auroc' : 'auc'),
    roc: assessed.curve,
  }))
  if (series.length === 0) return null
  const texts = {
    ...about(drawer, 'roc'),
    falsePositive: say('roc', 'falsePositive'),
    truePositive: say('roc', 'truePositive'),
    chance: say('roc', 'chance'),
  }
  return { name: 'roc', help: say('roc', 'help'), draw: (size) => roc({ series }, { ...size, locale, texts }) }
}

const precisionRecallOf = (drawer: Drawer): Drawing | null => {
  const { locale, say, withMetric } = drawer
  const prevalence = drawer.series[0]?.assessment.metrics.prevalence?.value ?? null
  const series = having(drawer.series, 'precisionRecall').map((assessed) => ({
    label: withMetric(assessed, 'auprc'),
    precisionRecall: assessed.curve,
  }))
  if (series.length === 0) return null
  const texts = {
    ...about(drawer, 'precisionRecall'),
    recall: say('precisionRecall', 'recall'),
    precision: say('precisionRecall', 'precision'),
    prevalence: say('precisionRecall', 'prevalence'),
  }
  return {
    name: 'precisionRecall',
    help: say('precisionRecall', 'help'),
    draw: (size) => precisionRecall({ prevalence, series }, { ...size, locale, texts }),
  }
}

const decisionOf = (drawer: Drawer): Drawing | null => {
  const { locale, say } = drawer
  const series = having(drawer.series, 'decision').map(({ label, curve }) => ({ label, decision: curve }))
  if (series.length === 0) return null
  const texts = {
    ...about(drawer, 'decision'),
    threshold: say('decision', 'threshold'),
    netBenefit: say('decision', 'netBenefit'),
    treatAll: say('decision', 'treatAll'),
    treatNone: say('decision', 'treatNone'),
  }
  return {
    name: 'decision',
    help: say('decision', 'help'),
    draw: (size) => decisionCurve({ series }, { ...size, locale, texts }),
  }
}
