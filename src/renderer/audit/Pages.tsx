import { Button, Group } from '@mantine/core'
import { IconChevronLeft, IconChevronRight } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { useTranslation } from '../language/index.ts'

/** Newer and older pages of a list that grows at its front. */
export const Pages = ({
  label,
  onNewer,
  onOlder,
  small = false,
  children,
}: {
  label: string
  /** Null: there are none. */
  onNewer: (() => void) | null
  onOlder: (() => void) | null
  small?: boolean
  /** Between the two. */
  children?: ReactNode
}) => {
  const { t } = useTranslation('audit')
  const size = small ? ({ button: 'compact-sm', icon: 14 } as const) : ({ button: 'sm', icon: 15 } as const)
  return (
    <Group justify="center" gap="sm" mt={small ? 'sm' : undefined} component="nav" aria-label={label}>
      <Button
        size={size.button}
        variant="default"
        disabled={onNewer === null}
        leftSection={<IconChevronLeft size={size.icon} />}
        onClick={() => onNewer?.()}
      >
        {t('newer')}
      </Button>
      {children}
      <Button
        size={size.button}
        variant="default"
        disabled={onOlder === null}
        rightSection={<IconChevronRight size={size.icon} />}
        onClick={() => onOlder?.()}
      >
        {t('older')}
      </Button>
    </Group>
  )
}
