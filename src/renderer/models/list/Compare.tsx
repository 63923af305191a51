import { Alert, Modal, Stack, Text } from '@mantine/core'
import { useQueries } from '@tanstack/react-query'
import { useMemo } from 'react'
import type { ModelDetail } from '../../../contract/models.ts'
import { orpc } from '../../api.ts'
import { FailureAlert } from '../../errors/FailureAlert.tsx'
import { useTranslation } from '../../language/index.ts'
import { Waiting } from '../../parts/View.tsx'
import { AssessmentFigures } from '../view/AssessmentFigures.tsx'
import { MetricsTable } from '../view/MetricsTable.tsx'

/** Whether the figures were measured on the same cases: same snapshot, split and seed. */
const sameCases = (models: readonly ModelDetail[]): boolean => {
  const ground = ({ snapshotHash, assessedOn, design: { study, filters, outcome, validation, seed } }: ModelDetail) =>
    JSON.stringify([study, snapshotHash, assessedOn, filters, outcome, validation, seed])
  return new Set(models.map(ground)).size === 1
}

/** Two or three models side by side. */
export const Compare = ({ models, onClose }: { models: readonly number[]; onClose: () => void }) => {
  const { t } = useTranslation('models')
  const queries = useQueries({
    queries: models.map((model) => orpc.models.get.queryOptions({ input: { model } })),
  })
  const failed = queries.find((query) => query.isError)
  const loaded = queries.flatMap((query) => (query.data ? [query.data] : []))
  const complete = loaded.length === models.length
  const key = complete ? loaded.map((model) => model.hash).join() : ''
  // biome-ignore lint/correctness/useExhaustiveDependencies: the hashes say whether the models changed
  const series = useMemo(
    () =>
      loaded.map((model) => ({
        label:
          loaded.filter((other) => other.name === model.name).length > 1
            ? t('nameVersion', { name: model.name, version: model.version })
            : model.name,
        assessment: model.assessment,
      })),
    [key, t],
  )
  return (
    <Modal
      opened
      onClose={onClose}
      closeButtonProps={{ 'aria-label': t('shell:close') }}
      size="min(1200px, 96vw)"
      title={<Text fw={640}>{t('compare.title')}</Text>}
    >
      {failed ? (
        <FailureAlert error={failed.error} onRetry={() => void failed.refetch()} />
      ) : !complete ? (
        <Waiting rows={8} />
      ) : (
        <Stack gap="lg">
          {!sameCases(loaded) && <Alert color="amber">{t('compare.otherCases')}</Alert>}
          <AssessmentFigures series={series} values={loaded[0]?.task === 'regression'} />
          <MetricsTable columns={series} explained={false} />
        </Stack>
      )}
    </Modal>
  )
}
