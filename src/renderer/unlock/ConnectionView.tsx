import { Button, List, Text } from '@mantine/core'
import { IconRefresh } from '@tabler/icons-react'
import { useTranslation } from '../language/index.ts'
import { Entry } from './Entry.tsx'

/** The core is away, or does not know this browser. */
export const ConnectionView = ({ state, onRetry }: { state: 'lost' | 'refused'; onRetry: () => void }) => {
  const { t } = useTranslation('unlock')
  return (
    <Entry title={t(`connection.${state}.title`)} intro={<span role="alert">{t(`connection.${state}.what`)}</span>}>
      <List size="sm" spacing="xs" mb="lg">
        <List.Item>{t(`connection.${state}.first`)}</List.Item>
        <List.Item>{t(`connection.${state}.second`)}</List.Item>
      </List>
      <Button size="md" fullWidth autoFocus leftSection={<IconRefresh size={18} />} onClick={onRetry}>
        {t('errors:retry')}
      </Button>
      <Text size="xs" c="dimmed" mt="md">
        {t('connection.safe')}
      </Text>
    </Entry>
  )
}
