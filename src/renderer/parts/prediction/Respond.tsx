import { Alert, Anchor, Button, Group, Modal, Paper, Radio, Stack, Text, Textarea, Title } from '@mantine/core'
import { useHotkeys } from '@mantine/hooks'
import { IconCheck, IconClock, IconX } from '@tabler/icons-react'
import { useMutation, useQuery } from '@tanstack/react-query'
import { type FormEvent, useId, useState } from 'react'
import { overrideReasons } from '../../../contract/predictions.ts'
import { orpc, queryClient } from '../../api.ts'
import { FailureAlert } from '../../errors/FailureAlert.tsx'
import { useFormats, useTranslation } from '../../language/index.ts'

type Answer = 'accepted' | 'overridden' | 'deferred'
type Reason = (typeof overrideReasons)[number]

interface Answered {
  outcome: Answer
  reason: Reason | null
  comment: string | null
  at: string
}

/** The answer of this window, kept while the prediction stays on screen or in memory. */
const answeredKey = (prediction: string) => ['answered', prediction]

const looks = {
  accepted: { icon: IconCheck, colour: 'moss', action: 'accept', confirm: 'confirmAccept', help: 'acceptHelp' },
  overridden: { icon: IconX, colour: 'brick', action: 'override', confirm: 'confirmOverride', help: 'overrideHelp' },
  deferred: { icon: IconClock, colour: 'gray', action: 'defer', confirm: 'confirmDefer', help: 'deferHelp' },
} as const
const answers = ['accepted', 'overridden', 'deferred'] as const

/** The doctor's answer: accept, override with a coded reason, or defer; each asked once more and recorded. */
export const Respond = ({ prediction, patient, summary }: { prediction: string; patient: number; summary: string }) => {
  const { t } = useTranslation('prediction')
  const formats = useFormats()
  const heading = useId()
  const [asking, setAsking] = useState<Answer | null>(null)
  const [again, setAgain] = useState(false)
  const { data: answered } = useQuery<Answered | null>({
    queryKey: answeredKey(prediction),
    queryFn: () => null,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: Number.POSITIVE_INFINITY,
  })
  const open = !answered || again
  const ask = (answer: Answer) => () => open && asking === null && setAsking(answer)
  useHotkeys(
    answers.map((answer, index) => [`alt+Digit${index + 1}`, ask(answer), { usePhysicalKeys: true }]),
    ['INPUT', 'TEXTAREA', 'SELECT'],
  )
  return (
    <Paper p="md" component="section" aria-labelledby={heading}>
      <Stack gap="sm">
        <Title order={2} id={heading}>
          {t('respond.title')}
        </Title>
        {answered && !again ? (
          <Given answered={answered} at={formats.dateTime(answered.at)} onAgain={() => setAgain(true)} />
        ) : (
          <>
            <Text size="sm" c="dimmed">
              {t('respond.help')}
            </Text>
            <Group gap="xs" grow preventGrowOverflow={false}>
              {answers.map((answer, index) => {
                const { icon: Icon, colour, action } = looks[answer]
                return (
                  <Button
                    key={answer}
                    color={colour}
                    variant="light"
                    leftSection={<Icon size={16} />}
                    aria-keyshortcuts={`Alt+${index + 1}`}
                    onClick={ask(answer)}
                  >
                    {t(`respond.${action}`)}
                  </Button>
                )
              })}
            </Group>
            <Text size="xs" c="dimmed">
              {t('respond.keys')}
            </Text>
          </>
        )}
      </Stack>
      {asking && (
        <Confirm
          answer={asking}
          prediction={prediction}
          patient={patient}
          summary={summary}
          onClose={() => setAsking(null)}
          onRecorded={() => {
            setAsking(null)
            setAgain(false)
          }}
        />
      )}
    </Paper>
  )
}

const Given = ({ answered, at, onAgain }: { answered: Answered; at: string; onAgain: () => void }) => {
  const { t } = useTranslation('prediction')
  const { icon: Icon, colour } = looks[answered.outcome]
  return (
    <Alert color={colour} icon={<Icon />} role="status" title={t(`respond.answered.${answered.outcome}`)}>
      <Stack gap={4}>
        {answered.reason && <Text size="sm">{t(`respond.reasons.${answered.reason}`)}</Text>}
        {answered.comment && (
          <Text size="sm" fs="italic">
            “{answered.comment}”
          </Text>
        )}
        <Text size="xs" c="dimmed">
          {t('respond.answeredAt', { at })}{' '}
          <Anchor component="button" type="button" size="xs" onClick={onAgain}>
            {t('respond.change')}
          </Anchor>
        </Text>
      </Stack>
    </Alert>
  )
}

const Confirm = ({
  answer,
  prediction,
  patient,
  summary,
  onClose,
  onRecorded,
}: {
  answer: Answer
  prediction: string
  patient: number
  summary: string
  onClose: () => void
  onRecorded: () => void
}) => {
  const { t } = useTranslation('prediction')
  const [reason, setReason] = useState<Reason | null>(null)
  const [comment, setComment] = useState('')
  const [checked, setChecked] = useState(false)
  const respond = useMutation(orpc.predictions.respond.mutationOptions())
  const { colour, action, confirm, help } = looks[answer]
  const overriding = answer === 'overridden'
  const noReason = overriding && reason === null
  const noComment = overriding && reason === 'other' && comment.trim() === ''
  const submit = (event: FormEvent) => {
    event.preventDefault()
    setChecked(true)
    if (noReason || noComment || respond.isPending) return
    const given = { outcome: answer, reason: overriding ? reason : null, comment: comment.trim() || null }
    respond.mutate(
      { prediction, ...given },
      {
        onSuccess: () => {
          const answered: Answered = { ...given, at: new Date().toISOString() }
          queryClient.setQueryData(answeredKey(prediction), answered)
          void queryClient.invalidateQueries({
            queryKey: orpc.predictions.history.key({ input: { patient } }),
          })
          onRecorded()
        },
      },
    )
  }
  return (
    <Modal
      opened
      onClose={onClose}
      closeButtonProps={{ 'aria-label': t('shell:close') }}
      title={<Text fw={640}>{t(`respond.${confirm}`)}</Text>}
    >
      <form onSubmit={submit} noValidate>
        <Stack gap="sm">
          <Text size="sm" fw={500}>
            {summary}
          </Text>
          <Text size="sm" c="dimmed">
            {t(`respond.${help}`)}
          </Text>
          {overriding && (
            <Radio.Group
              label={t('respond.reason')}
              required
              value={reason}
              onChange={(value) => setReason(value as Reason)}
              error={checked && noReason ? t('respond.reasonMissing') : undefined}
            >
              <Stack gap={6} mt={6} mb={4}>
                {overrideReasons.map((one, index) => (
                  <Radio
                    key={one}
                    value={one}
                    label={t(`respond.reasons.${one}`)}
                    {...(index === 0 ? { 'data-autofocus': true } : {})}
                  />
                ))}
              </Stack>
            </Radio.Group>
          )}
          <Textarea
            label={reason === 'other' ? t('respond.comment') : t('respond.commentOptional')}
            autosize
            minRows={2}
            maxRows={8}
            maxLength={2000}
            value={comment}
            onChange={(event) => setComment(event.currentTarget.value)}
            error={checked && noComment ? t('respond.commentMissing') : undefined}
          />
          {respond.isError && <FailureAlert error={respond.error} focus />}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              {t('shell:cancel')}
            </Button>
            <Button
              type="submit"
              color={colour}
              loading={respond.isPending}
              {...(overriding ? {} : { 'data-autofocus': true })}
            >
              {t('respond.record')}: {t(`respond.${action}`)}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
