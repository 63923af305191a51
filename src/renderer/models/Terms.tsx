import {
  Alert,
  Badge,
  Button,
  Group,
  List,
  NumberInput,
  Paper,
  Select,
  Stack,
  Table,
  Text,
  Textarea,
  Title,
} from '@mantine/core'
import { IconPencil, IconTrash } from '@tabler/icons-react'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { ModelDetail } from '../../contract/models.ts'
import { clinical } from '../../contract/procedure.ts'
import type { ModelTerms, TermCell, TermCurve, TermEditInput } from '../../contract/terms.ts'
import { orpc } from '../api.ts'
import { FailureAlert } from '../errors/FailureAlert.tsx'
import { followJob, useJob } from '../jobs/follow.ts'
import { JobProgress } from '../jobs/JobProgress.tsx'
import { useFormats, useTranslation } from '../language/index.ts'
import { ScrollX } from '../prediction/ScrollX.tsx'
import { usePlace } from '../shell/place.tsx'
import { Waiting } from '../shell/View.tsx'
import { useMay } from '../unlock/session.ts'

const changes = ['monotone', 'smooth', 'flatten', 'set', 'remove'] as const
type Change = (typeof changes)[number]

/** The curves an additive model adds up, one a column or a pair, and changing them by hand into a new version. */
export const Terms = ({ model }: { model: ModelDetail }) => {
  const terms = useQuery(orpc.models.terms.queryOptions({ input: { model: model.model } }))
  if (terms.isError) return <FailureAlert error={terms.error} onRetry={() => void terms.refetch()} />
  if (!terms.data) return <Waiting rows={10} />
  return <Shown terms={terms.data} />
}

const useStretch = () => {
  const { t } = useTranslation('models')
  const formats = useFormats()
  return ({ from, to, levels, missing }: TermCell): string => {
    if (missing) return t('curves.missing')
    if (levels) return formats.list(levels)
    if (from === null && to === null) return t('curves.any')
    if (from === null) return t('curves.upTo', { to: formats.number(to, 4) })
    if (to === null) return t('curves.above', { from: formats.number(from, 4) })
    return t('curves.between', { from: formats.number(from, 4), to: formats.number(to, 4) })
  }
}

const Shown = ({ terms }: { terms: ModelTerms }) => {
  const { t } = useTranslation('models')
  const formats = useFormats()
  const mayEdit = useMay(clinical)
  const byImportance = terms.terms.toSorted((a, b) => b.importance - a.importance)
  const [name, setName] = useState(byImportance[0]?.term ?? '')
  const [edits, setEdits] = useState<TermEditInput[]>([])
  const [at, setAt] = useState(0)
  const term = byImportance.find((each) => each.term === name)
  return (
    <Stack gap="md">
      <Paper p="md">
        <Stack gap="sm">
          <Title order={2}>{t('curves.title')}</Title>
          <Text size="sm" c="dimmed">
            {t(`curves.help.${terms.scale}`)}
          </Text>
          {terms.edited && (
            <Alert color="amber">
              {t('curves.edited', {
                model: formats.integer(terms.edited.model),
                by: terms.edited.by,
                date: formats.dateTime(terms.edited.at),
                reason: terms.edited.reason,
              })}
            </Alert>
          )}
          <Group align="flex-end" gap="sm">
            <Select
              label={t('curves.term')}
              searchable
              data={byImportance.map((each) => ({
                value: each.term,
                label: t('curves.option', { term: each.term, importance: formats.number(each.importance, 3) }),
              }))}
              value={name}
              allowDeselect={false}
              onChange={(chosen) => chosen && setName(chosen)}
            />
            {terms.classes && terms.classes.length > 1 && (
              <Select
                label={t('curves.class')}
                data={terms.classes.map((label, index) => ({ value: String(index), label }))}
                value={String(at)}
                allowDeselect={false}
                onChange={(chosen) => chosen && setAt(Number(chosen))}
              />
            )}
          </Group>
          {term && <Curve term={term} at={term.curves.length > 1 ? at : 0} />}
        </Stack>
      </Paper>
      {mayEdit && term && (
        <Editor
          key={name}
          model={terms.model}
          term={term}
          label={term.curves.length > 1 ? terms.classes?.[at] : undefined}
          edits={edits}
          onChange={setEdits}
        />
      )}
    </Stack>
  )
}

const Curve = ({ term, at }: { term: TermCurve; at: number }) => {
  const { t } = useTranslation('models')
  const formats = useFormats()
  const stretch = useStretch()
  const curve = term.curves[at]
  const [first = [], second] = term.sides
  const cells = second
    ? first.flatMap((a) => second.map((b) => t('curves.both', { first: stretch(a), second: stretch(b) })))
    : first.map(stretch)
  return (
    <ScrollX>
      <Table fz="sm" aria-label={term.term}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t('curves.stretch')}</Table.Th>
            <Table.Th ta="right">{t('curves.score')}</Table.Th>
            <Table.Th ta="right">{t('curves.deviation')}</Table.Th>
            <Table.Th ta="right">{t('curves.weight')}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {cells.map((label, index) => {
            const score = curve?.scores[index] ?? 0
            return (
              <Table.Tr key={label}>
                <Table.Td>{label}</Table.Td>
                <Table.Td ta="right" className="tabular" c={score > 0 ? 'var(--high)' : 'var(--low)'}>
                  {formats.fixed(score, 3)}
                </Table.Td>
                <Table.Td ta="right" className="tabular">
                  {formats.fixed(curve?.deviations[index] ?? 0, 3)}
                </Table.Td>
                <Table.Td ta="right" className="tabular">
                  {formats.number(term.weights[index] ?? 0, 1)}
                </Table.Td>
              </Table.Tr>
            )
          })}
        </Table.Tbody>
      </Table>
    </ScrollX>
  )
}

const Editor = ({
  model,
  term,
  label,
  edits,
  onChange,
}: {
  model: number
  term: TermCurve
  /** Class whose curve is changed, of three and more. */
  label: string | undefined
  edits: readonly TermEditInput[]
  onChange: (edits: TermEditInput[]) => void
}) => {
  const { t } = useTranslation('models')
  const place = usePlace()
  const allowed = changes.filter(
    (each) => each === 'remove' || term.kind === 'numbers' || (each === 'set' && term.kind === 'levels'),
  )
  const [change, setChange] = useState<Change>(allowed[0] ?? 'remove')
  const [direction, setDirection] = useState<'rising' | 'falling'>('rising')
  const [from, setFrom] = useState<number | null>(null)
  const [to, setTo] = useState<number | null>(null)
  const [level, setLevel] = useState<string | null>(null)
  const [value, setValue] = useState(0)
  const [reason, setReason] = useState('')
  const [tried, setTried] = useState(false)
  const [started, setStarted] = useState<string | null>(null)
  const job = useJob(started)
  const edit = useMutation(
    orpc.models.editTerms.mutationOptions({
      onSuccess: ({ job: id }) => {
        setStarted(id)
        void followJob(id)
      },
    }),
  )
  const levels = [...new Set((term.sides[0] ?? []).flatMap((cell) => cell.levels ?? []))]
  const named = { term: term.term, ...(label === undefined ? {} : { class: label }) }
  const where = term.kind === 'levels' ? { levels: level === null ? [] : [level] } : { from, to }
  const next: TermEditInput =
    change === 'monotone'
      ? { change, ...named, direction }
      : change === 'remove'
        ? { change, ...named }
        : change === 'smooth'
          ? { change, ...named, where, reach: 2 }
          : change === 'flatten'
            ? { change, ...named, where }
            : { change, ...named, where, value }
  const ranged = change === 'set' || change === 'flatten' || change === 'smooth'
  const made = job?.state === 'done' && typeof job.result?.model === 'number' ? job.result.model : null
  const told = (each: TermEditInput) => t(`curves.changes.${each.change}`, { term: each.term })
  return (
    <Paper p="md">
      <Stack gap="sm">
        <Title order={2}>{t('curves.edit')}</Title>
        <Text size="sm" c="dimmed">
          {t('curves.editHelp')}
        </Text>
        <Group align="flex-end" gap="sm">
          <Select
            label={t('curves.change')}
            data={allowed.map((each) => ({ value: each, label: t(`curves.kinds.${each}`) }))}
            value={change}
            allowDeselect={false}
            onChange={(chosen) => chosen && setChange(chosen as Change)}
          />
          {change === 'monotone' && (
            <Select
              label={t('curves.direction')}
              data={(['rising', 'falling'] as const).map((each) => ({
                value: each,
                label: t(`curves.directions.${each}`),
              }))}
              value={direction}
              allowDeselect={false}
              onChange={(chosen) => chosen && setDirection(chosen as typeof direction)}
            />
          )}
          {ranged && term.kind === 'numbers' && (
            <>
              <NumberInput
                label={t('curves.from')}
                value={from ?? ''}
                onChange={(typed) => setFrom(typeof typed === 'number' ? typed : null)}
              />
              <NumberInput
                label={t('curves.to')}
                value={to ?? ''}
                onChange={(typed) => setTo(typeof typed === 'number' ? typed : null)}
              />
            </>
          )}
          {ranged && term.kind === 'levels' && (
            <Select label={t('curves.level')} data={levels} value={level} onChange={setLevel} />
          )}
          {change === 'set' && (
            <NumberInput
              label={t('curves.score')}
              value={value}
              decimalScale={6}
              onChange={(typed) => setValue(Number(typed) || 0)}
            />
          )}
          <Button
            variant="default"
            leftSection={<IconPencil size={15} />}
            disabled={ranged && term.kind === 'levels' && level === null}
            onClick={() => onChange([...edits, next])}
          >
            {t('curves.add')}
          </Button>
        </Group>
        {edits.length > 0 && (
          <List size="sm">
            {edits.map((each, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: a change is its place
              <List.Item key={index}>
                {told(each)}{' '}
                <Button
                  size="compact-xs"
                  variant="default"
                  leftSection={<IconTrash size={12} />}
                  aria-label={`${t('curves.drop')}: ${told(each)}`}
                  onClick={() => onChange(edits.filter((_, at) => at !== index))}
                >
                  {t('curves.drop')}
                </Button>
              </List.Item>
            ))}
          </List>
        )}
        <Textarea
          label={t('curves.reason')}
          description={t('curves.reasonHelp')}
          maxLength={2000}
          value={reason}
          error={tried && reason.trim() === '' ? t('curves.reasonMissing') : null}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
        {edit.isError && <FailureAlert error={edit.error} focus />}
        {job && <JobProgress job={job} />}
        <Group gap="sm">
          <Button
            disabled={edits.length === 0}
            loading={edit.isPending}
            onClick={() => {
              setTried(true)
              if (reason.trim() !== '') edit.mutate({ model, edits: [...edits], reason: reason.trim() })
            }}
          >
            {t('curves.make')}
          </Button>
          {edits.length > 0 && <Badge color="petrol">{t('curves.waiting', { count: edits.length })}</Badge>}
          {made !== null && (
            <Button color="moss" onClick={() => place.model(made)}>
              {t('train.open')}
            </Button>
          )}
        </Group>
      </Stack>
    </Paper>
  )
}
