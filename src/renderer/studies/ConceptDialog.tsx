import {
  ActionIcon,
  Button,
  Group,
  Modal,
  NumberInput,
  Select,
  Stack,
  Switch,
  Table,
  Text,
  Textarea,
  TextInput,
  VisuallyHidden,
} from '@mantine/core'
import { IconPlus, IconTrash } from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { type Concept, conceptRoles } from '../../contract/values.ts'
import { orpc, queryClient } from '../api.ts'
import { FailureAlert } from '../errors/FailureAlert.tsx'
import { useTranslation } from '../language/index.ts'
import { ScrollX } from '../parts/ScrollX.tsx'

type Range = Concept['plausible']
const numeric = new Set(['number', 'integer'])

const rangeOf = (low: number | string, high: number | string): Range => {
  const number = (value: number | string) => (value === '' ? null : Number(value))
  const range = { low: number(low), high: number(high) }
  return range.low === null && range.high === null ? null : range
}

/** Edits one entry of a study's dictionary: what the column is called, its unit, ranges, levels and flags. */
export const ConceptDialog = ({
  study,
  concept,
  onClose,
}: {
  study: string
  concept: Concept
  onClose: () => void
}) => {
  const { t } = useTranslation('studies')
  const [draft, setDraft] = useState<Concept>(concept)
  const change = (part: Partial<Concept>) => setDraft((before) => ({ ...before, ...part }))
  const describe = useMutation(
    orpc.studies.describe.mutationOptions({
      onSuccess: async () => {
        await queryClient.invalidateQueries({ queryKey: orpc.studies.key() })
        onClose()
      },
    }),
  )
  const bad = (range: Range) => range !== null && range.low !== null && range.high !== null && range.low > range.high
  const faults = {
    label: draft.label.en.trim() === '',
    plausible: bad(draft.plausible),
    reference: bad(draft.reference),
    levels: (draft.levels ?? []).some(({ code }) => code.trim() === ''),
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (Object.values(faults).includes(true)) return
    const description = draft.description?.en.trim() || draft.description?.zh?.trim() ? draft.description : null
    const levels = draft.levels && draft.levels.length > 0 ? draft.levels : null
    describe.mutate({ study, concept: { ...draft, unit: draft.unit?.trim() || null, description, levels } })
  }
  return (
    <Modal
      opened
      closeButtonProps={{ 'aria-label': t('shell:close') }}
      onClose={onClose}
      size="lg"
      title={
        <Text fw={640}>
          {t('concept.title')}{' '}
          <Text span ff="monospace">
            {concept.name}
          </Text>
        </Text>
      }
    >
      <form onSubmit={submit} noValidate>
        <Stack gap="sm">
          <Meaning draft={draft} change={change} labelMissing={faults.label} />
          {numeric.has(draft.kind) &&
            (['plausible', 'reference'] as const).map((key) => (
              <RangeFields
                key={key}
                name={key}
                range={draft[key]}
                wrong={faults[key]}
                onChange={(range) => change({ [key]: range })}
              />
            ))}
          {draft.kind !== 'date' && draft.kind !== 'text' && (
            <Levels levels={draft.levels ?? []} onChange={(levels) => change({ levels })} />
          )}
          <Textarea
            label={t('concept.description')}
            autosize
            minRows={2}
            value={draft.description?.en ?? ''}
            onChange={(event) => change({ description: { ...draft.description, en: event.currentTarget.value } })}
          />
          <Textarea
            label={t('concept.descriptionZh')}
            autosize
            minRows={1}
            value={draft.description?.zh ?? ''}
            onChange={(event) =>
              change({ description: { en: draft.description?.en ?? '', zh: event.currentTarget.value } })
            }
          />
          <Switch
            label={t('concept.modifiable')}
            description={t('concept.modifiableHelp')}
            checked={draft.modifiable}
            onChange={(event) => change({ modifiable: event.currentTarget.checked })}
          />
          {describe.isError && <FailureAlert error={describe.error} focus />}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              {t('shell:cancel')}
            </Button>
            <Button type="submit" loading={describe.isPending} disabled={Object.values(faults).includes(true)}>
              {t('shell:save')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}

/** What the column is called, what it is for, and its unit. */
const Meaning = ({
  draft,
  change,
  labelMissing,
}: {
  draft: Concept
  change: (part: Partial<Concept>) => void
  labelMissing: boolean
}) => {
  const { t } = useTranslation('studies')
  return (
    <>
      <Group grow align="flex-start" preventGrowOverflow={false}>
        <TextInput
          label={t('concept.labelEn')}
          required
          data-autofocus
          value={draft.label.en}
          error={labelMissing ? t('concept.labelMissing') : undefined}
          onChange={(event) => change({ label: { ...draft.label, en: event.currentTarget.value } })}
        />
        <TextInput
          label={t('concept.labelZh')}
          value={draft.label.zh ?? ''}
          onChange={(event) => {
            const { zh: _, ...rest } = draft.label
            change({ label: event.currentTarget.value ? { ...rest, zh: event.currentTarget.value } : rest })
          }}
        />
      </Group>
      <Group grow align="flex-start" preventGrowOverflow={false}>
        <Select
          label={t('study.role')}
          description={t('concept.roleHelp')}
          data={conceptRoles.map((role) => ({ value: role, label: t(`models:roles.${role}`) }))}
          value={draft.role}
          allowDeselect={false}
          onChange={(role) => role && change({ role: role as Concept['role'] })}
        />
        <TextInput
          label={t('study.unit')}
          description={t('concept.unitHelp')}
          value={draft.unit ?? ''}
          onChange={(event) => change({ unit: event.currentTarget.value })}
        />
      </Group>
    </>
  )
}

const RangeFields = ({
  name,
  range,
  wrong,
  onChange,
}: {
  name: 'plausible' | 'reference'
  range: Range
  wrong: boolean
  onChange: (range: Range) => void
}) => {
  const { t } = useTranslation('studies')
  return (
    <Group grow align="flex-end" preventGrowOverflow={false}>
      <NumberInput
        label={t(`concept.${name}Low`)}
        value={range?.low ?? ''}
        hideControls
        onChange={(low) => onChange(rangeOf(low, range?.high ?? ''))}
        error={wrong ? t('concept.rangeWrong') : undefined}
      />
      <NumberInput
        label={t(`concept.${name}High`)}
        value={range?.high ?? ''}
        hideControls
        onChange={(high) => onChange(rangeOf(range?.low ?? '', high))}
      />
    </Group>
  )
}

type Level = NonNullable<Concept['levels']>[number]

/** Codes of a column and what they mean. */
const Levels = ({ levels, onChange }: { levels: readonly Level[]; onChange: (levels: Level[]) => void }) => {
  const { t } = useTranslation('studies')
  const set = (index: number, part: Partial<Level>) =>
    onChange(levels.map((level, at) => (at === index ? { ...level, ...part } : level)))
  return (
    <div>
      <Group justify="space-between">
        <Text size="sm" fw={500}>
          {t('concept.levels')}
        </Text>
        <Button
          size="compact-xs"
          variant="subtle"
          leftSection={<IconPlus size={13} />}
          onClick={() => onChange([...levels, { code: '', label: { en: '' } }])}
        >
          {t('concept.addLevel')}
        </Button>
      </Group>
      {levels.length > 0 && (
        <ScrollX>
          <Table withRowBorders={false} verticalSpacing={3} horizontalSpacing={4}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th w={90}>{t('concept.code')}</Table.Th>
                <Table.Th>{t('concept.labelEn')}</Table.Th>
                <Table.Th>{t('concept.labelZh')}</Table.Th>
                <Table.Th>
                  <VisuallyHidden>{t('models:actions')}</VisuallyHidden>
                </Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {levels.map((level, index) => (
                <LevelRow
                  // biome-ignore lint/suspicious/noArrayIndexKey: only its place is known while its code is typed
                  key={index}
                  level={level}
                  onChange={(part) => set(index, part)}
                  onRemove={() => onChange(levels.filter((_, at) => at !== index))}
                />
              ))}
            </Table.Tbody>
          </Table>
        </ScrollX>
      )}
    </div>
  )
}

const LevelRow = ({
  level,
  onChange,
  onRemove,
}: {
  level: Level
  onChange: (part: Partial<Level>) => void
  onRemove: () => void
}) => {
  const { t } = useTranslation('studies')
  const label = (language: 'en' | 'zh', name: string) => (
    <Table.Td>
      <TextInput
        size="xs"
        aria-label={name}
        value={level.label[language] ?? ''}
        onChange={(event) => onChange({ label: { ...level.label, [language]: event.currentTarget.value } })}
      />
    </Table.Td>
  )
  return (
    <Table.Tr>
      <Table.Td>
        <TextInput
          size="xs"
          aria-label={t('concept.code')}
          value={level.code}
          error={level.code.trim() === ''}
          onChange={(event) => onChange({ code: event.currentTarget.value })}
        />
      </Table.Td>
      {label('en', t('concept.labelEn'))}
      {label('zh', t('concept.labelZh'))}
      <Table.Td w={30}>
        <ActionIcon aria-label={t('concept.removeLevel', { code: level.code })} onClick={onRemove}>
          <IconTrash size={15} />
        </ActionIcon>
      </Table.Td>
    </Table.Tr>
  )
}
