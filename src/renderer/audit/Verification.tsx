import {
  Alert,
  Anchor,
  Badge,
  Button,
  FileButton,
  Group,
  List,
  Loader,
  Paper,
  Stack,
  Table,
  Text,
  Title,
} from '@mantine/core'
import { IconAlertTriangle, IconFileCheck, IconPlayerStop, IconShieldCheck, IconX } from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { auditFaults, type Finding, type Verdict } from '../../contract/audit.ts'
import { fallbackLanguage } from '../../contract/languages.ts'
import { client, orpc, queryClient } from '../api.ts'
import { FailureAlert } from '../errors/FailureAlert.tsx'
import { useFormats, useLanguage, useTranslation } from '../language/index.ts'
import { usePlace } from '../parts/place.tsx'
import classes from './audit.module.css'
import { type Kept, keptIn } from './kept.ts'

/** Reads the whole log, holds it against every checkpoint there is and against one that was kept elsewhere. */
export const Verification = () => {
  const { t } = useTranslation('audit')
  const [kept, setKept] = useState<Kept | null>(null)
  const running = useRef<AbortController | null>(null)
  const verify = useMutation({
    mutationFn: () => {
      running.current = new AbortController()
      const against = kept && 'checkpoints' in kept ? kept.checkpoints : []
      return client.audit.verify({ against }, { signal: running.current.signal })
    },
    // What was found is an alarm, and an entry.
    onSettled: () => queryClient.invalidateQueries({ queryKey: orpc.audit.key() }),
  })
  useEffect(() => () => running.current?.abort(), [])
  const take = async (file: File | null) => {
    if (!file) return
    verify.reset()
    setKept(keptIn(file.name, await file.text()))
  }
  return (
    <Paper p="md">
      <Group justify="space-between" align="flex-start" gap="sm">
        <div style={{ flex: '1 1 320px' }}>
          <Title order={2} size="h3">
            {t('verify.title')}
          </Title>
          <Text size="sm" c="dimmed">
            {t('verify.help')}
          </Text>
        </div>
        <Group gap="xs">
          <FileButton onChange={(file) => void take(file)} accept=".json,.jsonl,application/json">
            {(props) => (
              <Button
                {...props}
                variant="default"
                leftSection={<IconFileCheck size={16} />}
                disabled={verify.isPending}
              >
                {t('verify.choose')}
              </Button>
            )}
          </FileButton>
          {verify.isPending ? (
            <Button
              variant="default"
              leftSection={<IconPlayerStop size={15} />}
              onClick={() => running.current?.abort()}
            >
              {t('shell:cancel')}
            </Button>
          ) : (
            <Button
              leftSection={<IconShieldCheck size={16} />}
              disabled={kept !== null && 'line' in kept}
              onClick={() => verify.mutate()}
            >
              {t('verify.do')}
            </Button>
          )}
        </Group>
      </Group>
      <Stack gap="sm" mt="sm">
        {kept && <KeptFile kept={kept} onRemove={() => setKept(null)} disabled={verify.isPending} />}
        {verify.isPending && (
          <Group gap="xs" role="status">
            <Loader size={18} />
            <Text size="sm">{t('verify.running')}</Text>
          </Group>
        )}
        {verify.isError && <FailureAlert error={verify.error} onRetry={() => verify.mutate()} focus />}
        {verify.data && <VerdictShown verdict={verify.data} />}
        <details>
          <Text component="summary" size="sm" c="var(--accent)" style={{ cursor: 'pointer', width: 'fit-content' }}>
            {t('verify.finds')}
          </Text>
          <dl className={classes.all}>
            {auditFaults.map((fault) => (
              <div key={fault} style={{ display: 'contents' }}>
                <dt>{t(`faults.${fault}.name`)}</dt>
                <dd>{t(`faults.${fault}.means`)}</dd>
              </div>
            ))}
          </dl>
          <Text size="sm" c="dimmed" mt="xs">
            {t('verify.cannot')}
          </Text>
        </details>
      </Stack>
    </Paper>
  )
}

const KeptFile = ({ kept, onRemove, disabled }: { kept: Kept; onRemove: () => void; disabled: boolean }) => {
  const { t } = useTranslation('audit')
  const formats = useFormats()
  if ('line' in kept)
    return (
      <Alert
        color="amber"
        icon={<IconAlertTriangle />}
        role="alert"
        withCloseButton
        onClose={onRemove}
        closeButtonLabel={t('verify.remove')}
      >
        {kept.line === 0
          ? t('verify.notOne', { file: kept.file })
          : t('verify.lineNotOne', { file: kept.file, line: formats.integer(kept.line) })}
      </Alert>
    )
  const newest = kept.checkpoints.reduce((last, each) => (each.number > last.number ? each : last))
  return (
    <Group gap="xs">
      <Text size="sm">
        {t('verify.against', {
          count: kept.checkpoints.length,
          total: formats.integer(kept.checkpoints.length),
          file: kept.file,
          number: formats.integer(newest.number),
          date: formats.moment(newest.at),
        })}
      </Text>
      <Button
        size="compact-xs"
        variant="default"
        leftSection={<IconX size={12} />}
        onClick={onRemove}
        disabled={disabled}
      >
        {t('verify.remove')}
      </Button>
    </Group>
  )
}

const VerdictShown = ({ verdict }: { verdict: Verdict }) => {
  const { t } = useTranslation('audit')
  const formats = useFormats()
  const box = useRef<HTMLDivElement>(null)
  useEffect(() => box.current?.focus(), [])
  const { intact, count, checkpoints, findings, found, key, seconds } = verdict
  const read = t('verify.read', {
    count,
    number: formats.integer(count),
    inside: formats.integer(checkpoints.inside),
    outside: formats.integer(checkpoints.outside),
    against: formats.integer(checkpoints.against),
    time: formats.duration(Math.max(1, Math.round(seconds))),
  })
  return (
    <Stack gap="sm">
      <Alert
        ref={box}
        tabIndex={-1}
        role={intact ? 'status' : 'alert'}
        color={intact ? 'moss' : 'brick'}
        icon={intact ? <IconShieldCheck /> : <IconAlertTriangle />}
        title={intact ? t('verify.intact') : t('verify.notIntact', { count: found, number: formats.integer(found) })}
      >
        <Text size="sm">{read}</Text>
        <Text size="xs" c="dimmed" mt={4}>
          {t('verify.key')} <span className={classes.hash}>{key}</span>
        </Text>
        {!intact && (
          <List size="sm" mt="xs">
            <List.Item>{t('verify.then.keep')}</List.Item>
            <List.Item>{t('verify.then.compare')}</List.Item>
            <List.Item>{t('verify.then.tell')}</List.Item>
          </List>
        )}
      </Alert>
      {findings.length > 0 && <Findings findings={findings} found={found} />}
    </Stack>
  )
}

const Findings = ({ findings, found }: { findings: Finding[]; found: number }) => {
  const { t } = useTranslation('audit')
  const language = useLanguage()
  const formats = useFormats()
  const place = usePlace()
  return (
    <>
      <Table.ScrollContainer
        minWidth={640}
        scrollAreaProps={{ viewportProps: { tabIndex: 0, 'aria-label': t('verify.findings'), role: 'region' } }}
      >
        <Table fz="sm">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t('verify.fault')}</Table.Th>
              <Table.Th>{t('verify.entries')}</Table.Th>
              <Table.Th>{t('verify.checkpoint')}</Table.Th>
              <Table.Th>{t('verify.means')}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {findings.map(({ fault, from, to, checkpoint, message }) => (
              <Table.Tr key={`${fault} ${from} ${to} ${checkpoint}`} style={{ verticalAlign: 'top' }}>
                <Table.Td>
                  <Badge color="brick" miw="max-content">
                    {t(`faults.${fault}.name`)}
                  </Badge>
                </Table.Td>
                <Table.Td className="tabular" style={{ whiteSpace: 'nowrap' }}>
                  {from === null ? (
                    formats.integer(null)
                  ) : (
                    <Anchor
                      component="button"
                      type="button"
                      size="sm"
                      title={t('verify.show')}
                      onClick={() => place.audit({ before: (to ?? from) + 3 })}
                    >
                      {to === null || to === from
                        ? formats.integer(from)
                        : `${formats.integer(from)} – ${formats.integer(to)}`}
                    </Anchor>
                  )}
                </Table.Td>
                <Table.Td className="tabular">{formats.integer(checkpoint)}</Table.Td>
                <Table.Td>
                  {t(`faults.${fault}.means`)}
                  {language === fallbackLanguage && (
                    <Text size="xs" c="dimmed">
                      {message}
                    </Text>
                  )}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      {found > findings.length && (
        <Text size="sm" c="dimmed">
          {t('verify.more', { count: found - findings.length, number: formats.integer(found - findings.length) })}
        </Text>
      )}
    </>
  )
}
