import { Alert, Anchor, Badge, Code, Collapse, Group, List, Paper, Stack, Text, Title } from '@mantine/core'
import { IconAlertTriangle, IconChevronDown, IconInfoCircle, IconUsers } from '@tabler/icons-react'
import { useId, useState } from 'react'
import type { Score } from '../../contract/advice.ts'
import type { Cell } from '../../contract/values.ts'
import { wordsOf } from '../language/formats.ts'
import { useFormats, useLanguage, useTranslation } from '../language/index.ts'
import classes from './advice.module.css'
import { type Input, InputRow } from './InputRow.tsx'

const colours = { low: 'moss', middle: 'amber', high: 'brick' } as const

/** One published score: its value and what that means, the inputs it was computed from, its source. */
export const ScoreCard = ({
  score,
  entered,
  onEnter,
}: {
  score: Score
  entered: Record<string, Cell>
  onEnter: (input: string, value: Cell) => void
}) => {
  const { t } = useTranslation('advice')
  const id = useId()
  const { result, inputs } = score
  const texts = `scores:score.${score.score}`
  const missing = inputs.filter((input) => input.value === null)
  const [open, setOpen] = useState(false)
  // Fields that were empty when the card was first seen stay in sight while they are filled in.
  const [asked] = useState(() => missing.map((input) => input.id))
  const wanted = score.applies === 'no' ? [] : inputs.filter((input) => asked.includes(input.id))
  return (
    <Paper p="md" component="article" aria-labelledby={id}>
      <Stack gap="sm">
        <div>
          <Title order={3} id={id}>
            {t(`${texts}.title`)}
          </Title>
          <Text size="sm" c="dimmed">
            {t(`${texts}.purpose`)}
          </Text>
        </div>
        <Result result={result} missing={missing} texts={texts} />
        {wanted.length > 0 && !open && (
          <div>
            {wanted.map((input) => (
              <InputRow
                key={input.id}
                input={input}
                entered={entered[input.id] ?? null}
                onEnter={(value) => onEnter(input.id, value)}
              />
            ))}
          </div>
        )}
        {score.bands.length > 1 && <Bands bands={score.bands} now={result?.band?.id ?? null} texts={texts} />}
        {score.applies !== 'yes' && (
          <Alert color={score.applies === 'no' ? 'brick' : 'amber'} icon={<IconUsers />} p="xs">
            <Text size="sm">
              {t(score.applies === 'no' ? 'scores.otherPatients' : 'scores.perhapsOthers')} {t(`${texts}.population`)}
            </Text>
          </Alert>
        )}
        {score.cautions.length > 0 && (
          <Alert color="amber" icon={<IconAlertTriangle />} p="xs">
            <Stack gap={4}>
              {score.cautions.map((caution) => (
                <Text size="sm" key={caution}>
                  {t(`${texts}.caution.${caution}`)}
                </Text>
              ))}
            </Stack>
          </Alert>
        )}
        <Anchor
          component="button"
          type="button"
          size="sm"
          ta="left"
          aria-expanded={open}
          onClick={() => setOpen(!open)}
        >
          {open ? t('scores.hideInputs') : t('scores.showInputs')}{' '}
          <IconChevronDown
            size={14}
            aria-hidden
            style={{ verticalAlign: '-2px', transform: open ? 'rotate(180deg)' : undefined }}
          />
        </Anchor>
        <Collapse expanded={open}>
          <Stack gap="sm">
            <div>
              {inputs.map((input) => (
                <InputRow
                  key={input.id}
                  input={input}
                  entered={entered[input.id] ?? null}
                  onEnter={(value) => onEnter(input.id, value)}
                />
              ))}
            </div>
            <About score={score} />
          </Stack>
        </Collapse>
      </Stack>
    </Paper>
  )
}

/** The value with what it means, or what is missing for it. */
const Result = ({ result, missing, texts }: { result: Score['result']; missing: readonly Input[]; texts: string }) => {
  const { t } = useTranslation('advice')
  const formats = useFormats()
  const words = wordsOf(useLanguage())
  if (!result)
    return (
      <Text fw={600} role="status">
        {missing.length > 0
          ? t('scores.missing', {
              inputs: missing.map((input) => t(`scores:input.${input.id}.label`)).join(t('scores.and')),
            })
          : t('scores.notComputed')}
      </Text>
    )
  return (
    <Stack gap={6} role="status">
      <Group gap="sm" align="baseline">
        <span className={classes.value}>
          {formats.fixed(result.value, result.digits)}
          {result.unit && (
            <Text span size="md" c="dimmed" fw={500}>
              {' '}
              {formats.unit(result.unit)}
            </Text>
          )}
        </span>
        {result.band && (
          <Badge size="lg" color={colours[result.band.tone]} tt="none">
            {t(`${texts}.band.${result.band.id}`)}
          </Badge>
        )}
      </Group>
      {result.further.length > 0 && (
        <List size="sm" listStyleType="none">
          {result.further.map((one) => (
            <List.Item key={`${one.id} ${one.years}`}>
              {t(`${texts}.further.${one.id}`, { count: one.years ?? undefined })}:{' '}
              <strong className="tabular">
                {one.unit === '%'
                  ? words.perHundred(one.value / 100)
                  : `${formats.fixed(one.value, one.digits)} ${formats.unit(one.unit)}`}
              </strong>
            </List.Item>
          ))}
        </List>
      )}
    </Stack>
  )
}

/** All bands of the score; the one it falls in now is marked. */
const Bands = ({ bands, now, texts }: { bands: Score['bands']; now: string | null; texts: string }) => {
  const { t } = useTranslation('advice')
  const formats = useFormats()
  return (
    <ol className={classes.bands} aria-label={t('scores.bands')}>
      {bands.map((band) => (
        <li
          key={band.id}
          className={classes.band}
          data-tone={band.tone}
          aria-current={band.id === now ? 'true' : undefined}
        >
          <span className={`tabular ${classes.range}`}>
            {band.low === null
              ? t('scores.below', { value: formats.number(band.high) })
              : band.high === null
                ? t('scores.above', { value: formats.number(band.low) })
                : t('scores.between', { low: formats.number(band.low), high: formats.number(band.high) })}
          </span>{' '}
          {t(`${texts}.band.${band.id}`)}
        </li>
      ))}
    </ol>
  )
}

/** Whom the score is for, how it is computed, and who says so. */
const About = ({ score }: { score: Score }) => {
  const { t } = useTranslation('advice')
  return (
    <>
      {score.applies === 'yes' && (
        <Group gap={8} wrap="nowrap" align="flex-start">
          <IconInfoCircle size={16} aria-hidden style={{ flex: 'none', marginTop: 2 }} />
          <Text size="sm">
            {t('scores.population')} {t(`scores:score.${score.score}.population`)}
          </Text>
        </Group>
      )}
      <div>
        <Text size="xs" c="dimmed">
          {t('scores.formula')}
        </Text>
        <Code block className={classes.formula}>
          {score.formula}
        </Code>
      </div>
      <Text size="xs" c="dimmed">
        {t('scores.source')} <cite>{score.source.citation}</cite>
        {score.source.doi && (
          <>
            {' '}
            <Text span size="xs" ff="monospace">
              doi:{score.source.doi}
            </Text>
          </>
        )}
      </Text>
    </>
  )
}
