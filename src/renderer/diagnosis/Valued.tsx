import { Paper, Stack, Text, Title } from '@mantine/core'
import { useId } from 'react'
import type * as z from 'zod'
import type { RegressionSchema } from '../../contract/predictions.ts'
import { useFormats, useTranslation } from '../language/index.ts'
import { AboutModel } from '../parts/prediction/AboutModel.tsx'
import { BelieveIt } from '../parts/prediction/BelieveIt.tsx'
import { useCoverage } from '../parts/prediction/coverage.ts'
import classes from '../parts/prediction/prediction.module.css'
import { Recorded } from '../parts/prediction/Recorded.tsx'
import { Respond } from '../parts/prediction/Respond.tsx'
import { SimilarCases } from '../parts/prediction/SimilarCases.tsx'
import { Why } from '../parts/prediction/Why.tsx'

/** The answer of a regression model: a value with its prediction interval. */
export const Valued = ({ estimate }: { estimate: z.infer<typeof RegressionSchema> }) => {
  const { t } = useTranslation('diagnosis')
  const formats = useFormats()
  const heading = useId()
  const coverageOf = useCoverage()
  const { value, low, high } = estimate.value
  const size = Math.abs(value ?? 0)
  const digits = size >= 100 ? 0 : size >= 10 ? 1 : 2
  const quantity = (one: number | null) => formats.quantity(one, estimate.unit, digits)
  const headline = t('value.headline', { target: estimate.model.target, value: quantity(value) })
  return (
    <div className={classes.layout}>
      <div className={classes.answer}>
        <Paper p="md" component="section" aria-labelledby={heading}>
          <Stack gap="xs">
            <Title order={2} id={heading} className={classes.headline}>
              {headline}
            </Title>
            {low !== null && high !== null && (
              <Text>
                {t('value.interval', {
                  level: formats.integer(estimate.intervalLevel * 100),
                  low: quantity(low),
                  high: quantity(high),
                })}
                {coverageOf(estimate.intervalCoverage)}
              </Text>
            )}
          </Stack>
        </Paper>
        {estimate.recorded !== null && <Recorded>{quantity(estimate.recorded)}</Recorded>}
      </div>
      <div className={classes.side}>
        {estimate.prediction && (
          <Respond
            prediction={estimate.prediction}
            patient={estimate.patient}
            summary={`${estimate.model.target}: ${quantity(value)}`}
          />
        )}
        <BelieveIt belief={estimate.belief} inputs={estimate.explanation.contributions.length} values />
        <AboutModel model={estimate.model} />
      </div>
      <div className={classes.reasons}>
        <Why explanation={estimate.explanation} what={estimate.model.target} />
        <SimilarCases cases={estimate.similar} findings={estimate.explanation.contributions} />
      </div>
    </div>
  )
}
