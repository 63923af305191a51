import { Button, Paper, Stack, Text, Title, VisuallyHidden } from '@mantine/core'
import { IconDatabaseOff } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import type { Study } from '../../contract/patients.ts'
import { clinical, staff } from '../../contract/procedure.ts'
import { orpc } from '../api.ts'
import { FailureAlert } from '../errors/FailureAlert.tsx'
import { useFormats, useTranslation } from '../language/index.ts'
import { type Column, DataTable } from '../parts/DataTable.tsx'
import { PlaceLink, usePlace } from '../parts/place.tsx'
import { useMay } from '../parts/session.ts'
import { Empty, Waiting } from '../parts/View.tsx'

/** The studies, with how much is in them. */
export const StudyList = ({ bare = false }: { bare?: boolean }) => {
  const { t } = useTranslation('studies')
  const place = usePlace()
  const maySee = useMay(staff)
  const studies = useQuery(orpc.studies.list.queryOptions())
  const columns = useColumns()
  return (
    <Stack gap="xs" component="section">
      {!bare && <Title order={2}>{t('list.title')}</Title>}
      {studies.isError ? (
        <FailureAlert error={studies.error} onRetry={() => void studies.refetch()} />
      ) : studies.isPending ? (
        <Waiting rows={4} />
      ) : studies.data.length === 0 ? (
        <Empty
          icon={<IconDatabaseOff size={32} />}
          title={t('list.none')}
          actions={maySee && <Button onClick={place.intake}>{t('list.toIntake')}</Button>}
        >
          {t('list.noneHelp')}
        </Empty>
      ) : (
        <Paper>
          <DataTable rows={studies.data} columns={columns} name={({ name }) => name} highlightOnHover />
        </Paper>
      )}
    </Stack>
  )
}

const useColumns = (): (Column<Study> | false)[] => {
  const { t } = useTranslation('studies')
  const formats = useFormats()
  const place = usePlace()
  const mayTrain = useMay(clinical)
  const maySee = useMay(staff)
  const counted = (id: 'cases' | 'patients' | 'columns'): Column<Study> => ({
    id,
    head: t(`list.${id}`),
    sort: (study) => study[id],
    cell: (study) => formats.integer(study[id]),
    number: true,
  })
  return [
    {
      id: 'name',
      head: t('list.study'),
      sort: ({ name }) => name,
      cell: ({ name, title }) => (
        <>
          {maySee ? (
            <PlaceLink to="/studies/$study" params={{ study: name }} fw={600}>
              {name}
            </PlaceLink>
          ) : (
            <b>{name}</b>
          )}
          {title && title !== name && (
            <Text size="xs" c="dimmed">
              {title}
            </Text>
          )}
        </>
      ),
    },
    counted('cases'),
    counted('patients'),
    counted('columns'),
    {
      id: 'source',
      head: t('list.source'),
      cell: ({ source }) => (
        <Text size="xs" c="dimmed" lineClamp={2}>
          <cite>{source ?? ''}</cite>
        </Text>
      ),
    },
    (mayTrain || !maySee) && {
      id: 'acts',
      head: <VisuallyHidden>{t('models:actions')}</VisuallyHidden>,
      cell: ({ name }) => (
        <>
          {!maySee && (
            <PlaceLink to="/studies/$study/deidentify" params={{ study: name }} size="sm">
              {t('deidentify:link')}
            </PlaceLink>
          )}
          {mayTrain && (
            <Button size="compact-xs" variant="light" onClick={() => place.train(name)}>
              {t('list.train')}
            </Button>
          )}
        </>
      ),
      props: { ta: 'right' },
    },
  ]
}
