import { Button, Paper, Stack, Table, Text, Title, VisuallyHidden } from '@mantine/core'
import { IconDatabaseOff } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import type { Study } from '../../contract/patients.ts'
import { clinical, staff } from '../../contract/procedure.ts'
import { orpc } from '../api.ts'
import { FailureAlert } from '../errors/FailureAlert.tsx'
import { useFormats, useTranslation } from '../language/index.ts'
import { PlaceLink, usePlace } from '../parts/place.tsx'
import { ScrollX } from '../parts/ScrollX.tsx'
import { useMay } from '../parts/session.ts'
import { SortHead, useSorting } from '../parts/sorting.tsx'
import { Empty, Waiting } from '../parts/View.tsx'

const values = {
  name: (study: Study) => study.name,
  cases: (study: Study) => study.cases,
  patients: (study: Study) => study.patients,
  columns: (study: Study) => study.columns,
}

/** The studies, with how much is in them. */
export const StudyList = ({ bare = false }: { bare?: boolean }) => {
  const { t } = useTranslation('models')
  const formats = useFormats()
  const place = usePlace()
  const mayTrain = useMay(clinical)
  const maySee = useMay(staff)
  const studies = useQuery(orpc.studies.list.queryOptions())
  const { sorted, by, toggle } = useSorting(studies.data ?? [], values)
  return (
    <Stack gap="xs" component="section">
      {!bare && <Title order={2}>{t('studies.title')}</Title>}
      {studies.isError ? (
        <FailureAlert error={studies.error} onRetry={() => void studies.refetch()} />
      ) : studies.isPending ? (
        <Waiting rows={4} />
      ) : sorted.length === 0 ? (
        <Empty
          icon={<IconDatabaseOff size={32} />}
          title={t('studies.none')}
          actions={maySee && <Button onClick={place.intake}>{t('studies.toIntake')}</Button>}
        >
          {t('studies.noneHelp')}
        </Empty>
      ) : (
        <Paper>
          <ScrollX>
            <Table highlightOnHover>
              <Table.Thead>
                <Table.Tr>
                  <SortHead column="name" by={by} onSort={toggle}>
                    {t('studies.study')}
                  </SortHead>
                  <SortHead column="cases" by={by} onSort={toggle} right>
                    {t('studies.cases')}
                  </SortHead>
                  <SortHead column="patients" by={by} onSort={toggle} right>
                    {t('studies.patients')}
                  </SortHead>
                  <SortHead column="columns" by={by} onSort={toggle} right>
                    {t('studies.columns')}
                  </SortHead>
                  <Table.Th>{t('studies.source')}</Table.Th>
                  {(mayTrain || !maySee) && (
                    <Table.Th>
                      <VisuallyHidden>{t('actions')}</VisuallyHidden>
                    </Table.Th>
                  )}
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {sorted.map((study) => (
                  <Table.Tr key={study.name}>
                    <Table.Td>
                      {maySee ? (
                        <PlaceLink to="/studies/$study" params={{ study: study.name }} fw={600}>
                          {study.name}
                        </PlaceLink>
                      ) : (
                        <b>{study.name}</b>
                      )}
                      {study.title && study.title !== study.name && (
                        <Text size="xs" c="dimmed">
                          {study.title}
                        </Text>
                      )}
                    </Table.Td>
                    <Table.Td ta="right" className="tabular">
                      {formats.integer(study.cases)}
                    </Table.Td>
                    <Table.Td ta="right" className="tabular">
                      {formats.integer(study.patients)}
                    </Table.Td>
                    <Table.Td ta="right" className="tabular">
                      {formats.integer(study.columns)}
                    </Table.Td>
                    <Table.Td>
                      <Text size="xs" c="dimmed" lineClamp={2}>
                        <cite>{study.source ?? ''}</cite>
                      </Text>
                    </Table.Td>
                    {!maySee && (
                      <Table.Td ta="right">
                        <PlaceLink to="/studies/$study/deidentify" params={{ study: study.name }} size="sm">
                          {t('deidentify:link')}
                        </PlaceLink>
                      </Table.Td>
                    )}
                    {mayTrain && (
                      <Table.Td ta="right">
                        <Button size="compact-xs" variant="light" onClick={() => place.train(study.name)}>
                          {t('studies.train')}
                        </Button>
                      </Table.Td>
                    )}
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </ScrollX>
        </Paper>
      )}
    </Stack>
  )
}
