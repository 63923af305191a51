import { Button, Code, Group, Paper, Stack, Text, Title } from '@mantine/core'
import { IconCheck, IconCopy, IconDownload } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { orpc } from '../api.ts'
import { FailureAlert } from '../errors/FailureAlert.tsx'
import { useFormats, useTranslation } from '../language/index.ts'
import { copyText, saveFile } from '../parts/save.ts'
import { Waiting } from '../parts/View.tsx'
import classes from './audit.module.css'

/** The public part of the key that signs checkpoints, backups and reports: what a stranger verifies them with. */
export const SigningKey = () => {
  const { t } = useTranslation('audit')
  const formats = useFormats()
  const key = useQuery(orpc.audit.key.queryOptions())
  return (
    <Paper p="md">
      <Title order={2} size="h3">
        {t('key.title')}
      </Title>
      <Text size="sm" c="dimmed" mb="sm">
        {t('key.help')}
      </Text>
      {key.isPending && <Waiting rows={4} />}
      {key.isError && <FailureAlert error={key.error} onRetry={() => void key.refetch()} />}
      {key.data && (
        <Stack gap="sm">
          <div>
            <Group justify="space-between" gap="xs">
              <Text size="sm" fw={600}>
                {t('key.fingerprint')}
              </Text>
              <Copy text={key.data.fingerprint} what={t('key.fingerprint')} />
            </Group>
            <div className={classes.hash}>{inGroups(key.data.fingerprint)}</div>
          </div>
          <div>
            <Group justify="space-between" gap="xs" mb={4}>
              <Text size="sm" fw={600}>
                {t('key.public')}
              </Text>
              <Group gap={6}>
                <Copy text={key.data.publicKey} what={t('key.public')} />
                <Button
                  size="compact-xs"
                  variant="default"
                  leftSection={<IconDownload size={13} />}
                  onClick={() =>
                    saveFile(
                      `bedside-key-${key.data.fingerprint.slice(0, 12)}.pem`,
                      [key.data.publicKey],
                      'application/x-pem-file',
                    )
                  }
                >
                  {t('shell:save')}
                </Button>
              </Group>
            </Group>
            <Code block tabIndex={0} role="region" aria-label={t('key.public')}>
              {key.data.publicKey.trimEnd()}
            </Code>
          </div>
          <Text size="xs" c="dimmed">
            {t('key.since', { date: formats.dateTime(key.data.createdAt) })}{' '}
            <Code>openssl pkey -pubin -in key.pem -outform DER | sha256sum</Code>
          </Text>
        </Stack>
      )}
    </Paper>
  )
}

/** In fours, as one reads it out over a telephone. */
const inGroups = (hexadecimal: string): string => hexadecimal.replace(/(.{4})(?=.)/g, '$1 ')

const Copy = ({ text, what }: { text: string; what: string }) => {
  const { t } = useTranslation('audit')
  const [copied, setCopied] = useState(false)
  useEffect(() => {
    if (!copied) return
    const timer = setTimeout(() => setCopied(false), 2000)
    return () => clearTimeout(timer)
  }, [copied])
  return (
    <Button
      size="compact-xs"
      variant="default"
      leftSection={copied ? <IconCheck size={13} /> : <IconCopy size={13} />}
      aria-label={t('key.copyNamed', { what })}
      onClick={async () => setCopied(await copyText(text))}
    >
      {copied ? t('key.copied') : t('key.copy')}
    </Button>
  )
}
