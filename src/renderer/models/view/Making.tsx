import { Paper, SimpleGrid, Stack, Text, Title } from '@mantine/core'
import type { ModelDetail } from '../../../contract/models.ts'
import type { Formats } from '../../language/formats.ts'
import { useTranslation } from '../../language/index.ts'
import { CollinearityShown, LeaksShown, SampleSizeShown } from '../../parts/Checks.tsx'
import { Flow } from '../../parts/Flow.tsx'
import { JsonBlock } from '../../parts/JsonBlock.tsx'
import classes from '../../parts/models.module.css'
import { PlaceLink } from '../../parts/place.tsx'
import facts from '../../parts/prediction/prediction.module.css'

/** How the model came to be: who, when, from which cases, by which design, and the hashes that prove it. */
export const Making = ({ model, formats }: { model: ModelDetail; formats: Formats }) => {
  const { t } = useTranslation('models')
  return (
    <SimpleGrid cols={{ base: 1, md: 2 }} spacing="md">
      <Stack gap="md">
        <Paper p="md">
          <Title order={2} mb="xs">
            {t('making.card')}
          </Title>
          <dl className={facts.facts}>
            <dt>{t('making.intendedUse')}</dt>
            <dd>
              {model.intendedUse || (
                <Text span fs="italic" c="dimmed" size="sm">
                  {t('making.notStated')}
                </Text>
              )}
            </dd>
            <dt>{t('making.approved')}</dt>
            <dd>{model.approvedBy ?? t('notApproved')}</dd>
            <dt>{t('making.study')}</dt>
            <dd>
              <PlaceLink to="/studies/$study" params={{ study: model.study }} size="sm">
                {model.study}
              </PlaceLink>
            </dd>
            <dt>{t('making.target')}</dt>
            <dd>{model.target}</dd>
            {model.classes && (
              <>
                <dt>{t('making.classes')}</dt>
                <dd>{model.classes.join(' · ')}</dd>
              </>
            )}
            <dt>{t('making.trained')}</dt>
            <dd>{t('making.trainedBy', { at: formats.dateTime(model.trainedAt), by: model.trainedBy })}</dd>
            <dt>{t('making.rows')}</dt>
            <dd>
              {t('making.rowsText', {
                rows: formats.integer(model.rows),
                development: formats.integer(model.split.development),
                test: formats.integer(model.split.test),
              })}{' '}
              {model.split.folds > 1 && t('making.folds', { count: model.split.folds })}
            </dd>
            {model.events !== null && (
              <>
                <dt>{t('making.events')}</dt>
                <dd>{formats.integer(model.events)}</dd>
              </>
            )}
            <dt>{t('making.seconds')}</dt>
            <dd>
              {formats.duration(model.seconds)}
              {model.backend && ` · ${model.backend}`}
            </dd>
            <dt>{t('making.size')}</dt>
            <dd>{formats.bytes(model.bytes)}</dd>
            <dt>{t('making.build')}</dt>
            <dd>{model.build}</dd>
          </dl>
        </Paper>
        <Paper p="md">
          <Title order={2} mb="xs">
            {t('flow.title')}
          </Title>
          <Flow flow={model.flow} />
        </Paper>
        {(model.sampleSize || model.leaks || model.collinearity) && (
          <Paper p="md">
            <Title order={2} mb="sm">
              {t('checks.title')}
            </Title>
            <Stack gap="md">
              {model.sampleSize && <SampleSizeShown size={model.sampleSize} />}
              {model.leaks && <LeaksShown leaks={model.leaks} />}
              {model.collinearity && <CollinearityShown collinearity={model.collinearity} />}
            </Stack>
          </Paper>
        )}
      </Stack>
      <Stack gap="md">
        <Paper p="md">
          <Title order={2} mb="xs">
            {t('making.hashes')}
          </Title>
          <Text size="sm" c="dimmed" mb="xs">
            {t('making.hashesHelp')}
          </Text>
          <dl className={facts.facts}>
            <dt>{t('making.modelHash')}</dt>
            <dd className={classes.hash}>{model.hash}</dd>
            <dt>{t('making.designHash')}</dt>
            <dd className={classes.hash}>{model.designHash}</dd>
            <dt>{t('making.snapshotHash')}</dt>
            <dd className={classes.hash}>{model.snapshotHash}</dd>
          </dl>
        </Paper>
        <Paper p="md">
          <JsonBlock title={t('making.design')} value={model.design} />
        </Paper>
      </Stack>
    </SimpleGrid>
  )
}
