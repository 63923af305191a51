import { Select, TextInput } from '@mantine/core'
import { type FormEvent, useEffect, useState } from 'react'
import { FailureAlert } from '../errors/FailureAlert.tsx'
import { useTranslation } from '../language/index.ts'
import type { AuditSearch } from '../parts/auditSearch.ts'
import { usePlace } from '../parts/place.tsx'
import classes from './audit.module.css'
import { type Choices, outcomeKinds, useTerms } from './terms.ts'

/** What an address asks for stays choosable, also where the core knows no such user or act any more. */
const withChosen = (choices: Choices[], value: string | undefined, group: string): Choices[] =>
  value === undefined || choices.some(({ items }) => items.some((item) => item.value === value))
    ? choices
    : [...choices, { group, items: [{ value, label: value }] }]

/** Narrows the log; what is chosen stands in the address, so that Back undoes it. */
export const Filter = ({ search }: { search: AuditSearch }) => {
  const { t } = useTranslation('audit')
  const place = usePlace()
  const { actors, acts, error, retry } = useTerms()
  const [record, setRecord] = useState(search.record ?? '')
  useEffect(() => setRecord(search.record ?? ''), [search.record])

  const change = (name: keyof AuditSearch, value: string | null) => {
    const { [name]: _, before: __, ...rest } = search
    place.audit(value === null || value.trim() === '' ? rest : { ...rest, [name]: value.trim() })
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (record.trim() !== (search.record ?? '')) change('record', record)
  }
  const reversed = search.from !== undefined && search.to !== undefined && search.from > search.to
  return (
    <search aria-label={t('filter.label')}>
      <form onSubmit={submit}>
        <div className={classes.filter}>
          <Select
            label={t('columns.actor')}
            placeholder={t('filter.anyone')}
            data={withChosen(actors, search.actor, t('filter.others'))}
            value={search.actor ?? null}
            onChange={(value) => change('actor', value)}
            searchable
            clearable
            nothingFoundMessage={t('filter.nothing')}
            clearButtonProps={{ 'aria-label': t('filter.clear') }}
          />
          <Select
            label={t('columns.act')}
            placeholder={t('filter.anything')}
            data={withChosen(acts, search.act, t('filter.others'))}
            value={search.act ?? null}
            onChange={(value) => change('act', value)}
            searchable
            clearable
            nothingFoundMessage={t('filter.nothing')}
            clearButtonProps={{ 'aria-label': t('filter.clear') }}
          />
          <TextInput
            label={t('columns.record')}
            placeholder="patient/17"
            value={record}
            onChange={(event) => setRecord(event.currentTarget.value)}
            onBlur={submit}
            maxLength={100}
            autoComplete="off"
            spellCheck={false}
          />
          <Select
            label={t('columns.outcome')}
            placeholder={t('filter.any')}
            data={withChosen(
              [{ group: '', items: outcomeKinds.map((value) => ({ value, label: t(`outcomes.${value}`) })) }],
              search.outcome,
              '',
            ).flatMap(({ items }) => items)}
            value={search.outcome ?? null}
            onChange={(value) => change('outcome', value)}
            clearable
            clearButtonProps={{ 'aria-label': t('filter.clear') }}
          />
          <TextInput
            type="date"
            label={t('filter.from')}
            value={search.from ?? ''}
            max={search.to}
            onChange={(event) => change('from', event.currentTarget.value)}
          />
          <TextInput
            type="date"
            label={t('filter.to')}
            value={search.to ?? ''}
            min={search.from}
            onChange={(event) => change('to', event.currentTarget.value)}
            error={reversed ? t('filter.reversed') : null}
          />
          {/* Enter in a field. */}
          <button type="submit" hidden />
        </div>
        {error ? <FailureAlert error={error} onRetry={retry} /> : null}
      </form>
    </search>
  )
}
