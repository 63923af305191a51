import { useQuery } from '@tanstack/react-query'
import { useCallback, useMemo } from 'react'
import type { LearnerInfo } from '../../contract/models.ts'
import type { Estimate } from '../../contract/values.ts'
import { orpc } from '../api.ts'
import { useFormats, useText, useTranslation } from '../language/index.ts'

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

const none: readonly LearnerInfo[] = []

/** All learners, with their parameters; none while they are being asked for. */
export const useLearners = (): readonly LearnerInfo[] =>
  useQuery(orpc.models.learners.queryOptions({ staleTime: Number.POSITIVE_INFINITY })).data ?? none

/** What a learner is called: `cox` -> `Cox proportional hazards`. */
export const useLearnerName = (): ((id: string) => string) => {
  const text = useText()
  const learners = useLearners()
  return useCallback(
    (id) => {
      const learner = learners.find((entry) => entry.id === id)
      return learner ? text(learner.label) : id
    },
    [learners, text],
  )
}
