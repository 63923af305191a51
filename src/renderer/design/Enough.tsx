import { Badge, Group, Text } from '@mantine/core'
import { useFormats, useTranslation } from '../language/index.ts'
import { candidates, perTerm, type Summary, termsOf } from '../parts/suggest.ts'
import type { Draft } from './draft.ts'
import { eventsOf, outcomeColumns } from './outcome/draft.ts'

/** Whether there is enough to learn from, before anything is trained. */
export const Enough = ({ draft, columns, rows }: { draft: Draft; columns: readonly Summary[]; rows: number }) => {
  const { t } = useTranslation('design')
  const formats = useFormats()
  const used = candidates(columns, outcomeColumns(draft)).filter(
    ({ concept }) => !draft.excluded.includes(concept.name),
  )
  const terms = used.reduce((sum, column) => sum + termsOf(column), 0)
  const events = eventsOf(draft, columns, rows)
  const { ratio, verdict } = perTerm(events, terms)
  const colours = { pass: 'moss', caution: 'amber', fail: 'brick', unknown: 'gray' } as const
  return (
    <div>
      <Group justify="space-between" gap="xs">
        <Text size="sm" fw={600}>
          {t('enough.title')}
        </Text>
        <Badge color={colours[verdict]} tt="none">
          {t(`enough.${verdict}`)}
        </Badge>
      </Group>
      <Text size="sm">
        {ratio === null
          ? t('enough.unknownHelp')
          : t(`enough.text.${draft.task}`, {
              events: formats.integer(events),
              terms: formats.integer(terms),
              ratio: formats.number(ratio, 1),
            })}
      </Text>
      {(verdict === 'fail' || verdict === 'caution') && (
        <Text size="xs" c="dimmed" mt={2}>
          {t(`enough.${verdict}Help`)}
        </Text>
      )}
    </div>
  )
}
