import { Button, Group, Modal, Stack, Text } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import type { Batch } from '../../contract/intake.ts'
import { orpc, queryClient } from '../api.ts'
import { FailureAlert } from '../errors/FailureAlert.tsx'
import { useFormats, useTranslation } from '../language/index.ts'

/** Asks before a batch is taken back. */
export const UndoBatch = ({ batch, onClose }: { batch: Batch | null; onClose: () => void }) => {
  const { t } = useTranslation('intake')
  const formats = useFormats()
  // The dialog keeps its text while it closes.
  const [shown, setShown] = useState(batch)
  useEffect(() => {
    if (batch) setShown(batch)
  }, [batch])
  const undo = useMutation(
    orpc.intake.undo.mutationOptions({
      onSuccess: (undone) => {
        void queryClient.invalidateQueries({ queryKey: orpc.intake.batches.key() })
        void queryClient.invalidateQueries({ queryKey: orpc.patients.key() })
        void queryClient.invalidateQueries({ queryKey: orpc.studies.key() })
        notifications.show({
          color: 'moss',
          message: t('undo.done', { file: undone.file }),
          closeButtonProps: { 'aria-label': t('shell:close') },
        })
        close()
      },
    }),
  )
  const close = () => {
    undo.reset()
    onClose()
  }
  return (
    <Modal
      opened={batch !== null}
      onClose={close}
      title={t('undo.title')}
      closeButtonProps={{ 'aria-label': t('shell:close') }}
    >
      {shown && (
        <Stack gap="md">
          <Text size="sm">
            {t('undo.what', {
              file: shown.file,
              study: shown.study,
              count: shown.imported,
              number: formats.integer(shown.imported),
            })}
          </Text>
          {undo.isError && <FailureAlert error={undo.error} focus />}
          <Group justify="flex-end" gap="sm">
            <Button variant="default" onClick={close} data-autofocus>
              {t('shell:cancel')}
            </Button>
            <Button color="brick" loading={undo.isPending} onClick={() => undo.mutate({ batch: shown.batch })}>
              {t('undo.confirm')}
            </Button>
          </Group>
        </Stack>
      )}
    </Modal>
  )
}
