import { Button, Text } from '@mantine/core'
import { IconDatabaseOff, IconDownload, IconEyeOff, IconPlus } from '@tabler/icons-react'
import { useMutation, useQuery } from '@tanstack/react-query'
import type * as z from 'zod'
import type { ColumnSummarySchema } from '../../contract/patients.ts'
import { clinical } from '../../contract/procedure.ts'
import { client, orpc } from '../api.ts'
import { FailureAlert } from '../errors/FailureAlert.tsx'
import { failureOf } from '../errors/failure.ts'
import { useFormats, useTranslation } from '../language/index.ts'
import { PlaceLink, usePlace } from '../parts/place.tsx'
import { saveFile } from '../parts/save.ts'
import { useMay } from '../parts/session.ts'
import { Empty, View, Waiting } from '../parts/View.tsx'
import { StudyColumns } from './StudyColumns.tsx'
import { StudySurvival } from './StudySurvival.tsx'

type Summary = z.infer<typeof ColumnSummarySchema>

/** One study: what its columns mean, how they are distributed, and what is missing. */
export const StudyView = ({ study }: { study: string }) => {
  const { t } = useTranslation('studies')
  const formats = useFormats()
  const place = usePlace()
  const mayTrain = useMay(clinical)
  const mayExport = useMay(['administrator'])
  const about = useQuery(orpc.studies.get.queryOptions({ input: { study } }))
  const summary = useQuery(orpc.studies.summary.queryOptions({ input: { study }, enabled: mayTrain }))
  const exporting = useMutation({
    mutationFn: async () => {
      const parts: string[] = []
      for await (const part of await client.studies.export({ study })) parts.push(part)
      saveFile(`${study}.csv`, parts, 'text/csv;charset=utf-8')
    },
  })
  if (about.isError) {
    return failureOf(about.error).code === 'notFound' ? (
      <View title={study}>
        <Empty
          icon={<IconDatabaseOff size={32} />}
          title={t('study.notFound')}
          actions={<PlaceLink to="/studies">{t('models:title')}</PlaceLink>}
        />
      </View>
    ) : (
      <View title={study}>
        <FailureAlert error={about.error} onRetry={() => void about.refetch()} />
      </View>
    )
  }
  const counted = about.data
    ? [
        t('study.cases', { count: about.data.cases }),
        t('study.patients', { count: about.data.patients }),
        t('study.columnsCount', { count: about.data.columns }),
      ].join(' · ')
    : ''
  const columns: Summary[] =
    summary.data?.columns ??
    (about.data?.concepts ?? []).map((concept) => ({ concept, known: -1, missing: -1, quantiles: null, counts: null }))
  return (
    <View
      title={about.data?.title || study}
      subtitle={
        <>
          <PlaceLink to="/studies" size="sm" underline="always">
            {t('models:title')}
          </PlaceLink>{' '}
          / {study} · {counted}
          {about.data?.source && (
            <>
              {' '}
              · <cite>{about.data.source}</cite>
            </>
          )}
        </>
      }
      wide
      actions={
        <>
          {mayExport && (
            <Button variant="default" leftSection={<IconEyeOff size={16} />} onClick={() => place.deidentify(study)}>
              {t('deidentify:link')}
            </Button>
          )}
          {mayExport && (
            <Button
              variant="default"
              leftSection={<IconDownload size={16} />}
              loading={exporting.isPending}
              onClick={() => exporting.mutate()}
            >
              {t('study.export')}
            </Button>
          )}
          {mayTrain && (
            <Button leftSection={<IconPlus size={16} />} onClick={() => place.train(study)}>
              {t('models:trainModel')}
            </Button>
          )}
        </>
      }
    >
      {exporting.isError && <FailureAlert error={exporting.error} />}
      {summary.isError && <FailureAlert error={summary.error} onRetry={() => void summary.refetch()} />}
      {about.isPending || (mayTrain && summary.isPending) ? (
        <Waiting rows={10} height={26} />
      ) : (
        <>
          <StudyColumns study={study} rows={summary.data?.rows ?? about.data?.cases ?? 0} columns={columns} />
          {mayTrain && summary.data && <StudySurvival study={study} columns={summary.data.columns} />}
          {mayTrain && (
            <Text size="xs" c="dimmed">
              {t('study.figureHelp', { rows: formats.integer(summary.data?.rows) })}
            </Text>
          )}
        </>
      )}
    </View>
  )
}
