import { Badge, Stack, Text } from '@mantine/core'
import { IconChevronRight } from '@tabler/icons-react'
import { type ReactNode, useState } from 'react'
import classes from './Fold.module.css'

/** A part of the form that few need: closed until it is opened or has a fault, and says how much is asked for in it. */
export const Fold = ({
  title,
  asked,
  fault,
  children,
}: {
  title: string
  /** What is asked for inside, in a few words; empty: nothing. */
  asked?: string
  fault?: string | undefined
  children: ReactNode
}) => {
  const [open, setOpen] = useState(false)
  return (
    <details
      className={classes.fold}
      open={open || fault !== undefined}
      onToggle={(event) => setOpen(event.currentTarget.open)}
    >
      <summary>
        <IconChevronRight size={15} aria-hidden className={classes.foldMark} />
        {title}
        {asked && (
          <Badge size="sm" color="petrol">
            {asked}
          </Badge>
        )}
      </summary>
      <Stack gap="sm" pt="xs" pb={4}>
        {children}
        {fault && (
          <Text size="xs" c="var(--mantine-color-error)" role="alert">
            {fault}
          </Text>
        )}
      </Stack>
    </details>
  )
}
