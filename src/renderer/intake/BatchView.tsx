import { Badge, Button, Code, Group, Pagination, Paper, Stack, Text } from '@mantine/core'
import { IconArrowBackUp, IconCircleCheck, IconFileOff } from '@tabler/icons-react'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { administrators } from '../../contract/procedure.ts'
import { orpc } from '../api.ts'
import { FailureAlert } from '../errors/FailureAlert.tsx'
import { useFormats, useTranslation } from '../language/index.ts'
import { PlaceLink } from '../parts/place.tsx'
import { useMay } from '../parts/session.ts'
import { Empty, View, Waiting } from '../parts/View.tsx'
import classes from './Intake.module.css'
import { RowErrors } from './RowErrors.tsx'
import { allRejections } from './rejections.ts'
import { Sum } from './Sum.tsx'
import { UndoBatch } from './UndoBatch.tsx'

const perPage = 100

/** One import: what came in, what did not and why. */
export const BatchView = ({ batch: id }: { batch: number }) => {
  const { t } = useTranslation('intake')
  const formats = useFormats()
  const [page, setPage] = useState(1)
  const [undoing, setUndoing] = useState(false)
  const batches = useQuery(orpc.intake.batches.queryOptions())
  const batch = batches.data?.find((each) => each.batch === id)
  const rejections = useQuery(
    orpc.intake.rejections.queryOptions({
      input: { batch: id, offset: (page - 1) * perPage, limit: perPage },
      enabled: (batch?.rejected ?? 0) > 0,
      placeholderData: keepPreviousData,
    }),
  )
  const administers = useMay(administrators)
  const pages = Math.ceil((rejections.data?.total ?? 0) / perPage)
  return (
    <View
      title={batch?.file ?? t('batches.one')}
      subtitle={
        batch &&
        t('batches.about', { study: batch.study, when: formats.dateTime(batch.importedAt), who: batch.importedBy })
      }
      actions={
        batch &&
        (batch.undoneAt ? (
          <Badge color="gray" size="lg">
            {t('batches.undoneAt', { when: formats.dateTime(batch.undoneAt) })}
          </Badge>
        ) : (
          <Button variant="default" leftSection={<IconArrowBackUp size={16} />} onClick={() => setUndoing(true)}>
            {t('batches.undo')}
          </Button>
        ))
      }
    >
      <Group gap="md">
        <PlaceLink to="/intake" size="sm">
          {t('batches.all')}
        </PlaceLink>
        {administers && batch && (
          <PlaceLink to="/audit" search={{ record: `batch/${batch.batch}` }} size="sm">
            {t('batches.audit')}
          </PlaceLink>
        )}
      </Group>
      {batches.isError && <FailureAlert error={batches.error} onRetry={() => void batches.refetch()} />}
      {batches.isPending && <Waiting rows={6} />}
      {batches.data && !batch && <Empty icon={<IconFileOff size={30} />} title={t('batches.notFound')} />}
      {batch && (
        <Stack gap="md">
          <Paper className={classes.panel}>
            <Sum report={batch} />
            <Text size="xs" c="dimmed" mt={6} style={{ overflowWrap: 'anywhere' }}>
              SHA-256 <Code>{batch.sha256}</Code>
            </Text>
          </Paper>
          {batch.rejected === 0 && (
            <Text c="dimmed">
              <IconCircleCheck size={16} color="var(--good)" aria-hidden style={{ verticalAlign: -3 }} />{' '}
              {t('batches.nothingRejected')}
            </Text>
          )}
          {rejections.isError && <FailureAlert error={rejections.error} onRetry={() => void rejections.refetch()} />}
          {batch.rejected > 0 && rejections.isPending && <Waiting rows={6} />}
          {rejections.data && rejections.data.total > 0 && (
            <>
              <RowErrors
                errors={rejections.data.errors}
                total={rejections.data.total}
                reasons={null}
                file={batch.file}
                all={() => allRejections(id, rejections.data.total)}
              />
              {pages > 1 && (
                <Pagination
                  total={pages}
                  value={page}
                  onChange={setPage}
                  getControlProps={(control) => ({ 'aria-label': t(`paging.${control}`) })}
                  getItemProps={(number) => ({ 'aria-label': t('paging.page', { number }) })}
                />
              )}
            </>
          )}
        </Stack>
      )}
      <UndoBatch batch={undoing ? (batch ?? null) : null} onClose={() => setUndoing(false)} />
    </View>
  )
}
