import { Alert, Button, Group, Stack } from '@mantine/core'
import { IconReportSearch, IconShieldOff } from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { administrators } from '../../contract/procedure.ts'
import { client } from '../api.ts'
import { FailureAlert } from '../errors/FailureAlert.tsx'
import { useTranslation } from '../language/index.ts'
import { PlaceLink } from '../parts/place.tsx'
import { useMay } from '../parts/session.ts'
import { Empty, View, Waiting } from '../parts/View.tsx'
import { ChoicesForm } from './ChoicesForm.tsx'
import { type Choices, firstChoices, sameChoices } from './choices.ts'
import { Report } from './Report.tsx'
import { WriteExport } from './WriteExport.tsx'

/**
 * Cases on their way out of the vault without whom they are of: first what would leave and how safe that is, then the
 * files.
 */
export const DeidentifyView = ({ study }: { study: string }) => {
  const { t } = useTranslation('deidentify')
  const allowed = useMay(['administrator', 'auditor'])
  return allowed ? (
    <Deidentify key={study} study={study} />
  ) : (
    <View title={t('title')}>
      <Empty icon={<IconShieldOff size={30} />} title={t('notAllowed')}>
        {t('notAllowedHelp')}
      </Empty>
    </View>
  )
}

const Deidentify = ({ study }: { study: string }) => {
  const { t } = useTranslation('deidentify')
  const mayWrite = useMay(administrators)
  const [choices, setChoices] = useState<Choices>(() => firstChoices(study))
  const preview = useMutation({
    mutationFn: async (asked: Choices) => ({ asked, report: await client.exports.preview(asked) }),
  })
  const seen = preview.data
  const current = seen !== undefined && sameChoices(seen.asked, choices)
  const shown = useRef<HTMLDivElement>(null)
  useEffect(() => {
    if (seen) shown.current?.focus({ preventScroll: false })
  }, [seen])
  return (
    <View
      title={t('title')}
      wide
      subtitle={
        <Group gap={8}>
          <PlaceLink to="/studies" size="sm" underline="always">
            {t('shell:places.studies')}
          </PlaceLink>
          <span>/ {study}</span>
        </Group>
      }
    >
      <Stack gap="md">
        <ChoicesForm
          choices={choices}
          onChange={setChoices}
          report={seen?.report ?? null}
          pending={preview.isPending}
          onShow={() => preview.mutate(choices)}
        />
        {preview.isError && <FailureAlert error={preview.error} onRetry={() => preview.mutate(choices)} focus />}
        {preview.isPending && !seen && <Waiting rows={10} />}
        {seen && (
          <Stack
            gap="md"
            ref={shown}
            tabIndex={-1}
            aria-label={t('report.title')}
            role="region"
            style={{ outline: 'none' }}
          >
            {!current && (
              <Alert color="amber" role="status">
                <Group justify="space-between" gap="sm">
                  {t('report.stale')}
                  <Button
                    size="compact-sm"
                    leftSection={<IconReportSearch size={15} />}
                    loading={preview.isPending}
                    onClick={() => preview.mutate(choices)}
                  >
                    {t('report.again')}
                  </Button>
                </Group>
              </Alert>
            )}
            <Report report={seen.report} choices={choices} onChange={setChoices} />
            <WriteExport
              choices={choices}
              report={seen.report}
              current={current}
              mayWrite={mayWrite}
              onKey={(key) => {
                const next = { ...choices, key }
                setChoices(next)
                preview.mutate(next)
              }}
            />
          </Stack>
        )}
      </Stack>
    </View>
  )
}
