import { Button, Group, Loader, Menu, Text } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { IconChevronDown, IconFileDownload, IconPlayerStop } from '@tabler/icons-react'
import { useEffect, useRef, useState } from 'react'
import { client, orpc, queryClient } from '../api.ts'
import { FailureAlert } from '../errors/FailureAlert.tsx'
import { useFormats, useTranslation } from '../language/index.ts'
import { type AuditSearch, filterOf, isFiltered } from '../parts/auditSearch.ts'
import { gather, saveFile, stamp } from '../parts/save.ts'

const types = { csv: 'text/csv', jsonl: 'application/jsonl' } as const
type Format = keyof typeof types

/** The entries that fit, as a file with their hashes; oldest first, however long the log is. */
export const ExportLog = ({ search, count }: { search: AuditSearch; count: number | null }) => {
  const { t } = useTranslation('audit')
  const formats = useFormats()
  const [bytes, setBytes] = useState<number | null>(null)
  const [error, setError] = useState<unknown>(null)
  const running = useRef<AbortController | null>(null)
  useEffect(() => () => running.current?.abort(), [])

  const save = async (format: Format) => {
    const controller = new AbortController()
    running.current = controller
    const { signal } = controller
    setError(null)
    setBytes(0)
    try {
      const pieces = await client.audit.export({ ...filterOf(search), format }, { signal })
      const whole = await gather(pieces, types[format], setBytes)
      if (signal.aborted) return
      const name = `bedside-audit-${isFiltered(search) ? 'part-' : ''}${stamp()}.${format}`
      saveFile(name, [whole], types[format])
      notifications.show({
        color: 'moss',
        message: t('export.saved', { name, size: formats.bytes(whole.size) }),
        closeButtonProps: { 'aria-label': t('shell:close') },
      })
      // The export is an entry of its own, and a checkpoint was signed for it.
      void queryClient.invalidateQueries({ queryKey: orpc.audit.key() })
    } catch (failure) {
      if (!signal.aborted) setError(failure)
    } finally {
      running.current = null
      setBytes(null)
    }
  }
  if (bytes !== null)
    return (
      <Group gap="xs" role="status">
        <Loader size={16} />
        <Text size="sm" className="tabular">
          {t('export.gathering', { size: formats.bytes(bytes) })}
        </Text>
        <Button
          size="compact-sm"
          variant="default"
          leftSection={<IconPlayerStop size={13} />}
          onClick={() => running.current?.abort()}
        >
          {t('shell:cancel')}
        </Button>
      </Group>
    )
  return (
    <>
      {error ? <FailureAlert error={error} focus /> : null}
      <Menu position="bottom-end" withinPortal>
        <Menu.Target>
          <Button
            variant="default"
            leftSection={<IconFileDownload size={16} />}
            rightSection={<IconChevronDown size={13} aria-hidden />}
            disabled={count === 0}
          >
            {t('export.do')}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Label>{t('export.what', { count: count ?? 0, number: formats.integer(count) })}</Menu.Label>
          {(['csv', 'jsonl'] as const).map((format) => (
            <Menu.Item key={format} onClick={() => void save(format)}>
              {t(`export.${format}`)}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
    </>
  )
}
