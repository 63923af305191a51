import { NumberInput, Select, TextInput } from '@mantine/core'
import { useTranslation } from '../../language/index.ts'
import { Fold } from '../../parts/Fold.tsx'
import { narrow, Rows } from '../../parts/Rows.tsx'
import { useDesignForm } from '../form.ts'
import { type FilterDraft, type FilterOp, isOrdered, opsOf } from './draft.ts'

/** Which cases are learned from: each condition that is not met leaves a case out, and is counted. */
export const Eligibility = () => {
  const { draft, change, columns, options, named, fault } = useDesignForm()
  const { t } = useTranslation('design')
  const offered = columns.filter(({ concept }) => concept.role !== 'patientKey' && concept.kind !== 'text')
  const of = (name: string | null) => offered.find(({ concept }) => concept.name === name)
  return (
    <Fold
      title={t('eligible.title')}
      asked={draft.filters.length > 0 ? t('eligible.asked', { count: draft.filters.length }) : t('eligible.all')}
      fault={fault('filters')}
    >
      <Rows<FilterDraft>
        rows={draft.filters}
        onChange={(filters) => change({ filters })}
        fresh={() => ({ column: null, op: '=', value: '' })}
        add={t('eligible.add')}
        name={(number) => t('eligible.one', { number })}
      >
        {(filter, set, name) => {
          const column = of(filter.column)
          const values = column?.counts?.map(({ value }) => value) ?? null
          return (
            <>
              <Select
                aria-label={t('eligible.column', { name })}
                placeholder={t('eligible.chooseColumn')}
                searchable
                data={options(offered)}
                value={filter.column}
                onChange={(next) => {
                  const ops = opsOf(of(next)?.concept)
                  set({ column: next, op: ops.includes(filter.op) ? filter.op : '=', value: '' })
                }}
              />
              <Select
                className={narrow}
                aria-label={t('eligible.op', { name })}
                data={opsOf(column?.concept).map((op) => ({ value: op, label: t(`eligible.ops.${opNames[op]}`) }))}
                value={filter.op}
                allowDeselect={false}
                onChange={(op) => op && set({ op: op as FilterOp })}
              />
              {filter.op !== 'known' &&
                (isOrdered(filter.op) ? (
                  <NumberInput
                    className={narrow}
                    aria-label={t('eligible.value', { name })}
                    value={filter.value === '' ? '' : Number(filter.value)}
                    onChange={(value) => set({ value: String(value) })}
                    hideControls
                  />
                ) : values && column ? (
                  <Select
                    aria-label={t('eligible.value', { name })}
                    placeholder={t('eligible.chooseValue')}
                    searchable
                    data={values.map((value) => ({ value, label: named(column.concept, value) }))}
                    value={values.includes(filter.value) ? filter.value : null}
                    onChange={(value) => set({ value: value ?? '' })}
                  />
                ) : (
                  <TextInput
                    aria-label={t('eligible.value', { name })}
                    placeholder={column?.concept.kind === 'date' ? '2024-03-01' : ''}
                    value={filter.value}
                    onChange={(event) => set({ value: event.currentTarget.value })}
                  />
                ))}
            </>
          )
        }}
      </Rows>
    </Fold>
  )
}

const opNames: Record<FilterOp, string> = {
  '=': 'is',
  '!=': 'isNot',
  '<': 'under',
  '<=': 'atMost',
  '>': 'over',
  '>=': 'atLeast',
  known: 'known',
}
