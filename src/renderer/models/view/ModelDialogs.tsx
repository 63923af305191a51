import { Alert, Button, Group, Modal, Stack, Text, Textarea, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { type FormEvent, type ReactNode, useState } from 'react'
import type { ModelDetail } from '../../../contract/models.ts'
import { orpc, queryClient } from '../../api.ts'
import { FailureAlert } from '../../errors/FailureAlert.tsx'
import { useTranslation } from '../../language/index.ts'
import { usePlace } from '../../parts/place.tsx'

const refresh = async () => {
  await Promise.all([
    queryClient.invalidateQueries({ queryKey: orpc.models.key() }),
    queryClient.invalidateQueries({ queryKey: orpc.predictions.models.key() }),
  ])
}

const Dialog = ({
  title,
  onClose,
  onSubmit,
  error,
  submit,
  children,
}: {
  title: string
  onClose: () => void
  onSubmit: () => void
  error: unknown
  submit: ReactNode
  children: ReactNode
}) => {
  const { t } = useTranslation('models')
  return (
    <Modal
      opened
      onClose={onClose}
      closeButtonProps={{ 'aria-label': t('shell:close') }}
      title={<Text fw={640}>{title}</Text>}
    >
      <form
        noValidate
        onSubmit={(event: FormEvent) => {
          event.preventDefault()
          onSubmit()
        }}
      >
        <Stack gap="sm">
          {children}
          {error ? <FailureAlert error={error} focus /> : null}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              {t('shell:cancel')}
            </Button>
            {submit}
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}

/** Names a model and states what it is meant for. */
export const DescribeDialog = ({ model, onClose }: { model: ModelDetail; onClose: () => void }) => {
  const { t } = useTranslation('models')
  const [name, setName] = useState(model.name)
  const [intendedUse, setIntendedUse] = useState(model.intendedUse ?? '')
  const describe = useMutation(
    orpc.models.describe.mutationOptions({
      onSuccess: async () => {
        await refresh()
        onClose()
      },
    }),
  )
  const nameless = name.trim() === ''
  return (
    <Dialog
      title={t('describe.title')}
      onClose={onClose}
      error={describe.error}
      onSubmit={() =>
        !nameless && describe.mutate({ model: model.model, name, intendedUse: intendedUse.trim() || null })
      }
      submit={
        <Button type="submit" loading={describe.isPending} disabled={nameless}>
          {t('shell:save')}
        </Button>
      }
    >
      <TextInput
        label={t('describe.name')}
        required
        data-autofocus
        maxLength={200}
        value={name}
        error={nameless ? t('describe.nameMissing') : undefined}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <Textarea
        label={t('describe.intendedUse')}
        description={t('describe.intendedUseHelp')}
        autosize
        minRows={3}
        maxRows={10}
        maxLength={2000}
        value={intendedUse}
        onChange={(event) => setIntendedUse(event.currentTarget.value)}
      />
    </Dialog>
  )
}

/** Approves a model for use, or takes the approval back. */
export const ApproveDialog = ({ model, onClose }: { model: ModelDetail; onClose: () => void }) => {
  const { t } = useTranslation('models')
  const approving = model.approvedBy === null
  const describe = useMutation(
    orpc.models.describe.mutationOptions({
      onSuccess: async () => {
        await refresh()
        onClose()
      },
    }),
  )
  return (
    <Dialog
      title={t(approving ? 'approve.title' : 'approve.withdrawTitle', { name: model.name })}
      onClose={onClose}
      error={describe.error}
      onSubmit={() => describe.mutate({ model: model.model, approve: approving })}
      submit={
        <Button type="submit" color={approving ? 'moss' : 'amber'} loading={describe.isPending} data-autofocus>
          {t(approving ? 'model.approve' : 'model.withdraw')}
        </Button>
      }
    >
      <Text size="sm">{t(approving ? 'approve.help' : 'approve.withdrawHelp')}</Text>
      {approving && !model.intendedUse && <Alert color="amber">{t('approve.noIntendedUse')}</Alert>}
      {approving && model.comparator && !model.comparator.beats && (
        <Alert color="amber">{t('approve.doesNotBeat')}</Alert>
      )}
      {approving && model.assessedOn === 'apparent' && <Alert color="amber">{t('approve.apparent')}</Alert>}
    </Dialog>
  )
}

/** Removes a model after its name was typed. */
export const RemoveDialog = ({ model, onClose }: { model: ModelDetail; onClose: () => void }) => {
  const { t } = useTranslation('models')
  const place = usePlace()
  const [typed, setTyped] = useState('')
  const remove = useMutation(
    orpc.models.remove.mutationOptions({
      onSuccess: () => {
        place.models()
        queryClient.removeQueries({ queryKey: orpc.models.get.key({ input: { model: model.model } }) })
        void refresh()
      },
    }),
  )
  const right = typed.trim() === model.name.trim()
  return (
    <Dialog
      title={t('remove.title', { name: model.name })}
      onClose={onClose}
      error={remove.error}
      onSubmit={() => right && remove.mutate({ model: model.model })}
      submit={
        <Button type="submit" color="brick" loading={remove.isPending} disabled={!right}>
          {t('model.remove')}
        </Button>
      }
    >
      <Text size="sm">{t('remove.help')}</Text>
      <TextInput
        label={t('remove.type', { name: model.name })}
        data-autofocus
        value={typed}
        onChange={(event) => setTyped(event.currentTarget.value)}
      />
    </Dialog>
  )
}
