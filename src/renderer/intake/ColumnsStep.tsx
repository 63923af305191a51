import {
  Alert,
  Autocomplete,
  Button,
  Checkbox,
  Group,
  List,
  Loader,
  NativeSelect,
  Paper,
  Select,
  Stack,
  TagsInput,
  Text,
  TextInput,
  Title,
} from '@mantine/core'
import { IconAlertTriangle, IconArrowRight } from '@tabler/icons-react'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import type { Dialect, Mapping } from '../../contract/intake.ts'
import { orpc } from '../api.ts'
import { FailureAlert } from '../errors/FailureAlert.tsx'
import { useFormats, useTranslation, useWarningText } from '../language/index.ts'
import { DialectFields } from './DialectFields.tsx'
import { FirstRows } from './FirstRows.tsx'
import classes from './Intake.module.css'
import type { Draft } from './index.tsx'
import { MappingTable } from './MappingTable.tsx'
import { faultsOf, withSaved } from './mapping.ts'

/** Says how the file is written and what each column means. */
export const ColumnsStep = ({
  draft,
  onChange,
  onBack,
  onNext,
}: {
  draft: Draft
  onChange: (draft: Draft) => void
  onBack: () => void
  onNext: () => void
}) => {
  const { t } = useTranslation('intake')
  const warningText = useWarningText()
  const formats = useFormats()
  const { preview, mapping, study } = draft
  const studies = useQuery(orpc.studies.list.queryOptions())
  const mappings = useQuery(orpc.intake.mappings.queryOptions())
  const again = useMutation(
    orpc.intake.preview.mutationOptions({
      onSuccess: (next) => onChange({ ...draft, preview: next, mapping: next.mapping }),
    }),
  )
  const faults = useMemo(() => faultsOf(mapping), [mapping])
  const exists = studies.data?.some((each) => each.name === study.trim()) ?? false
  const setMapping = (next: Mapping) => onChange({ ...draft, mapping: next })
  const setDialect = (dialect: Dialect) =>
    again.mutate({
      upload: preview.upload,
      dialect,
      study: exists ? study.trim() : null,
    })
  const lookInto = (name: string) => {
    onChange({ ...draft, study: name })
    if (studies.data?.some((each) => each.name === name))
      again.mutate(
        { upload: preview.upload, dialect: mapping.dialect, study: name },
        { onSuccess: (next) => onChange({ ...draft, study: name, preview: next, mapping: next.mapping }) },
      )
  }
  const names = preview.columns.map((column) => column.name)
  const ready = faults.length === 0 && study.trim() !== '' && !again.isPending

  return (
    <Stack gap="md">
      <Paper className={classes.panel}>
        <Group justify="space-between" mb="sm" gap="xs">
          <Title order={2} size="h3" style={{ overflowWrap: 'anywhere' }}>
            {preview.file}
          </Title>
          <Text size="sm" c="dimmed" className="tabular">
            {formats.bytes(preview.bytes)} · {t('columnCount', { count: preview.columns.length })} ·{' '}
            {t('looked', { count: preview.looked })}
          </Text>
        </Group>
        <DialectFields dialect={mapping.dialect} onChange={setDialect} />
        {again.isError && <FailureAlert error={again.error} />}
        <Group gap="xs" mt="md" mb={6}>
          <Text size="sm" fw={600}>
            {t('firstRows')}
          </Text>
          {again.isPending && <Loader size={14} aria-label={t('file.looking')} />}
        </Group>
        <FirstRows preview={preview} missing={mapping.missing} />
        {preview.warnings.length > 0 && (
          <Alert color="amber" mt="sm" icon={<IconAlertTriangle />} title={t('warnings')}>
            <List size="sm">
              {preview.warnings.map((warning) => (
                <List.Item key={`${warning.reason} ${warning.message}`}>{warningText(warning)}</List.Item>
              ))}
            </List>
          </Alert>
        )}
      </Paper>

      <Paper className={classes.panel}>
        <div className={classes.fields}>
          <Autocomplete
            label={t('study')}
            description={study.trim() === '' ? t('studyHelp') : exists ? t('studyExists') : t('studyNew')}
            data={(studies.data ?? []).map((each) => each.name)}
            value={study}
            maxLength={100}
            required
            onChange={(value) => onChange({ ...draft, study: value })}
            onOptionSubmit={lookInto}
            error={study.trim() === '' ? t('studyMissing') : null}
          />
          <Select
            label={t('savedMapping')}
            description={preview.savedAs ? t('savedFits', { name: preview.savedAs }) : t('savedHelp')}
            placeholder={mappings.data?.length === 0 ? t('savedNone') : t('savedChoose')}
            data={(mappings.data ?? []).map((each) => each.name)}
            disabled={!mappings.data?.length}
            value={null}
            searchable
            onChange={(name) => {
              const saved = mappings.data?.find((each) => each.name === name)
              if (saved) setMapping(withSaved(preview.mapping, saved.mapping))
            }}
          />
          <NativeSelect
            label={t('layout.label')}
            description={t(`layout.${mapping.layout.shape}Help`)}
            data={[
              { value: 'wide', label: t('layout.wide') },
              { value: 'long', label: t('layout.long') },
            ]}
            value={mapping.layout.shape}
            onChange={(event) =>
              setMapping({
                ...mapping,
                layout:
                  event.currentTarget.value === 'long'
                    ? { shape: 'long', day: null, test: names.at(-2) ?? names[0] ?? '', value: names.at(-1) ?? '' }
                    : { shape: 'wide' },
              })
            }
          />
          <TagsInput
            label={t('missing.label')}
            description={t('missing.help')}
            value={mapping.missing.filter((text) => text !== '')}
            onChange={(texts) => setMapping({ ...mapping, missing: ['', ...texts] })}
            splitChars={[]}
            acceptValueOnBlur
          />
          <TextInput
            label={t('system.label')}
            description={t('system.help')}
            placeholder={t('system.none')}
            value={mapping.identifierSystem ?? ''}
            onChange={(event) => setMapping({ ...mapping, identifierSystem: event.currentTarget.value || null })}
          />
          {mapping.layout.shape === 'long' &&
            (['day', 'test', 'value'] as const).map((part) => (
              <NativeSelect
                key={part}
                label={t(`layout.${part}`)}
                data={[
                  ...(part === 'day' ? [{ value: '', label: t('layout.noDay') }] : []),
                  ...names.map((name) => ({ value: name, label: name })),
                ]}
                value={(mapping.layout.shape === 'long' ? mapping.layout[part] : '') ?? ''}
                onChange={(event) =>
                  mapping.layout.shape === 'long' &&
                  setMapping({
                    ...mapping,
                    layout: { ...mapping.layout, [part]: event.currentTarget.value || (part === 'day' ? null : '') },
                  })
                }
              />
            ))}
        </div>
      </Paper>

      <MappingTable preview={preview} mapping={mapping} faults={faults} onChange={setMapping} />

      {faults.length > 0 && (
        <Alert color="amber" icon={<IconAlertTriangle />} title={t('faults.title')} role="status">
          <List size="sm">
            {faults.map((fault) => (
              <List.Item key={`${fault.reason} ${fault.at} ${fault.about}`}>
                {t(`faults.${fault.reason}`, {
                  about: fault.reason === 'twice' ? t(`roles.${fault.about}`) : fault.about,
                  column: fault.at === null ? '' : (mapping.columns[fault.at]?.column ?? ''),
                })}
              </List.Item>
            ))}
          </List>
        </Alert>
      )}
      <div className={classes.foot}>
        <Button variant="default" onClick={onBack}>
          {t('otherFile')}
        </Button>
        <Group gap="md">
          <Checkbox
            label={t('saveMapping')}
            checked={draft.saveMappingAs !== null}
            onChange={(event) =>
              onChange({ ...draft, saveMappingAs: event.currentTarget.checked ? study.trim() || preview.file : null })
            }
          />
          {draft.saveMappingAs !== null && (
            <TextInput
              aria-label={t('saveMappingName')}
              placeholder={t('saveMappingName')}
              maxLength={100}
              value={draft.saveMappingAs}
              onChange={(event) => onChange({ ...draft, saveMappingAs: event.currentTarget.value })}
            />
          )}
          <Button disabled={!ready} rightSection={<IconArrowRight size={16} />} onClick={onNext}>
            {t('checkRows')}
          </Button>
        </Group>
      </div>
    </Stack>
  )
}
