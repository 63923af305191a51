import { useCallback } from 'react'
import type { PatientRow } from '../../contract/patients.ts'
import { useFormats, useTranslation } from '../language/index.ts'

/** A patient in a few words: `female · 58 yr · born 1 Mar 1950`. */
export const useAbout = (): ((row: PatientRow) => string) => {
  const { t } = useTranslation('worklist')
  const formats = useFormats()
  return useCallback(
    (row) =>
      [
        row.sex === 'unknown' ? null : t(`sexes.${row.sex}`),
        row.age === null ? null : formats.age(row.age),
        row.birthDate === null ? null : t('born', { date: formats.date(row.birthDate) }),
      ]
        .filter((part) => part !== null)
        .join(' · '),
    [t, formats],
  )
}
