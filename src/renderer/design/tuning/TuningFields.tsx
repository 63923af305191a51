import { NumberInput, Select, Switch, Text } from '@mantine/core'
import { type Range, type TuningDesign, tuningMethods } from '../../../contract/design.ts'
import type { Parameter } from '../../../contract/models.ts'
import type { Task } from '../../../contract/values.ts'
import { useTranslation } from '../../language/index.ts'
import { Fold } from '../../parts/Fold.tsx'
import { useLearnerTexts } from '../../parts/metrics.ts'
import { narrow, Rows } from '../../parts/Rows.tsx'
import classes from '../design.module.css'
import { useDesignForm } from '../form.ts'

/** Metrics that settings can be chosen by, the usual one first. */
const searchMetrics: Record<Task, readonly string[]> = {
  diagnosis: ['logLoss', 'auroc', 'brier', 'accuracy', 'balancedAccuracy', 'f1'],
  survival: ['harrellC', 'unoC', 'auc', 'brier'],
  regression: ['rmse', 'mae', 'r2'],
}

interface Row {
  name: string
  low: number
  high: number
  log: boolean
}

/** How the learner's parameters are found: on folds inside the cases it learns from. */
export const TuningFields = () => {
  const { t } = useTranslation('design')
  const { draft, fault } = useDesignForm()
  const set = useChange()
  const { method, oneStandardError } = draft.tuning
  const searches = method !== 'none'
  return (
    <Fold
      title={t('tuning.title')}
      {...(searches ? { asked: t(`tuning.methods.${method}`) } : {})}
      fault={searches ? fault('space') : undefined}
    >
      <Select
        label={t('tuning.method')}
        description={t(`tuning.methodHelp.${method}`)}
        maw={420}
        data={tuningMethods.map((value) => ({ value, label: t(`tuning.methods.${value}`) }))}
        value={method}
        allowDeselect={false}
        onChange={(chosen) => chosen && set({ method: chosen as TuningDesign['method'] })}
      />
      {searches && (
        <>
          <Effort />
          <Switch
            label={t('tuning.oneStandardError')}
            description={t('tuning.oneStandardErrorHelp')}
            checked={oneStandardError}
            onChange={(event) => set({ oneStandardError: event.currentTarget.checked })}
          />
          <Space />
        </>
      )}
    </Fold>
  )
}

const useChange = () => {
  const { draft, change } = useDesignForm()
  return (part: Partial<TuningDesign>) => change({ tuning: { ...draft.tuning, ...part } })
}

/** How much is tried, on how many folds, and by what it is judged. */
const Effort = () => {
  const { t } = useTranslation('design')
  const { draft } = useDesignForm()
  const set = useChange()
  const whole = (name: 'trials' | 'folds' | 'repeats', min: number, max: number) => (
    <NumberInput
      label={t(`tuning.${name}`)}
      description={t(`tuning.${name}Help`)}
      min={min}
      max={max}
      allowDecimal={false}
      value={draft.tuning[name]}
      onChange={(typed) => set({ [name]: Math.min(max, Math.max(min, Math.round(Number(typed) || min))) })}
    />
  )
  return (
    <div className={classes.pair}>
      {whole('trials', 2, 500)}
      {whole('folds', 2, 20)}
      {whole('repeats', 1, 20)}
      <Select
        label={t('tuning.metric')}
        description={t('tuning.metricHelp')}
        data={searchMetrics[draft.task].map((value, at) => ({
          value: at === 0 ? '' : value,
          label: t(`models:metrics.names.${value}.label`, { defaultValue: value }),
        }))}
        value={draft.tuning.metric ?? ''}
        allowDeselect={false}
        onChange={(metric) => set({ metric: metric || null })}
      />
    </div>
  )
}

/** The ranges that are searched, where they are not those of the learner; none where the app chooses the learner. */
const Space = () => {
  const { t } = useTranslation('design')
  const texts = useLearnerTexts()
  const { draft, learner } = useDesignForm()
  const set = useChange()
  const { space } = draft.tuning
  const numbers = (learner?.parameters ?? []).filter(({ type }) => type === 'number' || type === 'integer')
  if (numbers.length === 0) return null
  const rows = Object.entries(space).flatMap(([name, range]): Row[] => ('low' in range ? [{ name, ...range }] : []))
  const free = numbers.filter(({ name }) => !(name in space))
  return (
    <div>
      <p className={classes.learnerGroup}>{t('tuning.space')}</p>
      <Text size="xs" c="dimmed" mb={6}>
        {t('tuning.spaceHelp')}
      </Text>
      <Rows<Row>
        rows={rows}
        onChange={(next) =>
          set({ space: Object.fromEntries(next.map(({ name, ...range }): [string, Range] => [name, range])) })
        }
        fresh={() => startOf(free[0] ?? numbers[0])}
        add={t('tuning.addRange')}
        name={(number) => t('tuning.range', { number })}
      >
        {(row, setRow, name) => (
          <>
            <Select
              aria-label={t('tuning.parameter', { name })}
              data={numbers
                .filter((each) => each.name === row.name || !(each.name in space))
                .map((each) => ({ value: each.name, label: texts.parameterLabel(draft.learner, each.name) }))}
              value={row.name}
              allowDeselect={false}
              onChange={(chosen) => setRow(startOf(numbers.find((each) => each.name === chosen)))}
            />
            {(['low', 'high'] as const).map((end) => (
              <NumberInput
                key={end}
                className={narrow}
                aria-label={t(`tuning.${end}`, { name })}
                value={row[end]}
                hideControls
                onChange={(value) => typeof value === 'number' && setRow({ [end]: value })}
              />
            ))}
            <Switch
              className={narrow}
              mt={8}
              label={t('tuning.log')}
              checked={row.log}
              disabled={row.low <= 0}
              onChange={(event) => setRow({ log: event.currentTarget.checked })}
            />
          </>
        )}
      </Rows>
    </div>
  )
}

/** A first range about a parameter's usual value, within what it may be. */
const startOf = (parameter: Parameter | undefined): Row => {
  const usual = Number(parameter?.default ?? 1)
  const low = Math.max(parameter?.min ?? Number.NEGATIVE_INFINITY, usual > 0 ? usual / 4 : 0)
  const high = Math.min(parameter?.max ?? Number.POSITIVE_INFINITY, usual > 0 ? usual * 4 : 1)
  const whole = parameter?.type === 'integer'
  return {
    name: parameter?.name ?? '',
    low: whole ? Math.max(parameter?.min ?? 0, Math.floor(low)) : Number(low.toPrecision(3)),
    high: whole ? Math.ceil(high) : Number(high.toPrecision(3)),
    log: false,
  }
}
