import { Chip, Group, type MantineSize, Text } from '@mantine/core'
import type { ReactNode } from 'react'
import { useFormats } from '../language/index.ts'
import { useColumnWords } from './columnWords.ts'
import type { Summary } from './suggest.ts'

/** The values of a column to choose from, each with its cases. */
export const ValueChips = ({
  column,
  without = [],
  size,
  chosen,
  onChange,
}: {
  column: Summary
  size?: MantineSize
  /** Values that are not offered. */
  without?: readonly string[]
  chosen: string[]
  onChange: (chosen: string[]) => void
}) => (
  <Chip.Group multiple value={chosen} onChange={onChange}>
    <Group gap={6}>
      <Chips column={column} without={without} {...(size ? { size } : {})} />
    </Group>
  </Chip.Group>
)

/** The chips alone, for a group of one's own. */
export const Chips = ({
  column,
  without = [],
  size = 'sm',
}: {
  column: Summary
  without?: readonly string[]
  size?: MantineSize
}) => {
  const formats = useFormats()
  const { named } = useColumnWords()
  return (column.counts ?? [])
    .filter(({ value }) => !without.includes(value))
    .map(({ value, count }) => (
      <Chip key={value} value={value} size={size}>
        {named(column.concept, value)} ({formats.integer(count)})
      </Chip>
    ))
}

/** What is asked for by chips, with what it means and what is wrong with it. */
export const Asked = ({
  title,
  help,
  note,
  fault,
  children,
}: {
  title: string
  help?: string
  note?: string | undefined
  fault?: string | undefined
  children: ReactNode
}) => (
  <div>
    <Text size="sm" fw={500} mb={help ? undefined : 4}>
      {title}
    </Text>
    {help && (
      <Text size="xs" c="dimmed" mb={4}>
        {help}
      </Text>
    )}
    {children}
    {fault && (
      <Text size="xs" c="var(--mantine-color-error)" mt={4} role="alert">
        {fault}
      </Text>
    )}
    {note && (
      <Text size="xs" c="var(--warn)" mt={4} role="status">
        {note}
      </Text>
    )}
  </div>
)
