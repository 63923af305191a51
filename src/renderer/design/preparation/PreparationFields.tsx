import { NumberInput, Select, Switch, TextInput } from '@mantine/core'
import { encodings, type PreparationDesign, transforms } from '../../../contract/design.ts'
import { useTranslation } from '../../language/index.ts'
import { Fold } from '../../parts/Fold.tsx'
import { Rows } from '../../parts/Rows.tsx'
import type { Summary } from '../../parts/suggest.ts'
import classes from '../design.module.css'
import { useDesignForm } from '../form.ts'
import { countPreparation } from './draft.ts'

type Preparation = Omit<PreparationDesign, 'missing'>

/** How columns become what the learner sees; all of it is learned from the training cases alone. */
export const PreparationFields = () => {
  const { draft, change, used, options } = useDesignForm()
  const { t } = useTranslation('design')
  const { preparation } = draft
  const set = (part: Partial<Preparation>) => change({ preparation: { ...preparation, ...part } })
  const asked = countPreparation(draft)
  const numbers = used.filter(({ concept }) => concept.kind === 'number' || concept.kind === 'integer')
  const categories = used.filter(({ concept }) => concept.kind === 'category')
  const share = (value: string | number) => Math.max(0, Number(value) / 100)
  return (
    <Fold title={t('prepare.title')} {...(asked > 0 ? { asked: t('prepare.asked', { count: asked }) } : {})}>
      <div className={classes.pair}>
        <Select
          label={t('prepare.transform')}
          description={t(`prepare.transformHelp.${preparation.transform}`)}
          data={transforms.map((value) => ({ value, label: t(`prepare.transforms.${value}`) }))}
          value={preparation.transform}
          allowDeselect={false}
          onChange={(value) => value && set({ transform: value as Preparation['transform'] })}
        />
        <NumberInput
          label={t('prepare.winsorise')}
          description={t('prepare.winsoriseHelp')}
          min={0}
          max={25}
          step={1}
          decimalScale={2}
          suffix={t('train.of100')}
          value={Number((preparation.winsorise * 100).toFixed(2))}
          onChange={(value) => set({ winsorise: Math.min(0.25, share(value)) })}
        />
        <Select
          label={t('prepare.encoding')}
          description={t(`prepare.encodingHelp.${preparation.encoding}`)}
          data={encodings.map((value) => ({ value, label: t(`prepare.encodings.${value}`) }))}
          value={preparation.encoding}
          allowDeselect={false}
          onChange={(value) => value && set({ encoding: value as Preparation['encoding'] })}
        />
        <NumberInput
          label={t('prepare.rareLevels')}
          description={t('prepare.rareLevelsHelp')}
          min={0}
          max={50}
          step={1}
          decimalScale={2}
          suffix={t('train.of100')}
          value={Number((preparation.rareLevels * 100).toFixed(2))}
          onChange={(value) => set({ rareLevels: Math.min(0.5, share(value)) })}
        />
        {draft.missing === 'knn' && <Whole name="neighbours" value={preparation.neighbours} max={100} onChange={set} />}
        {draft.missing === 'chained' && (
          <>
            <Whole name="imputations" value={preparation.imputations} max={50} onChange={set} />
            <Whole name="iterations" value={preparation.iterations} max={50} onChange={set} />
          </>
        )}
      </div>
      <Switch
        label={t('prepare.indicators')}
        description={t('prepare.indicatorsHelp')}
        checked={preparation.indicators}
        onChange={(event) => set({ indicators: event.currentTarget.checked })}
      />
      <Switch
        label={t('prepare.nearZeroVariance')}
        description={t('prepare.nearZeroVarianceHelp')}
        checked={preparation.nearZeroVariance}
        onChange={(event) => set({ nearZeroVariance: event.currentTarget.checked })}
      />
      {draft.task === 'diagnosis' && (
        <Switch
          label={t('prepare.balance')}
          description={t('prepare.balanceHelp')}
          checked={preparation.balance === 'balanced'}
          onChange={(event) => set({ balance: event.currentTarget.checked ? 'balanced' : 'none' })}
        />
      )}
      {draft.missing === 'constant' && (
        <Constants
          of={preparation.constants}
          used={used}
          options={options}
          onChange={(constants) => set({ constants })}
        />
      )}
      {numbers.length > 0 && (
        <Exceptions
          title={t('prepare.transformsOf')}
          of={preparation.transforms}
          columns={options(numbers)}
          choices={transforms.map((value) => ({ value, label: t(`prepare.transforms.${value}`) }))}
          onChange={(next) => set({ transforms: next as Preparation['transforms'] })}
        />
      )}
      {categories.length > 0 && (
        <Exceptions
          title={t('prepare.encodingsOf')}
          of={preparation.encodings}
          columns={options(categories)}
          choices={encodings.map((value) => ({ value, label: t(`prepare.encodings.${value}`) }))}
          onChange={(next) => set({ encodings: next as Preparation['encodings'] })}
        />
      )}
    </Fold>
  )
}

const Whole = ({
  name,
  value,
  max,
  onChange,
}: {
  name: 'neighbours' | 'imputations' | 'iterations'
  value: number
  max: number
  onChange: (part: Partial<Preparation>) => void
}) => {
  const { t } = useTranslation('design')
  return (
    <NumberInput
      label={t(`prepare.${name}`)}
      description={t(`prepare.${name}Help`)}
      min={1}
      max={max}
      allowDecimal={false}
      value={value}
      onChange={(typed) => onChange({ [name]: Math.min(max, Math.max(1, Math.round(Number(typed) || 1))) })}
    />
  )
}

/** What stands for a missing value, column by column. */
const Constants = ({
  of,
  used,
  options,
  onChange,
}: {
  of: Preparation['constants']
  used: readonly Summary[]
  options: (from: readonly Summary[]) => { value: string; label: string }[]
  onChange: (of: Preparation['constants']) => void
}) => {
  const { t } = useTranslation('design')
  const isNumber = (name: string) => used.some(({ concept }) => concept.name === name && concept.kind !== 'category')
  const next = used.find(({ concept }) => !(concept.name in of))
  return (
    <div>
      <p className={classes.learnerGroup}>{t('prepare.constantsOf')}</p>
      <Rows<{ column: string; value: string | number }>
        rows={Object.entries(of).map(([column, value]) => ({ column, value }))}
        onChange={(rows) => onChange(Object.fromEntries(rows.map(({ column, value }) => [column, value])))}
        fresh={() => {
          const column = next?.concept.name ?? ''
          return { column, value: isNumber(column) ? 0 : '' }
        }}
        add={t('prepare.addConstant')}
        name={(number) => t('prepare.exception', { title: t('prepare.constantsOf'), number })}
      >
        {(row, set, name) => (
          <>
            <Select
              aria-label={t('eligible.column', { name })}
              searchable
              data={options(used.filter(({ concept }) => concept.name === row.column || !(concept.name in of)))}
              value={row.column}
              allowDeselect={false}
              onChange={(column) => column && set({ column, value: isNumber(column) ? 0 : '' })}
            />
            {isNumber(row.column) ? (
              <NumberInput
                aria-label={t('eligible.value', { name })}
                value={Number(row.value)}
                onChange={(value) => set({ value: Number(value) || 0 })}
              />
            ) : (
              <TextInput
                aria-label={t('eligible.value', { name })}
                value={String(row.value)}
                onChange={(event) => set({ value: event.currentTarget.value })}
              />
            )}
          </>
        )}
      </Rows>
    </div>
  )
}

/** Columns that are treated otherwise than the rest. */
const Exceptions = ({
  title,
  of,
  columns,
  choices,
  onChange,
}: {
  title: string
  of: Record<string, string>
  columns: { value: string; label: string }[]
  choices: { value: string; label: string }[]
  onChange: (of: Record<string, string>) => void
}) => {
  const { t } = useTranslation('design')
  const free = (own: string) => columns.filter(({ value }) => value === own || !(value in of))
  const next = columns.find(({ value }) => !(value in of))
  return (
    <div>
      <p className={classes.learnerGroup}>{title}</p>
      <Rows<{ column: string; as: string }>
        rows={Object.entries(of).map(([column, as]) => ({ column, as }))}
        onChange={(rows) => onChange(Object.fromEntries(rows.map(({ column, as }) => [column, as])))}
        fresh={() => ({ column: next?.value ?? columns[0]?.value ?? '', as: choices[1]?.value ?? '' })}
        add={t('prepare.addException')}
        name={(number) => t('prepare.exception', { title, number })}
      >
        {(row, set, name) => (
          <>
            <Select
              aria-label={t('eligible.column', { name })}
              searchable
              data={free(row.column)}
              value={row.column}
              allowDeselect={false}
              onChange={(column) => column && set({ column })}
            />
            <Select
              aria-label={t('prepare.treatment', { name })}
              data={choices}
              value={row.as}
              allowDeselect={false}
              onChange={(as) => as && set({ as })}
            />
          </>
        )}
      </Rows>
    </div>
  )
}
