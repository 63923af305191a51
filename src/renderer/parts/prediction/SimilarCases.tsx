import { Anchor, Paper, Stack, Table, Text, Title } from '@mantine/core'
import { useId, useState } from 'react'
import type * as z from 'zod'
import type { ContributionSchema, SimilarCaseSchema } from '../../../contract/predictions.ts'
import { wordsOf } from '../../language/formats.ts'
import { useFormats, useLanguage, useText, useTranslation } from '../../language/index.ts'
import { PlaceLink } from '../place.tsx'
import { ScrollX } from '../ScrollX.tsx'
import classes from './prediction.module.css'

type SimilarCase = z.infer<typeof SimilarCaseSchema>
type Contribution = z.infer<typeof ContributionSchema>
const findingsShown = 6

/**
 * The training cases most like this patient, with what became of them; their findings beside the patient's on request.
 */
export const SimilarCases = ({
  cases,
  findings,
  course,
  labelOf,
}: {
  cases: readonly SimilarCase[]
  /** The patient's own findings, largest contribution first. */
  findings: readonly Contribution[]
  /** For survival: what happens, and how long a unit of the outcome's time is. */
  course?: { event: string; competing?: string | null; perYear: number }
  /** What a class is called. */
  labelOf?: (id: string) => string
}) => {
  const { t } = useTranslation('prediction')
  const text = useText()
  const formats = useFormats()
  const heading = useId()
  const words = wordsOf(useLanguage())
  const [open, setOpen] = useState(false)
  const outcomeOf = ({ text: said, time, event, competing, class: id }: SimilarCase['outcome']) =>
    course && time !== null && event !== null
      ? t(event || competing ? 'similar.event' : 'similar.followed', {
          event: words.quoted(competing ? (course.competing ?? t('similar.competing')) : course.event),
          time: words.duration(time * course.perYear),
        })
      : id !== null && labelOf
        ? labelOf(id)
        : said
  const findingOf = ({ values }: SimilarCase, feature: string) => {
    const found = values.find((value) => value.feature === feature)
    return found ? text(found.text) : '–'
  }
  const columns = findings
    .filter((finding) => cases.some((one) => one.values.some((value) => value.feature === finding.feature)))
    .slice(0, findingsShown)
  return (
    <Paper p="md" component="section" aria-labelledby={heading}>
      <Stack gap="xs">
        <Title order={2} id={heading}>
          {t('similar.title')}
        </Title>
        {cases.length === 0 ? (
          <Text c="dimmed">{t('similar.none')}</Text>
        ) : (
          <>
            <Text size="sm" c="dimmed">
              {t('similar.help')}
            </Text>
            <ScrollX>
              <Table>
                <Table.Thead>
                  <Table.Tr>
                    <Table.Th>{t('similar.case')}</Table.Th>
                    <Table.Th ta="right">{t('similar.distance')}</Table.Th>
                    <Table.Th>{t('similar.outcome')}</Table.Th>
                    {open && columns.map((column) => <Table.Th key={column.feature}>{text(column.label)}</Table.Th>)}
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {open && (
                    <Table.Tr className={classes.own}>
                      <Table.Th scope="row">{t('similar.thisPatient')}</Table.Th>
                      <Table.Td ta="right">{formats.number(0)}</Table.Td>
                      <Table.Td />
                      {columns.map((column) => (
                        <Table.Td key={column.feature}>
                          {column.missing ? `(${t('why.filledIn')})` : text(column.text)}
                        </Table.Td>
                      ))}
                    </Table.Tr>
                  )}
                  {cases.map((one) => (
                    <Table.Tr key={`${one.label} ${one.distance}`}>
                      <Table.Td>
                        {one.patient === null ? (
                          one.label
                        ) : (
                          <PlaceLink to="/patients/$patient/chart" params={{ patient: String(one.patient) }}>
                            {one.label}
                          </PlaceLink>
                        )}
                      </Table.Td>
                      <Table.Td ta="right" className="tabular">
                        {formats.fixed(one.distance, 2)}
                      </Table.Td>
                      <Table.Td fw={600}>{outcomeOf(one.outcome)}</Table.Td>
                      {open &&
                        columns.map((column) => (
                          <Table.Td key={column.feature}>{findingOf(one, column.feature)}</Table.Td>
                        ))}
                    </Table.Tr>
                  ))}
                </Table.Tbody>
              </Table>
            </ScrollX>
            {columns.length > 0 && (
              <Anchor
                component="button"
                type="button"
                size="sm"
                ta="left"
                aria-expanded={open}
                onClick={() => setOpen(!open)}
              >
                {open ? t('similar.hideFindings') : t('similar.showFindings')}
              </Anchor>
            )}
          </>
        )}
      </Stack>
    </Paper>
  )
}
