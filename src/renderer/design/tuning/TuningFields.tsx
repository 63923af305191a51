import { NumberInput, Select, Switch, Text } from '@mantine/core'
import { type Range, type TuningDesign, tuningMethods } from '../../../contract/design.ts'
import type { Parameter } from '../../../contract/models.ts'
import type { Task } from '../../../contract/values.ts'
import { useText, useTranslation } from '../../language/index.ts'
import { Fold } from '../../parts/Fold.tsx'
import classes from '../../parts/models.module.css'
import { Rows } from '../../parts/Rows.tsx'
import type { Draft } from '../draft.ts'

/** Metrics that settings can be chosen by, the usual one first. */
export const searchMetrics: Record<Task, readonly string[]> = {
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
export const TuningFields = ({
  draft,
  change,
  parameters,
  fault,
}: {
  draft: Draft
  change: (part: Partial<Draft>) => void
  /** Of the chosen learner; none where it is chosen by the app. */
  parameters: readonly Parameter[]
  fault: string | undefined
}) => {
  const { t } = useTranslation('models')
  const text = useText()
  const { tuning } = draft
  const set = (part: Partial<TuningDesign>) => change({ tuning: { ...tuning, ...part } })
  const searches = tuning.method !== 'none'
  const numbers = parameters.filter(({ type }) => type === 'number' || type === 'integer')
  const whole = (name: 'trials' | 'folds' | 'repeats', min: number, max: number) => (
    <NumberInput
      label={t(`tuning.${name}`)}
      description={t(`tuning.${name}Help`)}
      min={min}
      max={max}
      allowDecimal={false}
      value={tuning[name]}
      onChange={(typed) => set({ [name]: Math.min(max, Math.max(min, Math.round(Number(typed) || min))) })}
    />
  )
  const rows = Object.entries(tuning.space).flatMap(([name, range]): Row[] =>
    'low' in range ? [{ name, ...range }] : [],
  )
  const free = numbers.filter(({ name }) => !(name in tuning.space))
  return (
    <Fold
      title={t('tuning.title')}
      {...(searches ? { asked: t(`tuning.methods.${tuning.method}`) } : {})}
      fault={searches ? fault : undefined}
    >
      <Select
        label={t('tuning.method')}
        description={t(`tuning.methodHelp.${tuning.method}`)}
        maw={420}
        data={tuningMethods.map((value) => ({ value, label: t(`tuning.methods.${value}`) }))}
        value={tuning.method}
        allowDeselect={false}
        onChange={(method) => method && set({ method: method as TuningDesign['method'] })}
      />
      {searches && (
        <>
          <div className={classes.pair}>
            {whole('trials', 2, 500)}
            {whole('folds', 2, 20)}
            {whole('repeats', 1, 20)}
            <Select
              label={t('tuning.metric')}
              description={t('tuning.metricHelp')}
              data={searchMetrics[draft.task].map((value, at) => ({
                value: at === 0 ? '' : value,
                label: t(`metrics.names.${value}.label`, { defaultValue: value }),
              }))}
              value={tuning.metric ?? ''}
              allowDeselect={false}
              onChange={(metric) => set({ metric: metric || null })}
            />
          </div>
          <Switch
            label={t('tuning.oneStandardError')}
            description={t('tuning.oneStandardErrorHelp')}
            checked={tuning.oneStandardError}
            onChange={(event) => set({ oneStandardError: event.currentTarget.checked })}
          />
          {numbers.length > 0 && (
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
                        .filter((each) => each.name === row.name || !(each.name in tuning.space))
                        .map((each) => ({ value: each.name, label: text(each.label) }))}
                      value={row.name}
                      allowDeselect={false}
                      onChange={(chosen) => setRow(startOf(numbers.find((each) => each.name === chosen)))}
                    />
                    <NumberInput
                      className={classes.rowNarrow}
                      aria-label={t('tuning.low', { name })}
                      value={row.low}
                      hideControls
                      onChange={(value) => typeof value === 'number' && setRow({ low: value })}
                    />
                    <NumberInput
                      className={classes.rowNarrow}
                      aria-label={t('tuning.high', { name })}
                      value={row.high}
                      hideControls
                      onChange={(value) => typeof value === 'number' && setRow({ high: value })}
                    />
                    <Switch
                      className={classes.rowNarrow}
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
          )}
        </>
      )}
    </Fold>
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
