import { Button, Paper, Select, Stack, Text } from '@mantine/core'
import { IconDatabaseOff } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { clinical } from '../../contract/procedure.ts'
import type { Concept } from '../../contract/values.ts'
import { orpc } from '../api.ts'
import { FailureAlert } from '../errors/FailureAlert.tsx'
import { useTranslation } from '../language/index.ts'
import { PlaceLink, usePlace } from '../parts/place.tsx'
import { useMay } from '../parts/session.ts'
import type { Summary } from '../parts/suggest.ts'
import { Empty, View, Waiting } from '../parts/View.tsx'
import { TrainForm } from './TrainForm.tsx'

/** What has no column among the cases is measured more than once. */
const measuredOf = (concepts: readonly Concept[], columns: readonly Summary[]): Concept[] =>
  concepts.filter(({ name, kind }) => kind !== 'text' && !columns.some(({ concept }) => concept.name === name))

/** Asks which study to learn from, then for the design of the model. */
export const TrainView = ({ study: given }: { study?: string }) => {
  const { t } = useTranslation('design')
  const place = usePlace()
  const may = useMay(clinical)
  const studies = useQuery(orpc.studies.list.queryOptions({ enabled: may }))
  const [picked, setPicked] = useState<string | null>(given ?? null)
  const study = picked ?? (studies.data?.length === 1 ? (studies.data[0]?.name ?? null) : null)
  const summary = useQuery(
    orpc.studies.summary.queryOptions({ input: { study: study ?? '' }, enabled: may && study !== null }),
  )
  const about = useQuery(
    orpc.studies.get.queryOptions({ input: { study: study ?? '' }, enabled: may && study !== null }),
  )
  const learners = useQuery(orpc.models.learners.queryOptions({ staleTime: Number.POSITIVE_INFINITY }))
  const failed = [studies, summary, about, learners].find((query) => query.isError)
  return (
    <View
      title={t('train.title')}
      subtitle={
        <>
          <PlaceLink to="/models" size="sm" underline="always">
            {t('models:title')}
          </PlaceLink>{' '}
          / {t('train.help')}
        </>
      }
      wide
    >
      {!may ? (
        <Text>{t('train.notAllowed')}</Text>
      ) : failed ? (
        <FailureAlert error={failed.error} onRetry={() => void failed.refetch()} />
      ) : !studies.data || !learners.data ? (
        <Waiting rows={8} />
      ) : studies.data.length === 0 ? (
        <Empty
          icon={<IconDatabaseOff size={32} />}
          title={t('studies:list.none')}
          actions={<Button onClick={place.intake}>{t('studies:list.toIntake')}</Button>}
        >
          {t('studies:list.noneHelp')}
        </Empty>
      ) : (
        <Stack gap="md">
          <Paper p="md">
            <Select
              label={t('train.study')}
              placeholder={t('models:evaluations.choose')}
              maw={520}
              searchable={studies.data.length > 8}
              data={studies.data.map((one) => ({
                value: one.name,
                label: t('models:evaluations.studyOption', { study: one.name, count: one.cases }),
              }))}
              value={study}
              allowDeselect={false}
              onChange={setPicked}
            />
          </Paper>
          {study !== null &&
            (summary.data && about.data ? (
              <TrainForm
                key={study}
                study={study}
                rows={summary.data.rows}
                columns={summary.data.columns}
                measured={measuredOf(about.data.concepts, summary.data.columns)}
                learners={learners.data}
              />
            ) : (
              <Waiting rows={10} height={26} />
            ))}
        </Stack>
      )}
    </View>
  )
}
