import { Text } from '@mantine/core'
import type * as z from 'zod'
import type { FlowSchema } from '../../contract/models.ts'
import { useFormats, useTranslation } from '../language/index.ts'
import classes from './Flow.module.css'

/** Participant flow: who was left out at each step, and how many remained. */
export const Flow = ({ flow }: { flow: z.infer<typeof FlowSchema> }) => {
  const { t } = useTranslation('models')
  const formats = useFormats()
  return (
    <ol className={classes.flow}>
      {flow.map((step) => (
        <li key={`${step.step} ${step.detail ?? ''} ${step.remaining}`}>
          <Text fw={650} className="tabular" ta="right">
            {formats.integer(step.remaining)}
          </Text>
          <Text size="sm">
            {t(`flow.${step.step}`, { defaultValue: step.step })}
            {step.detail && (
              <Text span c="dimmed" size="sm">
                {' '}
                ({step.detail})
              </Text>
            )}
          </Text>
          {step.excluded > 0 && (
            <Text size="sm" className={classes.excluded}>
              {t('flow.excluded', { count: step.excluded })}
            </Text>
          )}
        </li>
      ))}
    </ol>
  )
}
