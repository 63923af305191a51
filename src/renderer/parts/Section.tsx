import { Paper, Stack, Title } from '@mantine/core'
import { type ReactNode, useId } from 'react'

/** A titled part of a form. */
export const Section = ({ title, children }: { title: string; children: ReactNode }) => {
  const heading = useId()
  return (
    <Paper p="md" component="section" aria-labelledby={heading}>
      <Stack gap="sm">
        <Title order={2} id={heading}>
          {title}
        </Title>
        {children}
      </Stack>
    </Paper>
  )
}
