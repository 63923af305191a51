import { Alert, Button, Group, List, Paper, Stack, Text } from '@mantine/core'
import { IconAlertTriangle, IconCircleCheck, IconDatabaseImport } from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import type { ImportReport } from '../../contract/intake.ts'
import { orpc } from '../api.ts'
import { FailureAlert } from '../errors/FailureAlert.tsx'
import { useFormats, useTranslation, useWarningText } from '../language/index.ts'
import { followJob, useJob } from '../parts/jobs/follow.ts'
import { JobProgress } from '../parts/jobs/JobProgress.tsx'
import { isActive } from '../parts/jobs/list.ts'
import type { Draft } from './draft.ts'
import classes from './Intake.module.css'
import { RowErrors } from './RowErrors.tsx'
import { reportOf } from './report.ts'
import { Sum } from './Sum.tsx'

/** Every row is read and checked, nothing is written; then the import, if that is what is wanted. */
export const CheckStep = ({
  draft,
  onBack,
  onDone,
}: {
  draft: Draft
  onBack: () => void
  onDone: (report: ImportReport) => void
}) => {
  const { t } = useTranslation('intake')
  const formats = useFormats()
  const input = { upload: draft.preview.upload, study: draft.study.trim(), mapping: draft.mapping }
  const [checkJob, setCheckJob] = useState<string | null>(null)
  const [importJob, setImportJob] = useState<string | null>(null)
  const check = useMutation(
    orpc.intake.validate.mutationOptions({
      onSuccess: ({ job }) => {
        setCheckJob(job)
        void followJob(job)
      },
    }),
  )
  const bring = useMutation(
    orpc.intake.import.mutationOptions({
      onSuccess: ({ job }) => {
        setImportJob(job)
        void followJob(job)
      },
    }),
  )
  const started = useRef(false)
  useEffect(() => {
    if (started.current) return
    started.current = true
    check.mutate(input)
  })
  const checking = useJob(checkJob)
  const importing = useJob(importJob)
  const report = reportOf(checking)
  const imported = reportOf(importing)
  const handed = useRef(false)
  useEffect(() => {
    if (!imported || handed.current) return
    handed.current = true
    onDone(imported)
  }, [imported, onDone])

  const busy = importing !== undefined && isActive(importing)
  const stopped = checking?.state === 'cancelled' || checking?.state === 'failed'
  return (
    <Stack gap="md">
      {check.isError && <FailureAlert error={check.error} onRetry={() => check.mutate(input)} focus />}
      {!report && !check.isError && checking && (
        <Paper className={classes.panel} maw={640}>
          <JobProgress job={checking} />
        </Paper>
      )}
      {stopped && (
        <Group>
          <Button onClick={() => check.mutate(input)}>{t('checkAgain')}</Button>
        </Group>
      )}
      {report && <Findings report={report} file={draft.preview.file} />}
      {bring.isError && <FailureAlert error={bring.error} focus />}
      {importing && (isActive(importing) || importing.state === 'failed') && (
        <Paper className={classes.panel} maw={640}>
          <JobProgress job={importing} />
        </Paper>
      )}
      <div className={classes.foot}>
        <Button variant="default" onClick={onBack} disabled={busy}>
          {t('backToColumns')}
        </Button>
        <Group gap="sm">
          {report && report.imported === 0 && (
            <Text size="sm" c="var(--warn)">
              {t('check.noneLeft')}
            </Text>
          )}
          <Button
            size="md"
            leftSection={<IconDatabaseImport size={18} />}
            disabled={!report || report.imported === 0 || busy}
            loading={bring.isPending || busy}
            onClick={() => bring.mutate({ ...input, saveMappingAs: draft.saveMappingAs?.trim() || null })}
          >
            {t('importRows', { count: report?.imported ?? 0, number: formats.integer(report?.imported ?? 0) })}
          </Button>
        </Group>
      </div>
    </Stack>
  )
}

/** What the check found: the sum, warnings, and rejected rows. */
const Findings = ({ report, file }: { report: ImportReport; file: string }) => {
  const { t } = useTranslation('intake')
  const warningText = useWarningText()
  const formats = useFormats()
  return (
    <>
      <Paper className={classes.panel} role="status">
        <Group gap="xs" mb={6}>
          {report.rejected === 0 ? (
            <IconCircleCheck color="var(--good)" aria-hidden />
          ) : (
            <IconAlertTriangle color="var(--warn)" aria-hidden />
          )}
          <Text fw={600}>{report.rejected === 0 ? t('check.clean') : t('check.faulty')}</Text>
        </Group>
        <Sum report={report} planned />
        <Text size="sm" c="dimmed" mt={6}>
          {t('check.nothingWritten', { time: formats.duration(report.seconds) })}
        </Text>
      </Paper>
      {report.warnings.length > 0 && (
        <Alert color="amber" icon={<IconAlertTriangle />} title={t('warnings')}>
          <List size="sm">
            {report.warnings.map((warning) => (
              <List.Item key={`${warning.reason} ${warning.message}`}>{warningText(warning)}</List.Item>
            ))}
          </List>
        </Alert>
      )}
      {report.rejected > 0 && (
        <RowErrors errors={report.errors} total={report.rejected} reasons={report.byReason} file={file} />
      )}
    </>
  )
}
