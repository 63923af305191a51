import { Group, Stack, Text, Title } from '@mantine/core'
import { IconClipboardText } from '@tabler/icons-react'
import { type ReactNode, useId } from 'react'
import { useTranslation } from '../../language/index.ts'
import classes from './prediction.module.css'

/** The outcome recorded on the chart, kept visually apart from the prediction. */
export const Recorded = ({ children, action }: { children: ReactNode; action?: ReactNode }) => {
  const { t } = useTranslation('prediction')
  const heading = useId()
  return (
    <section className={classes.recorded} aria-labelledby={heading}>
      <Group justify="space-between" align="flex-start" gap="sm">
        <Group gap="sm" wrap="nowrap" align="flex-start">
          <IconClipboardText size={20} aria-hidden />
          <Stack gap={0}>
            <Title order={3} id={heading}>
              {t('recorded.title')}
            </Title>
            <Text size="sm" fw={600}>
              {children}
            </Text>
            <Text size="xs" c="dimmed">
              {t('recorded.apart')}
            </Text>
          </Stack>
        </Group>
        {action}
      </Group>
    </section>
  )
}
