import { Button, Group, Modal, Text } from '@mantine/core'
import { useTranslation } from '../language/index.ts'
import { Restore } from '../parts/backup/Restore.tsx'

/** A backup restored to a folder beside the vault that is open, which stays as it is. */
export const RestoreElsewhere = ({ path, onClose }: { path: string; onClose: () => void }) => {
  const { t } = useTranslation('backups')
  return (
    <Modal
      opened
      onClose={onClose}
      size="lg"
      closeOnClickOutside={false}
      closeButtonProps={{ 'aria-label': t('shell:close') }}
      title={<Text fw={640}>{t('restore.title')}</Text>}
    >
      <Text size="sm" mb="sm">
        {t('restore.elsewhere')}
      </Text>
      <Restore
        from={path}
        elsewhere
        onBack={onClose}
        after={
          <>
            <Text size="sm">{t('restored.thenElsewhere')}</Text>
            <Group justify="flex-end">
              <Button onClick={onClose} data-autofocus>
                {t('shell:close')}
              </Button>
            </Group>
          </>
        }
      />
    </Modal>
  )
}
