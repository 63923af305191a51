import { Alert, Badge, Paper, Stack, Text, Title } from '@mantine/core'
import { IconArrowRight, IconScale } from '@tabler/icons-react'
import { useId } from 'react'
import type { ModelCard } from '../../../contract/models.ts'
import { useFormats, useTranslation } from '../../language/index.ts'
import { Fact, Facts } from '../Facts.tsx'
import { useLearnerName, useMetricText } from '../metrics.ts'
import { PlaceLink } from '../place.tsx'

/** What the model is, who stands behind it, how it measured up, and one click to all that is known of it. */
export const AboutModel = ({ model }: { model: ModelCard }) => {
  const { t } = useTranslation('prediction')
  const formats = useFormats()
  const heading = useId()
  const learner = useLearnerName()
  const metric = useMetricText()
  return (
    <Paper p="md" component="section" aria-labelledby={heading}>
      <Stack gap="sm">
        <Title order={2} id={heading}>
          {t('model.title')}
        </Title>
        <Facts>
          <Fact name={t('model.name')}>
            <Text span size="sm" fw={600}>
              {t('model.nameVersion', { name: model.name, version: model.version })}
            </Text>
          </Fact>
          <Fact name={t('model.learner')}>{learner(model.learner)}</Fact>
          <Fact name={t('model.trained')}>
            {t('model.trainedAt', { at: formats.dateTime(model.trainedAt), by: model.trainedBy })}
          </Fact>
          <Fact name={t('model.on')}>
            {t(model.events === null ? 'model.cases' : 'model.casesEvents', {
              rows: formats.integer(model.rows),
              study: model.study,
              events: formats.integer(model.events),
            })}
          </Fact>
          <Fact name={t('model.approved')}>
            {model.approvedBy ?? (
              <Badge color="amber" tt="none">
                {t('model.notApproved')}
              </Badge>
            )}
          </Fact>
          <Fact name={t('model.intendedUse')}>
            {model.intendedUse || (
              <Text span size="sm" fs="italic" c="dimmed">
                {t('model.notStated')}
              </Text>
            )}
          </Fact>
          <Fact name={t('model.performance')} className="tabular">
            {metric(model.headline.metric)} {metric.estimate(model.headline.estimate)}
          </Fact>
        </Facts>
        <Comparison model={model} />
        <PlaceLink to="/models/$model" params={{ model: String(model.model) }} size="sm">
          {t('model.open')} <IconArrowRight size={14} aria-hidden style={{ verticalAlign: '-2px' }} />
        </PlaceLink>
      </Stack>
    </Paper>
  )
}

/** Says plainly whether the model does better than the permanent comparator. */
export const Comparison = ({ model }: { model: ModelCard }) => {
  const { t } = useTranslation('prediction')
  const learner = useLearnerName()
  const metric = useMetricText()
  const { comparator } = model
  if (!comparator)
    return (
      <Text size="sm" c="dimmed">
        {t(model.isComparator ? 'model.isComparator' : 'model.noComparator')}
      </Text>
    )
  const said = t(comparator.beats ? 'model.beats' : 'model.doesNotBeat', {
    learner: learner(comparator.learner),
    metric: metric(comparator.metric),
    own: metric.estimate(model.headline.estimate),
    other: metric.estimate(comparator.estimate),
    difference: metric.estimate(comparator.difference),
  })
  return comparator.beats ? (
    <Text size="sm">{said}</Text>
  ) : (
    <Alert color="amber" icon={<IconScale />} p="xs">
      <Text size="sm">{said}</Text>
    </Alert>
  )
}
