import { Select, Text } from '@mantine/core'
import { missingPolicies } from '../../../contract/design.ts'
import { useTranslation } from '../../language/index.ts'
import { useDesignForm } from '../form.ts'
import type { PreparationDraft } from './draft.ts'

/** What becomes of gaps. */
export const MissingField = () => {
  const { t } = useTranslation('design')
  const { draft, change, used } = useDesignForm()
  return (
    <>
      <Select
        label={t('train.missing')}
        description={t(`train.missingHelp.${draft.missing ?? 'auto'}`)}
        maw={420}
        data={[
          { value: '', label: t('train.missings.auto') },
          ...missingPolicies.map((policy) => ({ value: policy, label: t(`train.missings.${policy}`) })),
        ]}
        value={draft.missing ?? ''}
        allowDeselect={false}
        onChange={(policy) => change({ missing: (policy || null) as PreparationDraft['missing'] })}
      />
      {used.every(({ missing }) => missing <= 0) && (
        <Text size="xs" c="dimmed">
          {t('train.nothingMissing')}
        </Text>
      )}
    </>
  )
}
