import {
  Alert,
  Autocomplete,
  Button,
  Checkbox,
  Group,
  List,
  Loader,
  Paper,
  Stack,
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
import type { Draft } from './draft.ts'
import { FirstRows } from './FirstRows.tsx'
import classes from './Intake.module.css'
import { MappingFields } from './MappingFields.tsx'
import { MappingTable } from './MappingTable.tsx'
import { faultsOf } from './mapping.ts'

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
  const { preview, mapping, study } = draft
  const studies = useQuery(orpc.studies.list.queryOptions())
  const names = (studies.data ?? []).map(({ name }) => name)
  const again = useMutation(
    orpc.intake.preview.mutationOptions({
      onSuccess: (next) => onChange({ ...draft, preview: next, mapping: next.mapping }),
    }),
  )
  const faults = useMemo(() => faultsOf(mapping), [mapping])
  const setMapping = (next: Mapping) => onChange({ ...draft, mapping: next })
  const look = (dialect: Dialect, name: string) =>
    again.mutate({ upload: preview.upload, dialect, study: names.includes(name.trim()) ? name.trim() : null })
  const lookInto = (name: string) => {
    onChange({ ...draft, study: name })
    if (names.includes(name)) look(mapping.dialect, name)
  }
  return (
    <Stack gap="md">
      <Paper className={classes.panel}>
        <Written
          draft={draft}
          pending={again.isPending}
          error={again.error}
          onDialect={(dialect) => look(dialect, study)}
        />
      </Paper>
      <Paper className={classes.panel}>
        <div className={classes.fields}>
          <StudyField
            study={study}
            studies={names}
            onChange={(name) => onChange({ ...draft, study: name })}
            onChoose={lookInto}
          />
          <MappingFields preview={preview} mapping={mapping} onChange={setMapping} />
        </div>
      </Paper>
      <MappingTable preview={preview} mapping={mapping} faults={faults} onChange={setMapping} />
      {faults.length > 0 && <Faults faults={faults} mapping={mapping} />}
      <Foot
        draft={draft}
        ready={faults.length === 0 && study.trim() !== '' && !again.isPending}
        onChange={onChange}
        onBack={onBack}
        onNext={onNext}
      />
    </Stack>
  )
}

/** How the file is written: its dialect, and its first rows as they are read with it. */
const Written = ({
  draft: { preview, mapping },
  pending,
  error,
  onDialect,
}: {
  draft: Draft
  pending: boolean
  error: unknown
  onDialect: (dialect: Dialect) => void
}) => {
  const { t } = useTranslation('intake')
  const warningText = useWarningText()
  const formats = useFormats()
  return (
    <>
      <Group justify="space-between" mb="sm" gap="xs">
        <Title order={2} size="h3" style={{ overflowWrap: 'anywhere' }}>
          {preview.file}
        </Title>
        <Text size="sm" c="dimmed" className="tabular">
          {formats.bytes(preview.bytes)} · {t('columnCount', { count: preview.columns.length })} ·{' '}
          {t('looked', { count: preview.looked })}
        </Text>
      </Group>
      <DialectFields dialect={mapping.dialect} onChange={onDialect} />
      {error !== null && <FailureAlert error={error} />}
      <Group gap="xs" mt="md" mb={6}>
        <Text size="sm" fw={600}>
          {t('firstRows')}
        </Text>
        {pending && <Loader size={14} aria-label={t('file.looking')} />}
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
    </>
  )
}

/** The study that the rows go into: one there is, or a new one. */
const StudyField = ({
  study,
  studies,
  onChange,
  onChoose,
}: {
  study: string
  studies: string[]
  onChange: (study: string) => void
  onChoose: (study: string) => void
}) => {
  const { t } = useTranslation('intake')
  const named = study.trim() !== ''
  return (
    <Autocomplete
      label={t('study')}
      description={!named ? t('studyHelp') : studies.includes(study.trim()) ? t('studyExists') : t('studyNew')}
      data={studies}
      value={study}
      maxLength={100}
      required
      onChange={onChange}
      onOptionSubmit={onChoose}
      error={named ? null : t('studyMissing')}
    />
  )
}

const Faults = ({ faults, mapping }: { faults: ReturnType<typeof faultsOf>; mapping: Mapping }) => {
  const { t } = useTranslation('intake')
  return (
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
  )
}

/** Back, forth, and whether the mapping is kept for files to come. */
const Foot = ({
  draft,
  ready,
  onChange,
  onBack,
  onNext,
}: {
  draft: Draft
  ready: boolean
  onChange: (draft: Draft) => void
  onBack: () => void
  onNext: () => void
}) => {
  const { t } = useTranslation('intake')
  const { preview, study } = draft
  return (
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
  )
}
