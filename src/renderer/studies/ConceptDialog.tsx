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
  const { t } = useTranslation('models')
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
  const levels = draft.levels ?? []
  const setLevel = (index: number, part: Partial<(typeof levels)[number]>) =>
    change({ levels: levels.map((level, at) => (at === index ? { ...level, ...part } : level)) })
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
          <Group grow align="flex-start" preventGrowOverflow={false}>
            <TextInput
              label={t('concept.labelEn')}
              required
              data-autofocus
              value={draft.label.en}
              error={faults.label ? t('concept.labelMissing') : undefined}
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
              data={conceptRoles.map((role) => ({ value: role, label: t(`roles.${role}`) }))}
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
          {numeric.has(draft.kind) &&
            (['plausible', 'reference'] as const).map((key) => (
              <Group key={key} grow align="flex-end" preventGrowOverflow={false}>
                <NumberInput
                  label={t(`concept.${key}Low`)}
                  value={draft[key]?.low ?? ''}
                  hideControls
                  onChange={(low) => change({ [key]: rangeOf(low, draft[key]?.high ?? '') })}
                  error={faults[key] ? t('concept.rangeWrong') : undefined}
                />
                <NumberInput
                  label={t(`concept.${key}High`)}
                  value={draft[key]?.high ?? ''}
                  hideControls
                  onChange={(high) => change({ [key]: rangeOf(draft[key]?.low ?? '', high) })}
                />
              </Group>
            ))}
          {draft.kind !== 'date' && draft.kind !== 'text' && (
            <div>
              <Group justify="space-between">
                <Text size="sm" fw={500}>
                  {t('concept.levels')}
                </Text>
                <Button
                  size="compact-xs"
                  variant="subtle"
                  leftSection={<IconPlus size={13} />}
                  onClick={() => change({ levels: [...levels, { code: '', label: { en: '' } }] })}
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
                          <VisuallyHidden>{t('actions')}</VisuallyHidden>
                        </Table.Th>
                      </Table.Tr>
                    </Table.Thead>
                    <Table.Tbody>
                      {levels.map((level, index) => (
                        // biome-ignore lint/suspicious/noArrayIndexKey: a level has no identity but its place while its code is typed
                        <Table.Tr key={index}>
                          <Table.Td>
                            <TextInput
                              size="xs"
                              aria-label={t('concept.code')}
                              value={level.code}
                              error={level.code.trim() === ''}
                              onChange={(event) => setLevel(index, { code: event.currentTarget.value })}
                            />
                          </Table.Td>
                          <Table.Td>
                            <TextInput
                              size="xs"
                              aria-label={t('concept.labelEn')}
                              value={level.label.en}
                              onChange={(event) =>
                                setLevel(index, { label: { ...level.label, en: event.currentTarget.value } })
                              }
                            />
                          </Table.Td>
                          <Table.Td>
                            <TextInput
                              size="xs"
                              aria-label={t('concept.labelZh')}
                              value={level.label.zh ?? ''}
                              onChange={(event) =>
                                setLevel(index, { label: { ...level.label, zh: event.currentTarget.value } })
                              }
                            />
                          </Table.Td>
                          <Table.Td w={30}>
                            <ActionIcon
                              aria-label={t('concept.removeLevel', { code: level.code })}
                              onClick={() => change({ levels: levels.filter((_, at) => at !== index) })}
                            >
                              <IconTrash size={15} />
                            </ActionIcon>
                          </Table.Td>
                        </Table.Tr>
                      ))}
                    </Table.Tbody>
                  </Table>
                </ScrollX>
              )}
            </div>
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
