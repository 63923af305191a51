import { useTranslation } from '../language/index.ts'
import { View } from '../shell/View.tsx'
import { StudyList } from './StudyList.tsx'

/** The studies alone. */
export const StudiesView = () => {
  const { t } = useTranslation('models')
  return (
    <View title={t('studies.title')} subtitle={t('studies.help')} wide>
      <StudyList bare />
    </View>
  )
}
