import { Stack, Text, Title } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { IconCalculatorOff } from '@tabler/icons-react'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { Score } from '../../contract/advice.ts'
import type { Cell } from '../../contract/values.ts'
import { orpc } from '../api.ts'
import { FailureAlert } from '../errors/FailureAlert.tsx'
import { useTranslation } from '../language/index.ts'
import { Empty, Waiting } from '../parts/View.tsx'
import classes from './advice.module.css'
import { ScoreCard } from './ScoreCard.tsx'

export type Entered = Record<string, Record<string, Cell>>

/** Those that apply and can be computed first; then those that lack a value; then those meant for other patients. */
const inOrder = (scores: readonly Score[]): Score[] => {
  const rank = (score: Score) => (score.applies === 'no' ? 2 : 0) + (score.result === null ? 1 : 0)
  return scores
    .map((score, index) => ({ score, index }))
    .sort((left, right) => rank(left.score) - rank(right.score) || left.index - right.index)
    .map(({ score }) => score)
}

/** Published scores from the patient's record; what is missing can be typed in. */
export const Scores = ({ patient }: { patient: number }) => {
  const { t } = useTranslation('advice')
  const [entered, setEntered] = useState<Entered>({})
  const [asked] = useDebouncedValue(entered, 400)
  // The order of the first answer stays: a card must not jump away from under the hand that types.
  const [order, setOrder] = useState<readonly string[] | null>(null)
  const query = useQuery(
    orpc.advice.scores.queryOptions({ input: { patient, entered: asked }, placeholderData: keepPreviousData }),
  )
  if (query.data && order === null) setOrder(inOrder(query.data).map((score) => score.score))
  const enter = (score: string, input: string, value: Cell) =>
    setEntered((before) => {
      const { [input]: _, ...others } = before[score] ?? {}
      return { ...before, [score]: value === null || value === '' ? others : { ...others, [input]: value } }
    })
  const scores = order
    ? order.flatMap((id) => query.data?.find((score) => score.score === id) ?? [])
    : (query.data ?? [])
  return (
    <Stack gap="sm" component="section">
      <div>
        <Title order={2}>{t('scores.title')}</Title>
        <Text size="sm" c="dimmed">
          {t('scores.help')}
        </Text>
      </div>
      {query.isError && <FailureAlert error={query.error} onRetry={() => void query.refetch()} />}
      {query.isPending ? (
        <Waiting rows={5} height={28} />
      ) : scores.length === 0 && !query.isError ? (
        <Empty icon={<IconCalculatorOff size={32} />} title={t('scores.none')} />
      ) : (
        <div className={classes.scores} aria-busy={query.isPlaceholderData || undefined}>
          {scores.map((score) => (
            <ScoreCard
              key={score.score}
              score={score}
              entered={entered[score.score] ?? {}}
              onEnter={(input, value) => enter(score.score, input, value)}
            />
          ))}
        </div>
      )}
    </Stack>
  )
}
