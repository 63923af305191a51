import { useCallback } from 'react'
import { isoDay } from '../../contract/days.ts'
import { sparkline } from '../../figures/index.ts'
import { useFormats, useLanguage, useTranslation } from '../language/index.ts'
import { FigureBox } from '../parts/FigureBox.tsx'
import classes from './Chart.module.css'
import type { Trend } from './record.ts'

/** A measurement over time, with its reference range as a band; points outside it are filled. */
export const TrendPlot = ({ trend, large = false }: { trend: Trend; large?: boolean }) => {
  const { t } = useTranslation('chart')
  const formats = useFormats()
  const language = useLanguage()
  const draw = useCallback(
    ({ width, document }: { width: number; document: Document }) => {
      const { points, concept, dated, label } = trend
      const when = (day: number) => (dated ? formats.date(isoDay(day)) : t('trend.dayNumber', { day }))
      const quantity = (value: number | undefined) => formats.quantity(value, concept?.unit)
      const [from, to] = [when(points[0]?.day ?? 0), when(points.at(-1)?.day ?? 0)]
      return sparkline(
        {
          points: points.map(({ day, value }) => ({ at: day, value, label: `${when(day)}: ${quantity(value)}` })),
          reference: concept?.reference ?? null,
        },
        {
          width,
          document,
          locale: language,
          show: large ? 'axis' : 'ends',
          texts: {
            title: t('trend.summary', {
              label,
              count: points.length,
              from,
              to,
              first: quantity(points[0]?.value),
              last: quantity(points.at(-1)?.value),
            }),
            from,
            to,
          },
        },
      )
    },
    [trend, large, t, formats, language],
  )
  return (
    <div className={classes.plot}>
      <FigureBox draw={draw} />
    </div>
  )
}
