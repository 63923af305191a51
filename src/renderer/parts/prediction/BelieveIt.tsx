import { Badge, Group, Paper, Stack, Title } from '@mantine/core'
import { IconAlertTriangle, IconCircleCheck, IconCircleX } from '@tabler/icons-react'
import { type ReactNode, useId } from 'react'
import { wordsOf } from '../../language/formats.ts'
import { useFormats, useLanguage, useText, useTranslation } from '../../language/index.ts'
import { type Belief, judge, type Verdict } from './belief.ts'
import classes from './prediction.module.css'

const icons = { good: IconCircleCheck, caution: IconAlertTriangle, doubt: IconCircleX } as const
const colours = { good: 'moss', caution: 'amber', doubt: 'brick' } as const

/**
 * Whether to believe the prediction: likeness to the training cases, ranges, missing inputs, calibration in its range.
 */
export const BelieveIt = ({
  belief,
  inputs,
  what,
  values = false,
}: {
  belief: Belief
  /** Number of inputs of the model. */
  inputs: number
  /** What the calibration was measured for. */
  what?: string
  /** The prediction is a value, not a probability. */
  values?: boolean
}) => {
  const { t } = useTranslation('prediction')
  const text = useText()
  const formats = useFormats()
  const words = wordsOf(useLanguage())
  const heading = useId()
  const verdict = judge(belief, inputs)
  const { domain, missing, calibration } = belief
  const below = Math.floor(domain.percentile)
  const rest = Math.max(0, Math.round(100 - domain.percentile))
  const place =
    domain.verdict === 'inside'
      ? below < 1
        ? t('belief.ordinary')
        : t('belief.inside', { count: below })
      : rest < 1
        ? t('belief.outsideAll')
        : t(`belief.${domain.verdict}`, { rest })
  return (
    <Paper p="md" component="section" aria-labelledby={heading}>
      <Stack gap="sm">
        <Group justify="space-between" gap="xs">
          <Title order={2} id={heading}>
            {t('belief.title')}
          </Title>
          <Badge color={colours[verdict.overall]} size="lg" tt="none">
            {t(`belief.overall.${verdict.overall}`)}
          </Badge>
        </Group>
        <ul className={classes.checks}>
          <Check verdict={verdict.domain}>{place}</Check>
          <Check verdict={verdict.range}>
            {domain.outOfRange.length === 0 ? (
              t('belief.rangeGood')
            ) : (
              <>
                {t('belief.rangeBad', { count: domain.outOfRange.length })}
                <ul>
                  {domain.outOfRange.map((one) => (
                    <li key={one.feature}>
                      {one.low === '' && one.high === ''
                        ? t('belief.rangeLevel', { label: text(one.label), value: text(one.value) })
                        : t('belief.rangeItem', {
                            label: text(one.label),
                            value: text(one.value),
                            low: one.low,
                            high: one.high,
                          })}
                    </li>
                  ))}
                </ul>
              </>
            )}
          </Check>
          <Check verdict={verdict.missing}>
            {missing.length === 0 ? (
              t('belief.missingGood')
            ) : (
              <>
                {t('belief.missingBad', { count: missing.length })}
                <ul>
                  {missing.map((one) => (
                    <li key={one.feature}>
                      {t('belief.missingItem', { label: text(one.label), filledWith: text(one.filledWith) })}
                    </li>
                  ))}
                </ul>
              </>
            )}
          </Check>
          <Check verdict={verdict.calibration}>
            {calibration === null ? (
              t('belief.calibrationNone')
            ) : (
              <>
                {verdict.small
                  ? t('belief.calibrationSmall')
                  : verdict.calibration === 'doubt'
                    ? t('belief.calibrationBad')
                    : t('belief.calibrationGood')}{' '}
                {values
                  ? t('belief.calibrationValue', {
                      low: formats.number(calibration.predictedLow, 1),
                      high: formats.number(calibration.predictedHigh, 1),
                      predicted: formats.number(calibration.predicted, 1),
                      observed: formats.number(calibration.observed.value, 1),
                      n: formats.integer(calibration.n),
                    })
                  : t('belief.calibration', {
                      range: words.interval({ low: calibration.predictedLow, high: calibration.predictedHigh }),
                      predicted: words.perHundred(calibration.predicted),
                      observed: words.withInterval(calibration.observed),
                      n: formats.integer(calibration.n),
                      events: formats.integer(calibration.events),
                    })}
                {what && ` ${t('belief.of', { what })}`}
              </>
            )}
          </Check>
        </ul>
      </Stack>
    </Paper>
  )
}

const Check = ({ verdict, children }: { verdict: Verdict; children: ReactNode }) => {
  const { t } = useTranslation('prediction')
  const Icon = icons[verdict]
  return (
    <li className={classes.check}>
      <Icon size={20} className={classes[verdict]} aria-label={t(`belief.overall.${verdict}`)} role="img" />
      <div>{children}</div>
    </li>
  )
}
