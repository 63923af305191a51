import { Button, Group, Modal, Stack, Text } from '@mantine/core'
import type { FormEvent, ReactNode } from 'react'
import { FailureAlert } from '../errors/FailureAlert.tsx'
import { useTranslation } from '../language/index.ts'

/** A form in front of the settings, with the failure of what it asked for. */
export const Dialog = ({
  title,
  submit,
  pending,
  error,
  danger = false,
  onSubmit,
  onClose,
  children,
}: {
  title: string
  /** What its button says. */
  submit: string
  pending: boolean
  error: unknown
  danger?: boolean
  onSubmit: (form: HTMLFormElement) => void
  onClose: () => void
  children: ReactNode
}) => {
  const { t } = useTranslation('settings')
  return (
    <Modal
      opened
      onClose={onClose}
      closeOnClickOutside={!pending}
      closeButtonProps={{ 'aria-label': t('shell:close') }}
      title={<Text fw={640}>{title}</Text>}
    >
      <form
        noValidate
        onSubmit={(event: FormEvent<HTMLFormElement>) => {
          event.preventDefault()
          if (!pending) onSubmit(event.currentTarget)
        }}
      >
        <Stack gap="sm">
          {children}
          {error ? <FailureAlert error={error} focus /> : null}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose} disabled={pending}>
              {t('shell:cancel')}
            </Button>
            <Button type="submit" loading={pending} {...(danger ? { color: 'brick' } : {})}>
              {submit}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
