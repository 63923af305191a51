import { Anchor, Paper, Stack, Table, Text, Title } from '@mantine/core'
import { useCallback, useId, useState } from 'react'
import type { Diagnosis } from '../../contract/predictions.ts'
import { probabilityBars } from '../../figures/index.ts'
import { wordsOf } from '../language/formats.ts'
import { useFormats, useLanguage, useText, useTranslation } from '../language/index.ts'
import { FigureBox } from '../parts/FigureBox.tsx'
import { AboutModel } from '../parts/prediction/AboutModel.tsx'
import { BelieveIt } from '../parts/prediction/BelieveIt.tsx'
import { useCoverage } from '../parts/prediction/coverage.ts'
import classes from '../parts/prediction/prediction.module.css'
import { Recorded } from '../parts/prediction/Recorded.tsx'
import { Respond } from '../parts/prediction/Respond.tsx'
import { SimilarCases } from '../parts/prediction/SimilarCases.tsx'
import { Why } from '../parts/prediction/Why.tsx'

const first = 6

/** The class whose probability the contributions add up to. */
const explained = ({ classes: ranked, explanation }: Diagnosis) => ranked.find((one) => one.class === explanation.class)

/** The answer of a diagnosis model. */
export const Ranked = ({ diagnosis }: { diagnosis: Diagnosis }) => {
  const { t } = useTranslation('diagnosis')
  const text = useText()
  const language = useLanguage()
  const formats = useFormats()
  const words = wordsOf(language)
  const heading = useId()
  const coverageOf = useCoverage()
  const [all, setAll] = useState(false)
  const ranked = diagnosis.classes
  const top = ranked[0]
  const many = ranked.length > first + 1
  const set = diagnosis.predictionSet
  const nameOf = (id: string) => text(ranked.find((entry) => entry.class === id)?.label) || id
  const draw = useCallback(
    (size: { width: number; document: Document }) =>
      probabilityBars(
        {
          classes: (many && !all ? ranked.slice(0, first) : ranked).map((entry) => ({
            label: text(entry.label),
            text: wordsOf(language).withInterval({ value: entry.probability, low: entry.low, high: entry.high }),
            probability: entry.probability,
            low: entry.low,
            high: entry.high,
            inSet: set ? set.classes.includes(entry.class) : true,
          })),
        },
        {
          ...size,
          locale: language,
          texts: { title: t('figure'), description: t('figureHelp'), axis: t('axis') },
        },
      ),
    [ranked, set, many, all, language, t, text],
  )
  if (!top) return <Text c="dimmed">{t('none')}</Text>
  const headline = t('headline', { patients: words.patients(top.probability), label: text(top.label) })
  const summary = `${text(top.label)}: ${words.withInterval({ value: top.probability, low: top.low, high: top.high })}`
  return (
    <div className={classes.layout}>
      <div className={classes.answer}>
        <Paper p="md" component="section" aria-labelledby={heading}>
          <Stack gap="sm">
            <Title order={2} id={heading} className={classes.headline}>
              {headline}
            </Title>
            <FigureBox
              draw={draw}
              table={
                <Table>
                  <Table.Caption>{t('figure')}</Table.Caption>
                  <Table.Thead>
                    <Table.Tr>
                      <Table.Th>{t('class')}</Table.Th>
                      <Table.Th>{t('probability')}</Table.Th>
                    </Table.Tr>
                  </Table.Thead>
                  <Table.Tbody>
                    {ranked.map((entry) => (
                      <Table.Tr key={entry.class}>
                        <Table.Th scope="row" fw={500}>
                          {text(entry.label)}
                        </Table.Th>
                        <Table.Td>
                          {words.withInterval({ value: entry.probability, low: entry.low, high: entry.high })}
                        </Table.Td>
                      </Table.Tr>
                    ))}
                  </Table.Tbody>
                </Table>
              }
            />
            {many && (
              <Anchor component="button" type="button" size="sm" ta="left" onClick={() => setAll(!all)}>
                {all ? t('showFewer') : t('showAll', { count: ranked.length })}
              </Anchor>
            )}
            {set && (
              <Text size="sm">
                {set.classes.length === 0
                  ? t('set.empty', { level: formats.integer(set.level * 100) })
                  : t('set.holds', {
                      count: set.classes.length,
                      level: formats.integer(set.level * 100),
                      classes: set.classes.map((id) => `“${nameOf(id)}”`).join(t('set.or')),
                    })}{' '}
                {set.coverage && set.coverage.value !== null
                  ? t('set.coverage', { coverage: words.withInterval(set.coverage) })
                  : t('set.noCoverage')}
                {ranked.length > set.classes.length && ` ${t('set.hollow')}`}
              </Text>
            )}
            <Text size="xs" c="dimmed">
              {t('interval', { level: formats.integer(diagnosis.intervalLevel * 100) })}
              {coverageOf(diagnosis.intervalCoverage)}
            </Text>
          </Stack>
        </Paper>
        {diagnosis.recorded !== null && <Recorded>{nameOf(diagnosis.recorded)}</Recorded>}
      </div>
      <div className={classes.side}>
        {diagnosis.prediction && (
          <Respond prediction={diagnosis.prediction} patient={diagnosis.patient} summary={summary} />
        )}
        <BelieveIt
          belief={diagnosis.belief}
          inputs={diagnosis.explanation.contributions.length}
          what={text(top.label)}
        />
        <AboutModel model={diagnosis.model} />
      </div>
      <div className={classes.reasons}>
        <Why explanation={diagnosis.explanation} what={text(explained(diagnosis)?.label ?? top.label)} />
        <SimilarCases cases={diagnosis.similar} findings={diagnosis.explanation.contributions} labelOf={nameOf} />
      </div>
    </div>
  )
}
