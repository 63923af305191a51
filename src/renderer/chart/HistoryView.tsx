import { Badge, Paper, Stack, Text } from '@mantine/core'
import { IconArrowBackUp, IconCheck, IconClock, IconHistory, IconQuestionMark } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { orpc } from '../api.ts'
import { FailureAlert } from '../errors/FailureAlert.tsx'
import { summaryIn } from '../language/formats.ts'
import { useFormats, useLanguage, useTranslation } from '../language/index.ts'
import { PlaceLink } from '../parts/place.tsx'
import { Empty, Waiting } from '../parts/View.tsx'
import classes from './HistoryView.module.css'

const tones = {
  accepted: { color: 'moss', icon: IconCheck },
  overridden: { color: 'amber', icon: IconArrowBackUp },
  deferred: { color: 'sky', icon: IconClock },
} as const

/** Predictions shown for this patient, what the doctor made of them, and why. */
export const HistoryView = ({ patient }: { patient: number }) => {
  const { t } = useTranslation('chart')
  const formats = useFormats()
  const language = useLanguage()
  // Always read afresh: another tab of this patient may have just asked a model.
  const history = useQuery(orpc.predictions.history.queryOptions({ input: { patient }, staleTime: 0 }))
  if (history.isError) return <FailureAlert error={history.error} onRetry={() => void history.refetch()} />
  if (!history.data) return <Waiting rows={8} />
  if (history.data.length === 0)
    return (
      <Empty icon={<IconHistory size={30} />} title={t('history.none')}>
        {t('history.noneHelp')}
      </Empty>
    )
  return (
    <Stack gap="sm" component="ol" className={classes.list} aria-label={t('tabs.history')}>
      {history.data.map((entry) => {
        const tone = entry.outcome ? tones[entry.outcome] : { color: 'gray', icon: IconQuestionMark }
        return (
          <Paper key={entry.prediction} component="li" className={classes.entry}>
            <div className={classes.main}>
              <Text fw={600}>{summaryIn(entry.summary, language)}</Text>
              <Text size="sm" c="dimmed">
                {t(`history.tasks.${entry.task}`)} ·{' '}
                <PlaceLink to="/models/$model" params={{ model: String(entry.model) }} underline="always">
                  {entry.modelName}
                </PlaceLink>{' '}
                · <span className="tabular">{formats.dateTime(entry.at)}</span> · {entry.by}
              </Text>
              {(entry.reason || entry.comment) && (
                <Text size="sm" mt={4}>
                  {entry.reason && t(`history.reasons.${entry.reason}`, { defaultValue: entry.reason })}
                  {entry.reason && entry.comment && ' · '}
                  {entry.comment && <q>{entry.comment}</q>}
                </Text>
              )}
            </div>
            <Badge color={tone.color} size="lg" leftSection={<tone.icon size={14} aria-hidden />}>
              {t(`history.outcomes.${entry.outcome ?? 'unanswered'}`)}
            </Badge>
          </Paper>
        )
      })}
    </Stack>
  )
}
