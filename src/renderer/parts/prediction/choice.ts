import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { ModelCard } from '../../../contract/models.ts'
import type { Task } from '../../../contract/values.ts'
import { orpc } from '../../api.ts'
import { keepSetting } from '../keep.ts'
import { bestFirst } from './order.ts'

/** The models that can answer this kind of question about a patient, best first, and the one chosen last time. */
export const useModelChoice = (patient: number, tasks: readonly Task[]) => {
  const models = useQuery(orpc.predictions.models.queryOptions({ input: { patient } }))
  const settings = useQuery(orpc.settings.get.queryOptions({ staleTime: Number.POSITIVE_INFINITY }))
  const [picked, setPicked] = useState<number | null>(null)
  const fitting = bestFirst((models.data ?? []).filter((model) => tasks.includes(model.task)))
  const keyOf = (model: ModelCard) => `prediction.${tasks[0]}.${model.study}`
  const remembered = fitting.find((model) => settings.data?.[keyOf(model)] === model.model)
  const chosen = fitting.find((model) => model.model === picked) ?? remembered ?? fitting[0] ?? null
  return {
    models: fitting,
    chosen,
    choose: (id: number) => {
      setPicked(id)
      const model = fitting.find((entry) => entry.model === id)
      if (model) keepSetting({ [keyOf(model)]: id })
    },
    isPending: models.isPending || settings.isPending,
    error: models.error,
    retry: () => void models.refetch(),
  }
}
