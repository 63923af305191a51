import {
  Button,
  Group,
  NumberInput,
  Paper,
  Select,
  SimpleGrid,
  Stack,
  Table,
  Text,
  Textarea,
  Title,
} from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useMemo, useState } from 'react'
import type { ModelDetail } from '../../../contract/models.ts'
import { clinical } from '../../../contract/procedure.ts'
import type { ModelTerms, TermCell, TermCurve, TermEditInput } from '../../../contract/terms.ts'
import { shape } from '../../../figures/index.ts'
import { orpc } from '../../api.ts'
import { FailureAlert } from '../../errors/FailureAlert.tsx'
import { useFormats, useLanguage, useTranslation } from '../../language/index.ts'
import { FigureBox } from '../../parts/FigureBox.tsx'
import { followJob, useJob } from '../../parts/jobs/follow.ts'
import { JobProgress } from '../../parts/jobs/JobProgress.tsx'
import { PlaceLink } from '../../parts/place.tsx'
import { useMay } from '../../parts/session.ts'
import { Waiting } from '../../parts/View.tsx'

/** The curves of an additive model, the weightiest first, and a form to change one. */
export const Curves = ({ model }: { model: ModelDetail }) => {
  const { t } = useTranslation('models')
  const formats = useFormats()
  const mayEdit = useMay(clinical)
  const terms = useQuery(orpc.models.terms.queryOptions({ input: { model: model.model } }))
  if (terms.isError) return <FailureAlert error={terms.error} onRetry={() => void terms.refetch()} />
  if (terms.isPending) return <Waiting rows={6} height={120} />
  const { edited } = terms.data
  const sorted = [...terms.data.terms].sort((a, b) => b.importance - a.importance)
  return (
    <Stack gap="md">
      <Text size="sm" c="dimmed" maw={760}>
        {t(`curves.help.${terms.data.scale}`)}
      </Text>
      {edited && (
        <Paper p="md" maw={760}>
          <Title order={2}>{t('curves.edited')}</Title>
          <Text size="sm">
            {t('curves.editedBy', { by: edited.by, at: formats.dateTime(edited.at), count: edited.edits.length })}{' '}
            {edited.reason}
          </Text>
          <PlaceLink to="/models/$model" params={{ model: String(edited.model) }} size="sm">
            {t('curves.parent')}
          </PlaceLink>
        </Paper>
      )}
      {mayEdit && <Change model={model} terms={terms.data} />}
      <SimpleGrid cols={{ base: 1, md: 2, xl: 3 }}>
        {sorted.flatMap((term) =>
          term.curves.map((_, of) => (
            <One
              key={`${term.term} ${terms.data.classes?.[of]}`}
              term={term}
              of={of}
              className={terms.data.classes?.[of] ?? null}
            />
          )),
        )}
      </SimpleGrid>
    </Stack>
  )
}

const One = ({ term, of, className }: { term: TermCurve; of: number; className: string | null }) => {
  const { t } = useTranslation('models')
  const language = useLanguage()
  const formats = useFormats()
  const title = className ? `${term.term}: ${className}` : term.term
  const curve = term.curves[of]
  const nameOf = (cell: TermCell) => {
    if (cell.missing) return t('curves.missing')
    if (cell.levels) return cell.levels.join(', ')
    if (cell.to === null) return cell.from === null ? t('curves.all') : `> ${formats.number(cell.from)}`
    return `≤ ${formats.number(cell.to)}`
  }
  const draw = useMemo(
    () => (size: { width: number; document: Document }) => {
      const [down, across] = term.features
      const named = term.unit ? `${term.term} (${term.unit})` : term.term
      return shape(
        {
          sides: term.sides.map((side) =>
            side.map(({ levels, ...cell }) => ({ ...cell, label: levels ? levels.join(', ') : null })),
          ),
          scores: curve?.scores ?? [],
          deviations: curve?.deviations ?? [],
          weights: term.weights,
        },
        {
          ...size,
          locale: language,
          texts: {
            title,
            description: t('curves.figure'),
            across: term.kind === 'pair' ? (across ?? '') : named,
            down: down ?? '',
            score: t('curves.adds'),
            missing: t('curves.missing'),
          },
        },
      )
    },
    [term, curve, language, t, title],
  )
  const [side = []] = term.sides
  return (
    <Paper p="sm" component="article">
      <Title order={3}>{title}</Title>
      <FigureBox
        draw={draw}
        table={
          term.kind === 'pair' ? undefined : (
            <Table>
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>{term.term}</Table.Th>
                  <Table.Th>{t('curves.adds')}</Table.Th>
                  <Table.Th>{t('curves.deviation')}</Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {side.map((cell, at) => (
                  <Table.Tr key={nameOf(cell)}>
                    <Table.Td>{nameOf(cell)}</Table.Td>
                    <Table.Td>{formats.number(curve?.scores[at] ?? 0)}</Table.Td>
                    <Table.Td>{formats.number(curve?.deviations[at] ?? 0)}</Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          )
        }
      />
    </Paper>
  )
}

const changes = ['set', 'flatten', 'smooth', 'rising', 'falling', 'remove'] as const

/** One change at a time: each makes a version that can be looked at before the next. */
const Change = ({ model, terms }: { model: ModelDetail; terms: ModelTerms }) => {
  const { t } = useTranslation('models')
  const [term, setTerm] = useState<string | null>(null)
  const [change, setChange] = useState<(typeof changes)[number]>('flatten')
  const [level, setLevel] = useState<string | null>(null)
  const [from, setFrom] = useState<number | string>('')
  const [to, setTo] = useState<number | string>('')
  const [value, setValue] = useState<number | string>(0)
  const [reach, setReach] = useState<number | string>(3)
  const [of, setOf] = useState<string | null>(terms.classes?.[0] ?? null)
  const [reason, setReason] = useState('')
  const [started, setStarted] = useState<string | null>(null)
  const job = useJob(started)
  const edit = useMutation(
    orpc.models.editTerms.mutationOptions({
      onSuccess: ({ job: begun }) => {
        setStarted(begun)
        void followJob(begun)
      },
    }),
  )
  const chosen = terms.terms.find((one) => one.term === term)
  const ranged = change === 'set' || change === 'flatten' || change === 'smooth'
  const levels = (chosen?.sides[0] ?? []).flatMap((cell) => cell.levels ?? [])
  const offered = changes.filter((one) => {
    if (!chosen || one === 'remove') return true
    if (chosen.kind === 'pair') return false
    return chosen.kind === 'numbers' || one === 'set' || one === 'flatten'
  })
  const bound = (typed: number | string) => (typed === '' ? null : Number(typed))
  const made = (): TermEditInput | null => {
    if (!chosen) return null
    const named = { term: chosen.term, ...(of === null ? {} : { class: of }) }
    if (change === 'remove') return { change, ...named }
    if (change === 'rising' || change === 'falling') return { change: 'monotone', ...named, direction: change }
    if (level === null && chosen.kind === 'levels') return null
    const where = level === '' ? 'missing' : level !== null ? { levels: [level] } : { from: bound(from), to: bound(to) }
    if (change === 'set') return { change, ...named, where, value: Number(value) }
    return change === 'smooth' ? { change, ...named, where, reach: Number(reach) } : { change, ...named, where }
  }
  const ready = made()
  return (
    <Paper p="md" maw={760}>
      <Stack gap="sm">
        <Title order={2}>{t('curves.change')}</Title>
        <Text size="sm" c="dimmed">
          {t('curves.changeHelp')}
        </Text>
        <Group align="flex-end" gap="sm">
          <Select
            label={t('curves.term')}
            data={terms.terms.map((one) => one.term)}
            value={term}
            onChange={(next) => {
              setTerm(next)
              setLevel(null)
              setChange(terms.terms.find((one) => one.term === next)?.kind === 'pair' ? 'remove' : 'flatten')
            }}
          />
          <Select
            label={t('curves.what')}
            data={offered.map((one) => ({ value: one, label: t(`curves.changes.${one}`) }))}
            value={change}
            allowDeselect={false}
            onChange={(next) => setChange((next ?? 'flatten') as (typeof changes)[number])}
          />
          {terms.classes && (
            <Select label={t('curves.class')} data={terms.classes} value={of} allowDeselect={false} onChange={setOf} />
          )}
          {chosen && ranged && (
            <Select
              label={t('curves.where')}
              data={[...levels.map((one) => ({ value: one, label: one })), { value: '', label: t('curves.missing') }]}
              value={level}
              placeholder={chosen.kind === 'numbers' ? t('curves.range') : ''}
              clearable={chosen.kind === 'numbers'}
              onChange={setLevel}
            />
          )}
          {chosen?.kind === 'numbers' && ranged && level === null && (
            <>
              <NumberInput label={t('curves.from')} value={from} onChange={setFrom} w={110} />
              <NumberInput label={t('curves.to')} value={to} onChange={setTo} w={110} />
            </>
          )}
          {change === 'set' && <NumberInput label={t('curves.value')} value={value} onChange={setValue} w={110} />}
          {change === 'smooth' && (
            <NumberInput label={t('curves.reach')} value={reach} min={1} max={100} onChange={setReach} w={140} />
          )}
        </Group>
        <Textarea
          label={t('curves.reason')}
          description={t('curves.reasonHelp')}
          required
          maxLength={2000}
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
        <Group justify="flex-end">
          <Button
            disabled={!ready || reason.trim() === ''}
            loading={edit.isPending}
            onClick={() => ready && edit.mutate({ model: model.model, edits: [ready], reason })}
          >
            {t('curves.make')}
          </Button>
        </Group>
        {edit.isError && <FailureAlert error={edit.error} focus />}
        {job && job.state !== 'done' && <JobProgress job={job} />}
        {job?.state === 'done' && job.result?.model !== undefined && (
          <PlaceLink to="/models/$model" params={{ model: String(job.result.model) }}>
            {t('curves.open')}
          </PlaceLink>
        )}
      </Stack>
    </Paper>
  )
}
