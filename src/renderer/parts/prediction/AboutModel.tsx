import { Alert, Badge, Paper, Stack, Text, Title } from '@mantine/core'
import { IconArrowRight, IconScale } from '@tabler/icons-react'
import { useId } from 'react'
import type { ModelCard } from '../../../contract/models.ts'
import { useFormats, useTranslation } from '../../language/index.ts'
import { useLearnerName, useMetricText } from '../metrics.ts'
import { PlaceLink } from '../place.tsx'
import classes from './prediction.module.css'

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
        <dl className={classes.facts}>
          <dt>{t('model.name')}</dt>
          <dd>
            <Text span size="sm" fw={600}>
              {t('model.nameVersion', { name: model.name, version: model.version })}
            </Text>
          </dd>
          <dt>{t('model.learner')}</dt>
          <dd>{learner(model.learner)}</dd>
          <dt>{t('model.trained')}</dt>
          <dd>{t('model.trainedAt', { at: formats.dateTime(model.trainedAt), by: model.trainedBy })}</dd>
          <dt>{t('model.on')}</dt>
          <dd>
            {t(model.events === null ? 'model.cases' : 'model.casesEvents', {
              rows: formats.integer(model.rows),
              study: model.study,
              events: formats.integer(model.events),
            })}
          </dd>
          <dt>{t('model.approved')}</dt>
          <dd>
            {model.approvedBy ?? (
              <Badge color="amber" tt="none">
                {t('model.notApproved')}
              </Badge>
            )}
          </dd>
          <dt>{t('model.intendedUse')}</dt>
          <dd>
            {model.intendedUse || (
              <Text span size="sm" fs="italic" c="dimmed">
                {t('model.notStated')}
              </Text>
            )}
          </dd>
          <dt>{t('model.performance')}</dt>
          <dd className="tabular">
            {metric(model.headline.metric)} {metric.estimate(model.headline.estimate)}
          </dd>
        </dl>
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
