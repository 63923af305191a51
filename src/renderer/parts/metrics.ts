import { useMemo } from 'react'
import type { Estimate } from '../../contract/values.ts'
import { useFormats, useTranslation } from '../language/index.ts'

/** Short names and numbers of metrics: `metric('auroc')`, `metric.estimate({...})` -> `0.871 (0.830 to 0.905)`. */
export const useMetricText = () => {
  const { t } = useTranslation('prediction')
  const formats = useFormats()
  return useMemo(() => {
    const estimate = ({ value, low, high }: Estimate, digits?: number) => {
      const shown = digits ?? digitsFor(value)
      return low === null || high === null
        ? formats.fixed(value, shown)
        : t('metrics.estimate', {
            value: formats.fixed(value, shown),
            low: formats.fixed(low, shown),
            high: formats.fixed(high, shown),
          })
    }
    return Object.assign((name: string) => t(`metrics.short.${name}`, { defaultValue: name }), { estimate })
  }, [t, formats])
}

/** Three decimals for shares and indices, fewer where numbers are large. */
const digitsFor = (value: number | null): number => {
  const size = Math.abs(value ?? 0)
  return size >= 100 ? 0 : size >= 10 ? 1 : size >= 2 ? 2 : 3
}

/** What learners and their parameters are called and do; one without a text goes by its id. */
export const useLearnerTexts = () => {
  const { t } = useTranslation('learners')
  return useMemo(() => {
    const parameter = (learner: string, name: string, what: 'label' | 'description', otherwise: string) =>
      t([`${learner}.parameter.${name}.${what}`, `shared.${name}.${what}`], { defaultValue: otherwise })
    return {
      /** `cox` -> `Cox proportional hazards`. */
      label: (learner: string) => t(`${learner}.label`, { defaultValue: learner }),
      description: (learner: string) => t(`${learner}.description`, { defaultValue: '' }),
      parameterLabel: (learner: string, name: string) => parameter(learner, name, 'label', name),
      parameterDescription: (learner: string, name: string) => parameter(learner, name, 'description', ''),
    }
  }, [t])
}

/** What a learner is called: `cox` -> `Cox proportional hazards`. */
export const useLearnerName = (): ((id: string) => string) => useLearnerTexts().label
