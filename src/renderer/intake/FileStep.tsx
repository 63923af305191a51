import { Button, Group, Paper, Progress, Stack, Text } from '@mantine/core'
import { IconFileSpreadsheet, IconUpload } from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import { type DragEvent, useEffect, useRef, useState } from 'react'
import type { Preview } from '../../contract/intake.ts'
import { client } from '../api.ts'
import { FailureAlert } from '../errors/FailureAlert.tsx'
import { useFormats, useTranslation } from '../language/index.ts'
import classes from './Intake.module.css'
import { uploadFile } from './upload.ts'

/** Choose or drop a file; it goes to the core, which looks at it. */
export const FileStep = ({ onPreview }: { onPreview: (preview: Preview) => void }) => {
  const { t } = useTranslation('intake')
  const formats = useFormats()
  const input = useRef<HTMLInputElement>(null)
  const stop = useRef<AbortController | null>(null)
  const [over, setOver] = useState(false)
  const [share, setShare] = useState(0)
  const [several, setSeveral] = useState(false)
  const look = useMutation({
    mutationFn: async (file: File) => {
      const controller = new AbortController()
      stop.current = controller
      setShare(0)
      const upload = await uploadFile(file, {
        send: client.intake.upload,
        signal: controller.signal,
        onProgress: setShare,
      })
      return client.intake.preview({ upload }, { signal: controller.signal })
    },
    onSuccess: onPreview,
  })
  useEffect(() => () => stop.current?.abort(), [])

  const take = (files: FileList | null) => {
    const file = files?.[0]
    setSeveral((files?.length ?? 0) > 1)
    if (file && files.length === 1 && !look.isPending) look.mutate(file)
    if (input.current) input.current.value = ''
  }
  const drag = (event: DragEvent, inside: boolean) => {
    event.preventDefault()
    setOver(inside)
  }
  return (
    <Stack gap="sm">
      {/* biome-ignore lint/a11y/noStaticElementInteractions: dropping is a shortcut; the button inside does the same */}
      <div
        className={classes.drop}
        data-over={over || undefined}
        onDragEnter={(event) => drag(event, true)}
        onDragOver={(event) => drag(event, true)}
        onDragLeave={(event) => drag(event, false)}
        onDrop={(event) => {
          drag(event, false)
          take(event.dataTransfer.files)
        }}
      >
        {look.isPending ? (
          <Stack gap="xs" w="min(420px, 100%)" role="status">
            <Group gap="xs" wrap="nowrap">
              <IconFileSpreadsheet size={22} aria-hidden />
              <Text fw={600} style={{ overflowWrap: 'anywhere' }}>
                {look.variables.name}
              </Text>
              <Text c="dimmed" size="sm" ml="auto" className="tabular" style={{ whiteSpace: 'nowrap' }}>
                {formats.bytes(look.variables.size)}
              </Text>
            </Group>
            <Progress value={share * 100} aria-label={t('file.handing')} animated={share === 1} />
            <Group justify="space-between">
              <Text size="sm" c="dimmed">
                {share < 1 ? t('file.handing') : t('file.looking')}
              </Text>
              <Button size="compact-sm" variant="default" onClick={() => stop.current?.abort()}>
                {t('shell:cancel')}
              </Button>
            </Group>
          </Stack>
        ) : (
          <>
            <IconUpload size={34} stroke={1.5} aria-hidden className={classes.dropIcon} />
            <Text fw={600} size="lg">
              {t('file.drop')}
            </Text>
            <Text c="dimmed" size="sm" ta="center" maw={560}>
              {t('file.kinds')}
            </Text>
            <Button size="md" mt="xs" onClick={() => input.current?.click()}>
              {t('file.choose')}
            </Button>
          </>
        )}
        <input
          ref={input}
          type="file"
          accept=".csv,.tsv,.txt,.tab,text/csv,text/tab-separated-values,text/plain"
          hidden
          aria-label={t('file.choose')}
          onChange={(event) => take(event.currentTarget.files)}
        />
      </div>
      {several && (
        <Paper p="sm" role="alert">
          <Text size="sm">{t('file.several')}</Text>
        </Paper>
      )}
      {look.isError && <FailureAlert error={look.error} focus />}
    </Stack>
  )
}
