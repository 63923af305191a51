import { Paper, Stack, Switch, Table, Text, Title } from '@mantine/core'
import { useId, useState } from 'react'
import type { Survival } from '../../contract/predictions.ts'
import type { Estimate } from '../../contract/values.ts'
import { axisFactor } from '../../figures/index.ts'
import { wordsOf } from '../language/formats.ts'
import { useFormats, useLanguage, useText, useTranslation } from '../language/index.ts'
import { AboutModel } from '../parts/prediction/AboutModel.tsx'
import { BelieveIt } from '../parts/prediction/BelieveIt.tsx'
import { useCoverage } from '../parts/prediction/coverage.ts'
import classes from '../parts/prediction/prediction.module.css'
import { Recorded } from '../parts/prediction/Recorded.tsx'
import { Respond } from '../parts/prediction/Respond.tsx'
import { SimilarCases } from '../parts/prediction/SimilarCases.tsx'
import { Why } from '../parts/prediction/Why.tsx'
import { ScrollX } from '../parts/ScrollX.tsx'
import { Curves } from './Curves.tsx'

/** The answer of a survival model. */
export const Course = ({ survival }: { survival: Survival }) => {
  const { t } = useTranslation('survival')
  const text = useText()
  const formats = useFormats()
  const words = wordsOf(useLanguage())
  const heading = useId()
  const coverageOf = useCoverage()
  const risksHeading = useId()
  const [marked, setMarked] = useState(false)
  const perYear = axisFactor('years', survival.timeUnit)
  const years = (value: number | null) => (value === null ? null : value * perYear)
  const median: Estimate = {
    value: years(survival.median.value),
    low: years(survival.median.low),
    high: years(survival.median.high),
  }
  const { risks, recorded } = survival
  const event = words.event(text(survival.event))
  // The last horizon stands in the headline: the contributions and the calibration are those of the same time.
  const main = risks.at(-1)
  const headline =
    main && main.risk.value !== null
      ? words.risk(event, main.years, main.risk.value)
      : words.median(event, median, survival.followUp * perYear)
  const what = main ? t('eventWithin', { event, time: words.duration(main.years) }) : event
  const summary = main ? `${what}: ${words.withInterval(main.risk)}` : headline
  return (
    <div className={classes.layout}>
      <div className={classes.answer}>
        <Paper p="md" component="section" aria-labelledby={heading}>
          <Stack gap="sm">
            <Title order={2} id={heading} className={classes.headline}>
              {headline}
            </Title>
            <Text>
              {survival.competing
                ? t('competing', { event, competing: text(survival.competing) })
                : words.median(event, median, survival.followUp * perYear)}
            </Text>
            <Curves survival={survival} markRecorded={marked} />
            <Text size="xs" c="dimmed">
              {t('interval', { level: formats.integer(survival.intervalLevel * 100) })}
              {coverageOf(survival.intervalCoverage)}
            </Text>
          </Stack>
        </Paper>
        {risks.length > 0 && (
          <Paper p="md" component="section" aria-labelledby={risksHeading}>
            <Stack gap="xs">
              <Title order={2} id={risksHeading}>
                {t('risks.title', { event })}
              </Title>
              <ScrollX>
                <Table>
                  <Table.Thead>
                    <Table.Tr>
                      <Table.Th>{t('risks.patient')}</Table.Th>
                      <Table.Th>{t('risks.range')}</Table.Th>
                      <Table.Th>{t('risks.cohort', { n: formats.integer(survival.cohort.n) })}</Table.Th>
                    </Table.Tr>
                  </Table.Thead>
                  <Table.Tbody>
                    {risks.map((one) => (
                      <Table.Tr key={one.time}>
                        <Table.Th scope="row">{words.risk(event, one.years, one.risk.value ?? Number.NaN)}</Table.Th>
                        <Table.Td>{words.interval(one.risk)}</Table.Td>
                        <Table.Td>{words.withInterval(one.cohortRisk)}</Table.Td>
                      </Table.Tr>
                    ))}
                  </Table.Tbody>
                </Table>
              </ScrollX>
            </Stack>
          </Paper>
        )}
        {recorded && (
          <Recorded
            action={
              <Switch
                label={t('recorded.mark')}
                checked={marked}
                onChange={(change) => setMarked(change.currentTarget.checked)}
              />
            }
          >
            {t(recorded.event ? 'recorded.event' : 'recorded.followed', {
              event: words.quoted(text(survival.event)),
              time: words.duration(recorded.time * perYear),
            })}
          </Recorded>
        )}
      </div>
      <div className={classes.side}>
        {survival.prediction && (
          <Respond prediction={survival.prediction} patient={survival.patient} summary={summary} />
        )}
        <BelieveIt belief={survival.belief} inputs={survival.explanation.contributions.length} what={what} />
        <AboutModel model={survival.model} />
      </div>
      <div className={classes.reasons}>
        <Why explanation={survival.explanation} what={what} />
        <SimilarCases
          cases={survival.similar}
          findings={survival.explanation.contributions}
          course={{
            event: text(survival.event),
            competing: survival.competing ? text(survival.competing) : null,
            perYear,
          }}
        />
      </div>
    </div>
  )
}
