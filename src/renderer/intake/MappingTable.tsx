import {
  ActionIcon,
  Autocomplete,
  Checkbox,
  NativeSelect,
  NumberInput,
  Switch,
  Textarea,
  TextInput,
} from '@mantine/core'
import { IconChevronDown, IconChevronUp } from '@tabler/icons-react'
import { memo, useCallback, useRef, useState } from 'react'
import type { ColumnMapping, Mapping, Preview } from '../../contract/intake.ts'
import { type Concept, type ConceptKind, type ConceptRole, conceptKinds, conceptRoles } from '../../contract/values.ts'
import { useFormats, useTranslation } from '../language/index.ts'
import classes from './Intake.module.css'
import { levelsOf, levelsText } from './levels.ts'
import { dateFormats, type Fault, withColumn, withConcept } from './mapping.ts'

/** One line a column: whether it is imported, what it is, in which unit. The rest of the dictionary unfolds. */
export const MappingTable = ({
  preview,
  mapping,
  faults,
  onChange,
}: {
  preview: Preview
  mapping: Mapping
  faults: readonly Fault[]
  onChange: (mapping: Mapping) => void
}) => {
  const { t } = useTranslation('intake')
  const current = useRef({ mapping, onChange })
  current.current = { mapping, onChange }
  const setColumn = useCallback(
    (at: number, change: Partial<ColumnMapping>) =>
      current.current.onChange(withColumn(current.current.mapping, at, change)),
    [],
  )
  const setConcept = useCallback(
    (at: number, change: Partial<Concept>) =>
      current.current.onChange(withConcept(current.current.mapping, at, change)),
    [],
  )
  return (
    <section className={classes.mapping} aria-label={t('mapping')}>
      <div className={`${classes.line} ${classes.lineHead}`} aria-hidden>
        <span>{t('map.use')}</span>
        <span>{t('map.column')}</span>
        <span>{t('map.role')}</span>
        <span>{t('map.kind')}</span>
        <span>{t('map.unit')}</span>
        <span>{t('map.sourceUnit')}</span>
        <span>{t('map.dateFormat')}</span>
        <span />
      </div>
      {mapping.columns.map((column, at) => (
        <Line
          key={column.column}
          at={at}
          column={column}
          seen={preview.columns.find((each) => each.name === column.column) ?? null}
          faulty={faults.some((fault) => fault.at === at)}
          setColumn={setColumn}
          setConcept={setConcept}
        />
      ))}
    </section>
  )
}

interface LineProps {
  at: number
  column: ColumnMapping
  seen: Preview['columns'][number] | null
  faulty: boolean
  setColumn: (at: number, change: Partial<ColumnMapping>) => void
  setConcept: (at: number, change: Partial<Concept>) => void
}

const Line = memo(({ at, column, seen, faulty, setColumn, setConcept }: LineProps) => {
  const { t } = useTranslation('intake')
  const formats = useFormats()
  const [opened, setOpened] = useState(false)
  const { concept } = column
  const imported = column.use === 'import'
  const numeric = concept.kind === 'number' || concept.kind === 'integer'
  const named = (key: string) => t(`map.named.${key}`, { column: column.column })
  return (
    <>
      <fieldset
        className={classes.line}
        data-off={!imported || undefined}
        data-fault={faulty || undefined}
        style={{ border: 0, borderBottom: '1px solid var(--line)', margin: 0 }}
        aria-label={column.column}
      >
        <Checkbox
          aria-label={named('use')}
          checked={imported}
          onChange={(event) => setColumn(at, { use: event.currentTarget.checked ? 'import' : 'ignore' })}
        />
        <span className={classes.source}>
          <b>{column.column}</b>
          {seen && (
            <small className="tabular" title={seen.examples.join(' · ')}>
              {seen.missing > 0 &&
                `${t('map.missing', { share: formats.percent(seen.missing / Math.max(1, seen.known + seen.missing)) })} · `}
              {seen.examples.slice(0, 4).join(' · ')}
            </small>
          )}
        </span>
        <NativeSelect
          size="xs"
          aria-label={named('role')}
          disabled={!imported}
          data={conceptRoles.map((role) => ({ value: role, label: t(`roles.${role}`) }))}
          value={concept.role}
          onChange={(event) => setConcept(at, { role: event.currentTarget.value as ConceptRole })}
        />
        <NativeSelect
          size="xs"
          aria-label={named('kind')}
          disabled={!imported}
          data={conceptKinds.map((kind) => ({ value: kind, label: t(`kinds.${kind}`) }))}
          value={concept.kind}
          onChange={(event) => setConcept(at, { kind: event.currentTarget.value as ConceptKind })}
        />
        {imported && numeric ? (
          <TextInput
            size="xs"
            aria-label={named('unit')}
            placeholder="–"
            value={concept.unit ?? ''}
            onChange={(event) => setConcept(at, { unit: event.currentTarget.value.trim() || null })}
          />
        ) : (
          <span />
        )}
        {imported && numeric ? (
          <TextInput
            size="xs"
            aria-label={named('sourceUnit')}
            placeholder={t('map.same')}
            value={column.sourceUnit ?? ''}
            onChange={(event) => setColumn(at, { sourceUnit: event.currentTarget.value.trim() || null })}
          />
        ) : (
          <span />
        )}
        {imported && concept.kind === 'date' ? (
          <Autocomplete
            size="xs"
            aria-label={named('dateFormat')}
            placeholder="yyyy-MM-dd"
            data={[...dateFormats]}
            filter={({ options }) => options}
            value={column.dateFormat ?? ''}
            onChange={(value) => setColumn(at, { dateFormat: value.trim() || null })}
          />
        ) : (
          <span />
        )}
        <ActionIcon
          aria-label={named('more')}
          aria-expanded={opened}
          disabled={!imported}
          onClick={() => setOpened(!opened)}
        >
          {opened ? <IconChevronUp size={16} /> : <IconChevronDown size={16} />}
        </ActionIcon>
      </fieldset>
      {opened && imported && <More at={at} column={column} numeric={numeric} setConcept={setConcept} />}
    </>
  )
})

const More = ({
  at,
  column: { concept },
  numeric,
  setConcept,
}: Pick<LineProps, 'at' | 'column' | 'setConcept'> & { numeric: boolean }) => {
  const { t } = useTranslation('intake')
  const edge = (range: 'plausible' | 'reference', side: 'low' | 'high') => (
    <NumberInput
      size="xs"
      label={t(`map.${range}.${side}`)}
      value={concept[range]?.[side] ?? ''}
      onChange={(value) => {
        const number = value === '' || value === '-' ? null : Number(value)
        const next = { low: concept[range]?.low ?? null, high: concept[range]?.high ?? null, [side]: number }
        setConcept(at, { [range]: next.low === null && next.high === null ? null : next })
      }}
      hideControls
    />
  )
  return (
    <div className={classes.more}>
      <div className={classes.fields}>
        <TextInput
          size="xs"
          label={t('map.name')}
          value={concept.name}
          onChange={(event) => setConcept(at, { name: event.currentTarget.value })}
          error={concept.name.trim() === '' ? t('map.nameMissing') : null}
        />
        <TextInput
          size="xs"
          label={t('map.labelEn')}
          lang="en"
          value={concept.label.en}
          onChange={(event) => setConcept(at, { label: { ...concept.label, en: event.currentTarget.value } })}
        />
        <TextInput
          size="xs"
          label={t('map.labelZh')}
          lang="zh-CN"
          value={concept.label.zh ?? ''}
          onChange={(event) => {
            const { zh: _, ...label } = concept.label
            setConcept(at, { label: event.currentTarget.value ? { ...label, zh: event.currentTarget.value } : label })
          }}
        />
        {numeric && edge('plausible', 'low')}
        {numeric && edge('plausible', 'high')}
        {numeric && edge('reference', 'low')}
        {numeric && edge('reference', 'high')}
        {concept.role === 'observation' && (
          <Switch
            mt={24}
            size="sm"
            label={t('map.modifiable')}
            checked={concept.modifiable}
            onChange={(event) => setConcept(at, { modifiable: event.currentTarget.checked })}
          />
        )}
        {(concept.kind === 'category' || (concept.levels?.length ?? 0) > 0) && (
          <Textarea
            size="xs"
            label={t('map.levels')}
            description={t('map.levelsHelp')}
            autosize
            minRows={2}
            maxRows={8}
            defaultValue={levelsText(concept.levels)}
            onBlur={(event) => setConcept(at, { levels: levelsOf(event.currentTarget.value) })}
          />
        )}
      </div>
    </div>
  )
}
