import { Title, UnstyledButton } from '@mantine/core'
import { useFormats, useTranslation } from '../language/index.ts'
import classes from './Chart.module.css'
import type { Encounter } from './record.ts'

/** The encounters, in the order given; choosing one shows its values. */
export const Encounters = ({
  encounters,
  days,
  chosen,
  onChoose,
}: {
  encounters: readonly Encounter[]
  /** Day of visit, where the study counts days. */
  days: ReadonlyMap<number, number>
  chosen: number
  onChoose: (encounter: number) => void
}) => {
  const { t } = useTranslation('chart')
  const formats = useFormats()
  const whenOf = (encounter: Encounter) => {
    if (encounter.date) return formats.date(encounter.date)
    const day = days.get(encounter.encounter)
    return day === undefined ? t('rowOf', { row: formats.integer(encounter.row) }) : t('trend.dayNumber', { day })
  }
  return (
    <nav className={classes.timeline} aria-label={t('encounters')}>
      <Title order={2} size="h4">
        {t('encounters')}
      </Title>
      <ol reversed>
        {encounters.map((encounter) => (
          <li key={encounter.encounter}>
            <UnstyledButton
              className={classes.encounter}
              aria-pressed={encounter.encounter === chosen}
              onClick={() => onChoose(encounter.encounter)}
            >
              <span className="tabular">{whenOf(encounter)}</span>
              <small>
                {encounter.study} ·{' '}
                {t('valueCount', { count: encounter.values.filter((each) => each.value !== null).length })}
              </small>
            </UnstyledButton>
          </li>
        ))}
      </ol>
    </nav>
  )
}
