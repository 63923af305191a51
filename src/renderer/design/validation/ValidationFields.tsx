import { NumberInput, Select, Switch } from '@mantine/core'
import { splitKinds } from '../../../contract/design.ts'
import { useTranslation } from '../../language/index.ts'
import classes from '../design.module.css'
import { useDesignForm } from '../form.ts'
import { mostForOpinion, needsColumn, type ValidationDraft } from './draft.ts'

/** Which cases are kept out, how often it is fitted, and from which seed. */
export const ValidationFields = () => {
  const { draft, change, rows, columns, options, fault } = useDesignForm()
  const { t } = useTranslation('design')
  return (
    <>
      <div className={classes.pair}>
        <NumberInput
          label={t('train.test')}
          description={t('train.testHelp')}
          min={0}
          max={90}
          step={5}
          value={Math.round(draft.test * 100)}
          suffix={t('train.of100')}
          onChange={(value) => change({ test: Math.min(0.9, Math.max(0, Number(value) / 100)) })}
        />
        <Select
          label={t('train.split')}
          description={t(`train.splitHelp.${draft.split}`)}
          data={splitKinds.map((kind) => ({ value: kind, label: t(`train.splits.${kind}`) }))}
          value={draft.split}
          allowDeselect={false}
          onChange={(split) => split && change({ split: split as ValidationDraft['split'], splitColumn: null })}
        />
        {needsColumn(draft.split) && (
          <Select
            label={t('train.splitColumn')}
            searchable
            data={options(columns)}
            value={draft.splitColumn}
            error={fault('splitColumn')}
            onChange={(splitColumn) => change({ splitColumn })}
          />
        )}
        <NumberInput
          label={t('train.folds')}
          description={t('train.foldsHelp')}
          min={0}
          max={50}
          allowDecimal={false}
          value={draft.folds}
          onChange={(value) => change({ folds: Math.min(50, Math.max(0, Math.round(Number(value)))) })}
        />
        <NumberInput
          label={t('train.seed')}
          description={t('train.seedHelp')}
          min={0}
          max={4294967295}
          allowDecimal={false}
          value={draft.seed}
          onChange={(value) => change({ seed: Math.min(4294967295, Math.max(0, Math.round(Number(value)))) })}
        />
      </div>
      {draft.task !== 'survival' && rows <= mostForOpinion && (
        <Switch
          label={t('models:second.ask')}
          description={t('models:second.askHelp')}
          checked={draft.secondOpinion}
          onChange={(event) => change({ secondOpinion: event.currentTarget.checked })}
        />
      )}
    </>
  )
}
