import { useQuery } from '@tanstack/react-query'
import { useCallback, useMemo } from 'react'
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
export const digitsFor = (value: number | null): number => {
  const size = Math.abs(value ?? 0)
  return size >= 100 ? 0 : size >= 10 ? 1 : size >= 2 ? 2 : 3
}

/** What a learner is called: `cox` -> `Cox proportional hazards`. */
export const useLearnerName = (): ((id: string) => string) => {
  const text = useText()
  const { data } = useQuery(orpc.models.learners.queryOptions({ staleTime: Number.POSITIVE_INFINITY }))
  return useCallback(
    (id) => {
      const learner = data?.find((entry) => entry.id === id)
      return learner ? text(learner.label) : id
    },
    [data, text],
  )
}
