import { NativeSelect, Select, TagsInput, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import type { Mapping, Preview } from '../../contract/intake.ts'
import { orpc } from '../api.ts'
import { useTranslation } from '../language/index.ts'
import { withSaved } from './mapping.ts'

/**
 * What holds for the whole file: a mapping kept earlier, how values stand in rows, and what means that one is missing.
 */
export const MappingFields = ({
  preview,
  mapping,
  onChange,
}: {
  preview: Preview
  mapping: Mapping
  onChange: (mapping: Mapping) => void
}) => {
  const { t } = useTranslation('intake')
  const mappings = useQuery(orpc.intake.mappings.queryOptions())
  const names = preview.columns.map((column) => column.name)
  return (
    <>
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
          if (saved) onChange(withSaved(preview.mapping, saved.mapping))
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
          onChange({
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
        onChange={(texts) => onChange({ ...mapping, missing: ['', ...texts] })}
        splitChars={[]}
        acceptValueOnBlur
      />
      <TextInput
        label={t('system.label')}
        description={t('system.help')}
        placeholder={t('system.none')}
        value={mapping.identifierSystem ?? ''}
        onChange={(event) => onChange({ ...mapping, identifierSystem: event.currentTarget.value || null })}
      />
      {mapping.layout.shape === 'long' && (
        <LongFields names={names} layout={mapping.layout} onChange={(layout) => onChange({ ...mapping, layout })} />
      )}
    </>
  )
}

type LongLayout = Extract<Mapping['layout'], { shape: 'long' }>

/** Which columns hold the day, the test and the value, where each row is one value. */
const LongFields = ({
  names,
  layout,
  onChange,
}: {
  names: readonly string[]
  layout: LongLayout
  onChange: (layout: LongLayout) => void
}) => {
  const { t } = useTranslation('intake')
  return (['day', 'test', 'value'] as const).map((part) => (
    <NativeSelect
      key={part}
      label={t(`layout.${part}`)}
      data={[
        ...(part === 'day' ? [{ value: '', label: t('layout.noDay') }] : []),
        ...names.map((name) => ({ value: name, label: name })),
      ]}
      value={layout[part] ?? ''}
      onChange={(event) => onChange({ ...layout, [part]: event.currentTarget.value || (part === 'day' ? null : '') })}
    />
  ))
}
