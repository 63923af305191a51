import { Button, Divider, Stack, Text } from '@mantine/core'
import { IconListCheck } from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import type { StudyDesignInput } from '../../contract/design.ts'
import { client } from '../api.ts'
import { FailureAlert } from '../errors/FailureAlert.tsx'
import { useTranslation, useWarningText } from '../language/index.ts'
import { CollinearityShown, LeaksShown, SampleSizeShown } from '../parts/Checks.tsx'
import { Flow } from '../parts/Flow.tsx'

/** What stands for and against the design, before anything is trained. */
export const CheckDesign = ({
  design,
  onCheck,
  onExclude,
}: {
  design: StudyDesignInput
  /** Whether the form is complete; says what is missing where it is not. */
  onCheck: () => boolean
  onExclude: (column: string) => void
}) => {
  const { t } = useTranslation('design')
  const warningText = useWarningText()
  const check = useMutation({
    mutationFn: async (asked: StudyDesignInput) => ({ asked, found: await client.models.check(asked) }),
  })
  const stale = check.data !== undefined && check.data.asked !== design
  const found = check.data?.found
  return (
    <Stack gap="sm">
      <div>
        <Button
          variant="default"
          fullWidth
          leftSection={<IconListCheck size={16} />}
          loading={check.isPending}
          onClick={() => onCheck() && check.mutate(design)}
        >
          {t(found && stale ? 'models:checks.again' : 'models:checks.do')}
        </Button>
        <Text size="xs" c="dimmed" mt={4}>
          {t(found && stale ? 'models:checks.stale' : 'models:checks.help')}
        </Text>
      </div>
      {check.isError && <FailureAlert error={check.error} focus />}
      {found && (
        <Stack gap="sm" role="status" style={stale ? { opacity: 0.75 } : undefined}>
          <Divider />
          <SampleSizeShown size={found.sampleSize} />
          <LeaksShown leaks={found.leaks} onExclude={onExclude} />
          {found.collinearity && <CollinearityShown collinearity={found.collinearity} />}
          {found.warnings.map((warning) => (
            <Text key={`${warning.reason} ${warning.message}`} size="xs" c="var(--warn)">
              {warningText(warning)}
            </Text>
          ))}
          <Divider />
          <Flow flow={found.flow} />
        </Stack>
      )}
    </Stack>
  )
}
