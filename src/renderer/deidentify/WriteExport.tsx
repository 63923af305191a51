import { Alert, Button, Checkbox, Group, Loader, Paper, Select, Stack, Text, TextInput, Title } from '@mantine/core'
import { IconCircleCheck, IconFileExport, IconKey, IconPlayerStop } from '@tabler/icons-react'
import { useMutation, useQuery } from '@tanstack/react-query'
import { type FormEvent, useEffect, useRef, useState } from 'react'
import type { ExportReport } from '../../contract/exports.ts'
import { client, orpc, queryClient } from '../api.ts'
import { FailureAlert } from '../errors/FailureAlert.tsx'
import { useFormats, useTranslation } from '../language/index.ts'
import { saveFile, stamp } from '../parts/save.ts'
import type { Choices } from './choices.ts'
import { zip } from './zip.ts'

/** The key, and then the files: only for a report that was seen and is still true. */
export const WriteExport = ({
  choices,
  report,
  current,
  mayWrite,
  onKey,
}: {
  choices: Choices
  report: ExportReport
  current: boolean
  mayWrite: boolean
  onKey: (key: string | null) => void
}) => {
  const { t } = useTranslation('deidentify')
  const formats = useFormats()
  const [understood, setUnderstood] = useState(false)
  const nothing = (report.after ?? report.before).patients === 0
  const { write, at, stop } = useWrite(choices, report)
  if (!mayWrite)
    return (
      <Text size="sm" c="dimmed">
        {t('write.administrators')}
      </Text>
    )
  return (
    <Paper p="md">
      <Title order={3} size="h4">
        {t('write.title')}
      </Title>
      <Text size="sm" c="dimmed" mb="sm">
        {t('write.help')}
      </Text>
      <Stack gap="sm" maw={620}>
        <KeyField chosen={choices.key} onKey={onKey} disabled={write.isPending} />
        <Checkbox
          label={t('write.understood')}
          checked={understood}
          onChange={(event) => setUnderstood(event.currentTarget.checked)}
          disabled={write.isPending}
        />
        {write.isError && <FailureAlert error={write.error} focus />}
        {write.isPending && (
          <Group gap="xs" role="status">
            <Loader size={16} />
            <Text size="sm" className="tabular">
              {at ? t('write.at', { file: at.file, size: formats.bytes(at.bytes) }) : t('write.starting')}
            </Text>
            <Button size="compact-sm" variant="default" leftSection={<IconPlayerStop size={13} />} onClick={stop}>
              {t('shell:cancel')}
            </Button>
          </Group>
        )}
        {write.data && (
          <Alert color="moss" icon={<IconCircleCheck />} role="status">
            {t('write.saved', {
              name: write.data.name,
              size: formats.bytes(write.data.bytes),
              files: formats.list(write.data.files),
            })}
          </Alert>
        )}
        <Group gap="sm">
          <Button
            leftSection={<IconFileExport size={16} />}
            disabled={!current || choices.key === null || !understood || nothing}
            loading={write.isPending}
            onClick={() => write.mutate()}
          >
            {t('write.do')}
          </Button>
          <Text size="sm" c="dimmed">
            {nothing
              ? t('write.nothing')
              : !current
                ? t('write.stale')
                : choices.key === null
                  ? t('write.noKey')
                  : t('write.files', { files: formats.list([...report.files, 'report.json']) })}
          </Text>
        </Group>
      </Stack>
    </Paper>
  )
}

/** Writes the files and hands them over as one; how far it is, and how it is stopped. */
const useWrite = (choices: Choices, report: ExportReport) => {
  const running = useRef<AbortController | null>(null)
  useEffect(() => () => running.current?.abort(), [])
  const [at, setAt] = useState<{ file: string; bytes: number } | null>(null)
  const write = useMutation({
    mutationFn: async () => {
      if (choices.key === null) return null
      running.current = new AbortController()
      const { signal } = running.current
      try {
        const files = await filesOf(
          await client.exports.write({ ...choices, key: choices.key, report: report.digest }, { signal }),
          (file, bytes) => setAt({ file, bytes }),
        )
        const told = new Blob([`${JSON.stringify(report, null, 2)}\n`], { type: 'application/json' })
        const name = `${choices.study}-deidentified-${stamp()}.zip`
        const whole = await zip([...files, { name: 'report.json', content: told }])
        if (signal.aborted) return null
        saveFile(name, [whole], 'application/zip')
        return { name, bytes: whole.size, files: [...files.map((each) => each.name), 'report.json'] }
      } catch (error) {
        if (signal.aborted) return null
        throw error
      } finally {
        setAt(null)
      }
    },
  })
  return { write, at, stop: () => running.current?.abort() }
}

/** The key that dates and pseudonyms are made with: one there is, or a new one. */
const KeyField = ({
  chosen,
  onKey,
  disabled,
}: {
  chosen: string | null
  onKey: (key: string) => void
  disabled: boolean
}) => {
  const { t } = useTranslation('deidentify')
  const formats = useFormats()
  const keys = useQuery(orpc.exports.keys.queryOptions({ staleTime: 0 }))
  const [making, setMaking] = useState(false)
  return (
    <>
      {keys.isError && <FailureAlert error={keys.error} onRetry={() => void keys.refetch()} />}
      {(keys.data?.length ?? 0) > 0 && !making && (
        <Group align="flex-start" gap="sm">
          <Select
            style={{ flex: '1 1 240px' }}
            label={t('key.label')}
            description={t('key.help')}
            placeholder={t('key.choose')}
            data={(keys.data ?? []).map(({ key, createdAt, createdBy }) => ({
              value: key,
              label: t('key.of', { key, date: formats.date(createdAt), by: createdBy }),
            }))}
            value={chosen}
            onChange={(key) => key !== null && onKey(key)}
            allowDeselect={false}
            disabled={disabled}
          />
          <Button
            variant="default"
            mt={25}
            leftSection={<IconKey size={15} />}
            onClick={() => setMaking(true)}
            disabled={disabled}
          >
            {t('key.another')}
          </Button>
        </Group>
      )}
      {keys.data && (keys.data.length === 0 || making) && (
        <NewKey
          onMade={(key) => {
            setMaking(false)
            onKey(key)
          }}
          {...(making ? { onCancel: () => setMaking(false) } : {})}
        />
      )}
    </>
  )
}

/** The files of the stream, which comes file by file, as blobs. */
const filesOf = async (
  pieces: AsyncIterable<{ file: string; text: string }>,
  onBytes: (file: string, bytes: number) => void,
): Promise<{ name: string; content: Blob }[]> => {
  const files: { name: string; content: Blob }[] = []
  let waiting: string[] = []
  let length = 0
  const flush = () => {
    const last = files.at(-1)
    if (!last) return
    last.content = new Blob([last.content, ...waiting])
    waiting = []
    length = 0
    onBytes(last.name, last.content.size)
  }
  for await (const { file, text } of pieces) {
    if (files.at(-1)?.name !== file) {
      flush()
      files.push({ name: file, content: new Blob([]) })
    }
    waiting.push(text)
    length += text.length
    if (length > 1_000_000) flush()
  }
  flush()
  return files
}

const NewKey = ({ onMade, onCancel }: { onMade: (key: string) => void; onCancel?: () => void }) => {
  const { t } = useTranslation('deidentify')
  const [name, setName] = useState('')
  const [tried, setTried] = useState(false)
  const make = useMutation(
    orpc.exports.createKey.mutationOptions({
      onSuccess: async ({ key }) => {
        await queryClient.invalidateQueries({ queryKey: orpc.exports.keys.key() })
        onMade(key)
      },
    }),
  )
  const submit = (event: FormEvent) => {
    event.preventDefault()
    setTried(true)
    if (name.trim() !== '' && !make.isPending) make.mutate({ key: name.trim() })
  }
  return (
    <form onSubmit={submit} noValidate>
      <Group align="flex-start" gap="sm">
        <TextInput
          style={{ flex: '1 1 240px' }}
          name="exportKey"
          label={t('key.new')}
          description={t('key.newHelp')}
          placeholder={t('key.example')}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          error={tried && name.trim() === '' ? t('key.nameMissing') : null}
          maxLength={100}
          autoComplete="off"
          disabled={make.isPending}
        />
        <Button type="submit" variant="default" mt={25} leftSection={<IconKey size={15} />} loading={make.isPending}>
          {t('key.make')}
        </Button>
        {onCancel && (
          <Button variant="subtle" mt={25} onClick={onCancel}>
            {t('shell:cancel')}
          </Button>
        )}
      </Group>
      {make.isError && <FailureAlert error={make.error} focus />}
    </form>
  )
}
