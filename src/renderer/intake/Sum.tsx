import type { Batch, ImportReport } from '../../contract/intake.ts'
import { useFormats, useTranslation } from '../language/index.ts'
import classes from './Intake.module.css'

/** imported + rejected = rows: no row is lost, and this says so. */
export const Sum = ({
  report,
  planned = false,
}: {
  report: Pick<ImportReport | Batch, 'rows' | 'imported' | 'rejected'>
  planned?: boolean
}) => {
  const { t } = useTranslation('intake')
  const formats = useFormats()
  return (
    <div className={`${classes.sum} tabular`}>
      <span className={classes.good}>
        <b>{formats.integer(report.imported)}</b>
        {planned ? t('sum.importable') : t('sum.imported')}
      </span>
      <span className={classes.sign}>+</span>
      <span className={report.rejected > 0 ? classes.bad : undefined}>
        <b>{formats.integer(report.rejected)}</b>
        {t('sum.rejected')}
      </span>
      <span className={classes.sign}>=</span>
      <span>
        <b>{formats.integer(report.rows)}</b>
        {t('sum.rows')}
      </span>
    </div>
  )
}
