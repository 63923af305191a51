import { Badge, Button, Table, Text, Title, VisuallyHidden } from '@mantine/core'
import { IconArrowBackUp } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { Batch } from '../../contract/intake.ts'
import { orpc } from '../api.ts'
import { FailureAlert } from '../errors/FailureAlert.tsx'
import { useFormats, useTranslation } from '../language/index.ts'
import { PlaceLink } from '../parts/place.tsx'
import { Waiting } from '../parts/View.tsx'
import { UndoBatch } from './UndoBatch.tsx'

/** What was imported, newest first; each can be looked into and taken back. */
export const Batches = () => {
  const { t } = useTranslation('intake')
  const formats = useFormats()
  const batches = useQuery(orpc.intake.batches.queryOptions())
  const [undoing, setUndoing] = useState<Batch | null>(null)
  return (
    <section aria-labelledby="batches">
      <Title order={2} id="batches" mb="xs" mt="md">
        {t('batches.title')}
      </Title>
      {batches.isError && <FailureAlert error={batches.error} onRetry={() => void batches.refetch()} />}
      {batches.isPending && <Waiting rows={4} />}
      {batches.data?.length === 0 && <Text c="dimmed">{t('batches.none')}</Text>}
      {batches.data && batches.data.length > 0 && (
        <Table.ScrollContainer minWidth={680}>
          <Table fz="sm" highlightOnHover>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{t('batches.file')}</Table.Th>
                <Table.Th>{t('batches.study')}</Table.Th>
                <Table.Th>{t('batches.when')}</Table.Th>
                <Table.Th ta="right">{t('sum.imported')}</Table.Th>
                <Table.Th ta="right">{t('sum.rejected')}</Table.Th>
                <Table.Th ta="right">{t('sum.rows')}</Table.Th>
                <Table.Th>
                  <VisuallyHidden>{t('batches.undo')}</VisuallyHidden>
                </Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {batches.data.map((batch) => (
                <Table.Tr key={batch.batch}>
                  <Table.Td>
                    <PlaceLink
                      to="/intake/batches/$batch"
                      params={{ batch: String(batch.batch) }}
                      style={{ overflowWrap: 'anywhere' }}
                    >
                      {batch.file}
                    </PlaceLink>
                  </Table.Td>
                  <Table.Td>{batch.study}</Table.Td>
                  <Table.Td className="tabular">
                    {formats.dateTime(batch.importedAt)}
                    <Text size="xs" c="dimmed">
                      {batch.importedBy}
                    </Text>
                  </Table.Td>
                  <Table.Td ta="right" className="tabular">
                    {formats.integer(batch.imported)}
                  </Table.Td>
                  <Table.Td ta="right" className="tabular">
                    {formats.integer(batch.rejected)}
                  </Table.Td>
                  <Table.Td ta="right" className="tabular">
                    {formats.integer(batch.rows)}
                  </Table.Td>
                  <Table.Td ta="right">
                    {batch.undoneAt ? (
                      <Badge color="gray">{t('batches.undone')}</Badge>
                    ) : (
                      <Button
                        size="compact-xs"
                        variant="default"
                        leftSection={<IconArrowBackUp size={13} />}
                        aria-label={t('batches.undoNamed', { file: batch.file })}
                        onClick={() => setUndoing(batch)}
                      >
                        {t('batches.undo')}
                      </Button>
                    )}
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
      <UndoBatch batch={undoing} onClose={() => setUndoing(null)} />
    </section>
  )
}
