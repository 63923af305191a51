import { Alert, Button, Code, Group, List, Stack, Text } from '@mantine/core'
import { IconAlertTriangle, IconBan, IconLock, IconRefresh } from '@tabler/icons-react'
import { useEffect, useRef } from 'react'
import { useLanguage, useTranslation } from '../language/index.ts'
import { failureOf, faultTextOf, incidentOf, sentenceOf } from './failure.ts'

const maxIssues = 8

/** The sentence of a failure in the language of the app. */
export const useSentence = (): ((error: unknown) => string) => {
  const { t } = useTranslation()
  const language = useLanguage()
  return (error) => sentenceOf(failureOf(error), t, language)
}

/**
 * Says what went wrong, where and what to do; with the faults of an input, the id of an incident, and a way to try
 * again.
 */
export const FailureAlert = ({
  error,
  title,
  onRetry,
  focus = false,
}: {
  error: unknown
  title?: string
  onRetry?: () => void
  /** Takes the keyboard focus when it appears, for failures that answer something the user just did. */
  focus?: boolean
}) => {
  const { t } = useTranslation('errors')
  const language = useLanguage()
  const sentence = useSentence()
  const box = useRef<HTMLDivElement>(null)
  const failure = failureOf(error)
  const incident = incidentOf(failure)
  const issues = failure.issues ?? []
  const said = sentence(failure)
  useEffect(() => {
    if (focus) box.current?.focus()
  }, [focus])
  if (failure.code === 'cancelled') return null
  return (
    <Alert
      ref={box}
      tabIndex={focus ? -1 : undefined}
      role="alert"
      color={failure.code === 'incident' || failure.code === 'storageFailed' ? 'brick' : 'amber'}
      icon={
        failure.code === 'notAllowed' ? <IconBan /> : failure.code === 'locked' ? <IconLock /> : <IconAlertTriangle />
      }
      title={title}
    >
      <Stack gap="xs">
        <Text size="sm">{said}</Text>
        {issues.length > 0 && (
          <List size="sm" spacing={2}>
            {issues.slice(0, maxIssues).map((issue) => (
              <List.Item key={`${issue.path} ${issue.reason}`}>
                {issue.path && <Code>{issue.path}</Code>} {faultTextOf(issue, t, language)}
              </List.Item>
            ))}
            {issues.length > maxIssues && (
              <List.Item>{t('moreIssues', { count: issues.length - maxIssues })}</List.Item>
            )}
          </List>
        )}
        {incident && (
          <Text size="xs" c="dimmed">
            {t('incident')} <Code>{incident}</Code>
          </Text>
        )}
        {onRetry && (
          <Group>
            <Button variant="default" size="xs" leftSection={<IconRefresh size={14} />} onClick={onRetry}>
              {t('retry')}
            </Button>
          </Group>
        )}
      </Stack>
    </Alert>
  )
}
