import { Table, Title } from '@mantine/core'
import type { Chart } from '../../contract/patients.ts'
import { useFormats, useTranslation } from '../language/index.ts'
import { PlaceLink } from '../parts/place.tsx'
import type { Encounter } from './record.ts'

/** Where what is shown came from: file, row, when, by whom. */
export const Provenance = ({ chart, encounter }: { chart: Chart; encounter: Encounter | null }) => {
  const { t } = useTranslation('chart')
  const formats = useFormats()
  if (chart.provenance.length === 0) return null
  return (
    <section aria-labelledby="provenance">
      <Title order={2} size="h3" id="provenance" mb={4}>
        {t('provenance.title')}
      </Title>
      <Table.ScrollContainer minWidth={420}>
        <Table fz="sm">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t('provenance.file')}</Table.Th>
              <Table.Th>{t('provenance.study')}</Table.Th>
              <Table.Th>{t('provenance.row')}</Table.Th>
              <Table.Th>{t('provenance.imported')}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {chart.provenance.map((source) => (
              <Table.Tr key={source.batch}>
                <Table.Td>
                  <PlaceLink to="/intake/batches/$batch" params={{ batch: String(source.batch) }}>
                    {source.file}
                  </PlaceLink>
                </Table.Td>
                <Table.Td>{source.study}</Table.Td>
                <Table.Td className="tabular">
                  {encounter?.batch === source.batch ? formats.integer(encounter.row) : ''}
                </Table.Td>
                <Table.Td className="tabular">
                  {formats.dateTime(source.importedAt)} · {source.importedBy}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </section>
  )
}
