import { Button, Code, Group, Stack, Text } from '@mantine/core'
import { IconCheck, IconCopy } from '@tabler/icons-react'
import { useEffect, useState } from 'react'
import { useTranslation } from '../language/index.ts'
import classes from './JsonBlock.module.css'
import { copyText } from './save.ts'

/** A JSON document to read and copy. */
export const JsonBlock = ({ title, value }: { title: string; value: unknown }) => {
  const { t } = useTranslation('models')
  const [copied, setCopied] = useState(false)
  const text = JSON.stringify(value, null, 2)
  useEffect(() => {
    if (!copied) return
    const timer = setTimeout(() => setCopied(false), 2000)
    return () => clearTimeout(timer)
  }, [copied])
  return (
    <Stack gap={6}>
      <Group justify="space-between">
        <Text size="sm" fw={600}>
          {title}
        </Text>
        <Button
          size="compact-xs"
          variant="default"
          leftSection={copied ? <IconCheck size={13} /> : <IconCopy size={13} />}
          onClick={async () => setCopied(await copyText(text))}
        >
          {copied ? t('json.copied') : t('json.copy')}
        </Button>
      </Group>
      <Code block className={classes.json} tabIndex={0} role="region" aria-label={title}>
        {text}
      </Code>
    </Stack>
  )
}
