import { ActionIcon, Button, Stack } from '@mantine/core'
import { IconPlus, IconTrash } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { useTranslation } from '../language/index.ts'
import classes from './Rows.module.css'

/** Class of a field in a row that needs little room. */
export const narrow = classes.rowNarrow

/** A list of small forms of one kind that grows and shrinks. */
export const Rows = <T,>({
  rows,
  onChange,
  fresh,
  add,
  name,
  children,
}: {
  rows: readonly T[]
  onChange: (rows: T[]) => void
  fresh: () => T
  /** What the button says that adds one. */
  add: string
  /** What one is called, with its number: for those who do not see its row. */
  name: (number: number) => string
  children: (row: T, change: (part: Partial<T> | T) => void, name: string) => ReactNode
}) => {
  const { t } = useTranslation('models')
  return (
    <Stack gap="xs">
      {rows.map((row, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a row is its place
        <fieldset key={at} className={classes.row} aria-label={name(at + 1)}>
          {children(
            row,
            (part) =>
              onChange(
                rows.map((each, index) =>
                  index !== at ? each : Array.isArray(part) ? (part as T) : { ...each, ...(part as Partial<T>) },
                ),
              ),
            name(at + 1),
          )}
          <ActionIcon
            className={classes.rowRemove}
            aria-label={t('design:train.removeNamed', { what: name(at + 1) })}
            onClick={() => onChange(rows.filter((_, index) => index !== at))}
          >
            <IconTrash size={16} />
          </ActionIcon>
        </fieldset>
      ))}
      <div>
        <Button
          size="compact-sm"
          variant="default"
          leftSection={<IconPlus size={14} />}
          onClick={() => onChange([...rows, fresh()])}
        >
          {add}
        </Button>
      </div>
    </Stack>
  )
}
