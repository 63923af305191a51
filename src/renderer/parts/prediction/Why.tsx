import { Anchor, Paper, Stack, Table, Text, Title } from '@mantine/core'
import { useCallback, useId, useState } from 'react'
import type * as z from 'zod'
import type { ExplanationSchema } from '../../../contract/predictions.ts'
import { contributions, contributionText, levelText } from '../../../figures/index.ts'
import { type Formats, formatsOf, wordsOf } from '../../language/formats.ts'
import { useLanguage, useText, useTranslation } from '../../language/index.ts'
import { FigureBox } from '../FigureBox.tsx'

type Explanation = z.infer<typeof ExplanationSchema>
const first = 8

/** The patient's value as people write it: a number with its unit, else as the core put it (`stage 4`). */
const readingOf = ({ amount, unit }: Explanation['contributions'][number], text: string, formats: Formats): string =>
  typeof amount === 'number' ? formats.quantity(Number(amount.toPrecision(4)), unit) : text

/** The contributions of the patient's findings, largest first, from the average patient to this one. */
export const Why = ({ explanation, what }: { explanation: Explanation; what: string }) => {
  const { t } = useTranslation('prediction')
  const text = useText()
  const language = useLanguage()
  const heading = useId()
  const [all, setAll] = useState(false)
  const { scale, baseline, prediction } = explanation
  const parts = explanation.contributions
  const many = parts.length > first + 1
  const draw = useCallback(
    (size: { width: number; document: Document }) =>
      contributions(
        {
          scale,
          baseline,
          prediction,
          show: many && !all ? first : null,
          contributions: parts.map((part) => ({
            label: text(part.label),
            text: readingOf(part, text(part.text), formatsOf(language)),
            missing: part.missing,
            contribution: part.contribution,
          })),
        },
        {
          ...size,
          locale: language,
          texts: {
            title: t('why.figure'),
            description: t('why.description', {
              baseline: levelText(scale, baseline, wordsOf(language).perHundred, language),
              prediction: levelText(scale, prediction, wordsOf(language).perHundred, language),
              largest: parts
                .slice(0, 3)
                .map((part) => `${text(part.label)} ${contributionText(scale, part.contribution, language)}`)
                .join(', '),
            }),
            baseline: t('why.average'),
            prediction: t('why.thisPatient'),
            others: (count) => t('why.others', { count }),
            filledIn: t('why.filledIn'),
            lowers: t('why.lowers'),
            raises: t('why.raises'),
            level: wordsOf(language).perHundred,
          },
        },
      ),
    [parts, scale, baseline, prediction, many, all, language, t, text],
  )
  return (
    <Paper p="md" component="section" aria-labelledby={heading}>
      <Stack gap="xs">
        <Title order={2} id={heading}>
          {t('why.title')}
        </Title>
        {parts.length === 0 ? (
          <Text c="dimmed">{t('why.none')}</Text>
        ) : (
          <>
            <Text size="sm" c="dimmed">
              {t(`why.scale.${scale}`, { what })}
            </Text>
            <FigureBox draw={draw} table={<Contributions explanation={explanation} />} />
            {many && (
              <Anchor component="button" type="button" size="sm" ta="left" onClick={() => setAll(!all)}>
                {all ? t('why.showFewer') : t('why.showAll', { count: parts.length })}
              </Anchor>
            )}
            <Text size="xs" c="dimmed">
              {t('why.method', {
                method: t(`explanation:method.${explanation.method}`, { defaultValue: explanation.method }),
              })}
            </Text>
          </>
        )}
      </Stack>
    </Paper>
  )
}

/** The figure as a table. */
const Contributions = ({
  explanation: { scale, baseline, prediction, contributions: parts },
}: {
  explanation: Explanation
}) => {
  const { t } = useTranslation('prediction')
  const text = useText()
  const language = useLanguage()
  const level = (value: number) => levelText(scale, value, wordsOf(language).perHundred, language)
  return (
    <Table captionSide="top">
      <Table.Caption>{t('why.figure')}</Table.Caption>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>{t('why.finding')}</Table.Th>
          <Table.Th>{t('why.value')}</Table.Th>
          <Table.Th ta="right">{t('why.contribution')}</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        <Table.Tr>
          <Table.Th scope="row">{t('why.average')}</Table.Th>
          <Table.Td />
          <Table.Td ta="right" className="tabular">
            {level(baseline)}
          </Table.Td>
        </Table.Tr>
        {parts.map((part) => (
          <Table.Tr key={part.feature}>
            <Table.Th scope="row" fw={500}>
              {text(part.label)}
            </Table.Th>
            <Table.Td>
              {readingOf(part, text(part.text), formatsOf(language))}
              {part.missing ? ` (${t('why.filledIn')})` : ''}
            </Table.Td>
            <Table.Td ta="right" className="tabular">
              {contributionText(scale, part.contribution, language)}
            </Table.Td>
          </Table.Tr>
        ))}
        <Table.Tr>
          <Table.Th scope="row">{t('why.thisPatient')}</Table.Th>
          <Table.Td />
          <Table.Td ta="right" className="tabular">
            {level(prediction)}
          </Table.Td>
        </Table.Tr>
      </Table.Tbody>
    </Table>
  )
}
