import { Alert, Button, Code, Group, Stack, Text } from '@mantine/core'
import { IconBug, IconRefresh } from '@tabler/icons-react'
import { Component, type ErrorInfo, type ReactNode } from 'react'
import { useTranslation } from '../language/index.ts'
import { FailureAlert } from './FailureAlert.tsx'
import { failureOf } from './failure.ts'

interface Props {
  children: ReactNode
  /** The boundary starts afresh when this changes, e.g. the address of the view. */
  resetKey: string
}

/** Keeps a fault in one view from taking the others, and the navigation, with it. */
export class ViewBoundary extends Component<Props, { error: unknown; resetKey: string }> {
  override state = { error: null as unknown, resetKey: this.props.resetKey }

  static getDerivedStateFromError(error: unknown) {
    return { error }
  }

  static getDerivedStateFromProps(props: Props, state: { error: unknown; resetKey: string }) {
    return props.resetKey === state.resetKey ? null : { error: null, resetKey: props.resetKey }
  }

  override componentDidCatch(error: Error, info: ErrorInfo) {
    console.error('A view failed', error, info.componentStack)
  }

  override render() {
    if (this.state.error === null) return this.props.children
    return <Broken error={this.state.error} onRetry={() => this.setState({ error: null })} />
  }
}

const Broken = ({ error, onRetry }: { error: unknown; onRetry: () => void }) => {
  const { t } = useTranslation('errors')
  const failure = failureOf(error)
  if (failure.reason !== 'unexpected') return <FailureAlert error={error} onRetry={onRetry} />
  return (
    <Alert color="brick" role="alert" icon={<IconBug />} title={t('viewFailed')}>
      <Stack gap="xs">
        <Text size="sm">{t('viewFailedHelp')}</Text>
        {error instanceof Error && <Code block>{`${error.name}: ${error.message}`.slice(0, 400)}</Code>}
        <Group gap="xs">
          <Button size="xs" variant="default" leftSection={<IconRefresh size={14} />} onClick={onRetry}>
            {t('retry')}
          </Button>
          <Button size="xs" variant="subtle" onClick={() => window.location.reload()}>
            {t('reload')}
          </Button>
        </Group>
      </Stack>
    </Alert>
  )
}
