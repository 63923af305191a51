import { Alert, Text } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import type { StudyDesignInput } from '../../contract/design.ts'
import { orpc } from '../api.ts'
import { useFormats, useTranslation } from '../language/index.ts'

/** What the training will take of the computer's memory, before it is begun. */
export const Memory = ({ design, enabled }: { design: StudyDesignInput; enabled: boolean }) => {
  const { t } = useTranslation('design')
  const formats = useFormats()
  const [settled] = useDebouncedValue(design, 400)
  const memory = useQuery(
    orpc.models.memory.queryOptions({ input: settled, enabled, retry: false, placeholderData: keepPreviousData }),
  )
  if (!enabled || !memory.data) return null
  const { needs, free } = memory.data
  const words = t('train.memory', { needs: formats.bytes(needs), free: formats.bytes(free) })
  return needs <= free ? (
    <Text size="xs" c="dimmed">
      {words}
    </Text>
  ) : (
    <Alert color="amber" p="xs">
      {words} {t('train.memoryTooSmall')}
    </Alert>
  )
}
