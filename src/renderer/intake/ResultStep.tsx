import { Button, Group, Paper, Stack, Text } from '@mantine/core'
import { IconCircleCheck, IconClipboardList, IconFileImport, IconFlask2 } from '@tabler/icons-react'
import { useEffect, useState } from 'react'
import type { ImportReport } from '../../contract/intake.ts'
import { useFormats, useTranslation } from '../language/index.ts'
import { usePlace } from '../parts/place.tsx'
import classes from './Intake.module.css'
import { RowErrors } from './RowErrors.tsx'
import { allRejections } from './rejections.ts'
import { Sum } from './Sum.tsx'

export const ResultStep = ({
  report,
  file,
  onAnother,
}: {
  report: ImportReport
  file: string
  onAnother: () => void
}) => {
  const { t } = useTranslation('intake')
  const formats = useFormats()
  const place = usePlace()
  // Announced after it is there: a status that appears with its text is often not read out.
  const [said, setSaid] = useState(false)
  useEffect(() => setSaid(true), [])
  const { batch } = report
  return (
    <Stack gap="md">
      <Paper className={classes.panel} role="status">
        {said && (
          <>
            <Group gap="xs" mb={6}>
              <IconCircleCheck color="var(--good)" aria-hidden />
              <Text fw={600}>{t('result.title', { file, study: report.study })}</Text>
            </Group>
            <Sum report={report} />
            <Text size="sm" c="dimmed" mt={6}>
              {t('result.undoable', { time: formats.duration(report.seconds) })}
            </Text>
          </>
        )}
      </Paper>
      <Group gap="sm">
        <Button
          size="md"
          leftSection={<IconClipboardList size={18} />}
          onClick={() => place.worklist({ study: report.study })}
        >
          {t('result.toPatients')}
        </Button>
        <Button
          size="md"
          variant="default"
          leftSection={<IconFlask2 size={18} />}
          onClick={() => place.study(report.study)}
        >
          {t('result.toStudy')}
        </Button>
        <Button size="md" variant="default" leftSection={<IconFileImport size={18} />} onClick={onAnother}>
          {t('result.another')}
        </Button>
      </Group>
      {report.rejected > 0 && (
        <RowErrors
          errors={report.errors}
          total={report.rejected}
          reasons={report.byReason}
          file={file}
          {...(batch === null ? {} : { all: () => allRejections(batch, report.rejected) })}
        />
      )}
    </Stack>
  )
}
