import { Button, Stack } from '@mantine/core'
import { IconReportMedical } from '@tabler/icons-react'
import type { UseQueryResult } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import type { ModelCard } from '../../../contract/models.ts'
import { clinical } from '../../../contract/procedure.ts'
import type { Task } from '../../../contract/values.ts'
import { FailureAlert } from '../../errors/FailureAlert.tsx'
import { useTranslation } from '../../language/index.ts'
import { usePlace } from '../place.tsx'
import { useMay } from '../session.ts'
import { Empty, Waiting } from '../View.tsx'
import { useModelChoice } from './choice.ts'
import { ModelChoice } from './ModelChoice.tsx'

/** The frame of a prediction: which models there are, which one is asked, and the states before there is an answer. */
export const PredictionPage = ({
  patient,
  tasks,
  children,
}: {
  patient: number
  tasks: readonly Task[]
  children: (model: ModelCard, head: Head) => ReactNode
}) => {
  const { t } = useTranslation('prediction')
  const place = usePlace()
  const mayTrain = useMay(clinical)
  const choice = useModelChoice(patient, tasks)
  if (choice.error) return <FailureAlert error={choice.error} onRetry={choice.retry} />
  if (choice.isPending) return <Waiting rows={8} />
  const { chosen } = choice
  if (!chosen)
    return (
      <Empty
        icon={<IconReportMedical size={34} />}
        title={t('choice.none')}
        actions={
          <>
            {mayTrain && <Button onClick={() => place.train()}>{t('choice.toTrain')}</Button>}
            <Button variant="default" onClick={place.models}>
              {t('choice.toModels')}
            </Button>
          </>
        }
      >
        {t('choice.noneHelp')}
      </Empty>
    )
  return (
    <Stack gap="md">
      {children(chosen, ({ at, ask, asking }) => (
        <ModelChoice
          models={choice.models}
          chosen={chosen}
          onChoose={choice.choose}
          askedAt={at}
          onAsk={ask}
          asking={asking}
        />
      ))}
    </Stack>
  )
}

/** Draws the row above a prediction: which model, asked when. */
export type Head = (asked: Asked) => ReactNode

export interface Asked {
  at: string | null
  ask: () => void
  asking: boolean
}

/** Each asking is recorded and audited: the answer is kept while the app is open and asked anew on demand only. */
export const askedOnce = { staleTime: Number.POSITIVE_INFINITY, gcTime: 30 * 60_000 }

/** The states of one prediction: waiting, failing, there. */
export const Answer = <Output extends { at: string }>({
  query,
  head,
  children,
}: {
  query: UseQueryResult<Output>
  head: Head
  children: (answer: Output) => ReactNode
}) => {
  const asked: Asked = {
    at: query.data?.at ?? null,
    ask: () => void query.refetch(),
    asking: query.isFetching,
  }
  return (
    <>
      {head(asked)}
      {query.isError ? (
        <FailureAlert error={query.error} onRetry={asked.ask} />
      ) : query.isPending ? (
        <Waiting rows={10} height={24} />
      ) : (
        children(query.data)
      )}
    </>
  )
}
