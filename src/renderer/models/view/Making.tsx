import { Paper, SimpleGrid, Stack, Text, Title } from '@mantine/core'
import type { ModelDetail } from '../../../contract/models.ts'
import type { Formats } from '../../language/formats.ts'
import { useTranslation } from '../../language/index.ts'
import { CollinearityShown, LeaksShown, SampleSizeShown } from '../../parts/Checks.tsx'
import { Fact, Facts } from '../../parts/Facts.tsx'
import { Flow } from '../../parts/Flow.tsx'
import { JsonBlock } from '../../parts/JsonBlock.tsx'
import { PlaceLink } from '../../parts/place.tsx'
import classes from './view.module.css'

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
          <Facts>
            <Fact name={t('making.intendedUse')}>
              {model.intendedUse || (
                <Text span fs="italic" c="dimmed" size="sm">
                  {t('making.notStated')}
                </Text>
              )}
            </Fact>
            <Fact name={t('making.approved')}>{model.approvedBy ?? t('notApproved')}</Fact>
            <Fact name={t('making.study')}>
              <PlaceLink to="/studies/$study" params={{ study: model.study }} size="sm">
                {model.study}
              </PlaceLink>
            </Fact>
            <Fact name={t('making.target')}>{model.target}</Fact>
            {model.classes && <Fact name={t('making.classes')}>{model.classes.join(' · ')}</Fact>}
            <Fact name={t('making.trained')}>
              {t('making.trainedBy', { at: formats.dateTime(model.trainedAt), by: model.trainedBy })}
            </Fact>
            <Fact name={t('making.rows')}>
              {t('making.rowsText', {
                rows: formats.integer(model.rows),
                development: formats.integer(model.split.development),
                test: formats.integer(model.split.test),
              })}{' '}
              {model.split.folds > 1 && t('making.folds', { count: model.split.folds })}
            </Fact>
            {model.events !== null && <Fact name={t('making.events')}>{formats.integer(model.events)}</Fact>}
            <Fact name={t('making.seconds')}>
              {formats.duration(model.seconds)}
              {model.backend && ` · ${model.backend}`}
            </Fact>
            <Fact name={t('making.size')}>{formats.bytes(model.bytes)}</Fact>
            <Fact name={t('making.build')}>{model.build}</Fact>
          </Facts>
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
          <Facts>
            <Fact name={t('making.modelHash')} className={classes.hash}>
              {model.hash}
            </Fact>
            <Fact name={t('making.designHash')} className={classes.hash}>
              {model.designHash}
            </Fact>
            <Fact name={t('making.snapshotHash')} className={classes.hash}>
              {model.snapshotHash}
            </Fact>
          </Facts>
        </Paper>
        <Paper p="md">
          <JsonBlock title={t('making.design')} value={model.design} />
        </Paper>
      </Stack>
    </SimpleGrid>
  )
}
