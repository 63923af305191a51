import { useCallback } from 'react'
import type { Curve } from '../../../contract/jobs.ts'
import { learningCurve } from '../../../figures/index.ts'
import { useLanguage, useTranslation } from '../../language/index.ts'
import { FigureBox } from '../FigureBox.tsx'

/** What a learner reports while it learns, drawn as it comes. */
export const LearningCurve = ({ curve, title }: { curve: Curve; title: string }) => {
  const { t } = useTranslation('jobs')
  const language = useLanguage()
  const draw = useCallback(
    ({ width, document }: { width: number; document: Document }) =>
      learningCurve(
        {
          series: Object.entries(curve.series).map(([name, points]) => ({
            name: t(`measures.${name}`, { defaultValue: name }),
            points,
          })),
        },
        {
          width,
          document,
          locale: language,
          texts: {
            title: t('curve', { title }),
            description: '',
            axis: t(`counts.${curve.x}`, { defaultValue: curve.x }),
          },
        },
      ),
    [curve, title, language, t],
  )
  return <FigureBox draw={draw} maxWidth={420} />
}
