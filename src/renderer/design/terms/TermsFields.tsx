import { NumberInput, Select, Text } from '@mantine/core'
import { useTranslation } from '../../language/index.ts'
import { Fold } from '../../parts/Fold.tsx'
import { narrow, Rows } from '../../parts/Rows.tsx'
import { useDesignForm } from '../form.ts'
import type { SplineDraft } from './draft.ts'

/** Effects that bend, and effects that depend on another column, for learners of coefficients. */
export const TermsFields = () => {
  const { draft, change, used, options, reading, fault } = useDesignForm()
  const { t } = useTranslation('design')
  const numbers = used.filter(({ concept }) => concept.kind === 'number' || concept.kind === 'integer')
  if (!reading.reads.includes('terms')) return null
  const asked = draft.splines.length + draft.interactions.length
  return (
    <Fold
      title={t('terms.title')}
      {...(asked > 0 ? { asked: t('terms.asked', { count: asked }) } : {})}
      fault={fault('splines') ?? fault('interactions')}
    >
      <Text size="xs" c="dimmed">
        {t('terms.help')}
      </Text>
      <Rows<SplineDraft>
        rows={draft.splines}
        onChange={(splines) => change({ splines })}
        fresh={() => ({ column: null, knots: 4 })}
        add={t('terms.addSpline')}
        name={(number) => t('terms.spline', { number })}
      >
        {(spline, set, name) => (
          <>
            <Select
              aria-label={t('eligible.column', { name })}
              placeholder={t('eligible.chooseColumn')}
              searchable
              data={options(numbers)}
              value={spline.column}
              onChange={(column) => set({ column })}
            />
            <NumberInput
              className={narrow}
              aria-label={t('terms.knots', { name })}
              min={3}
              max={7}
              allowDecimal={false}
              suffix={t('terms.knotsUnit')}
              value={spline.knots}
              onChange={(value) => set({ knots: Math.min(7, Math.max(3, Math.round(Number(value) || 4))) })}
            />
          </>
        )}
      </Rows>
      <Rows<[string | null, string | null]>
        rows={draft.interactions}
        onChange={(interactions) => change({ interactions })}
        fresh={() => [null, null]}
        add={t('terms.addInteraction')}
        name={(number) => t('terms.interaction', { number })}
      >
        {([first, second], set, name) => (
          <>
            <Select
              aria-label={t('terms.first', { name })}
              placeholder={t('eligible.chooseColumn')}
              searchable
              data={options(used)}
              value={first}
              onChange={(column) => set([column, second])}
            />
            <Select
              aria-label={t('terms.second', { name })}
              placeholder={t('eligible.chooseColumn')}
              searchable
              data={options(used.filter(({ concept }) => concept.name !== first))}
              value={second}
              onChange={(column) => set([first, column])}
            />
          </>
        )}
      </Rows>
    </Fold>
  )
}
