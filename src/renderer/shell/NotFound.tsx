import { IconMapOff } from '@tabler/icons-react'
import { useTranslation } from '../language/index.ts'
import { PlaceLink } from '../parts/place.tsx'
import { Empty, View } from '../parts/View.tsx'

export const NotFound = () => {
  const { t } = useTranslation('shell')
  return (
    <View title={t('notFound')}>
      <Empty
        icon={<IconMapOff size={32} />}
        title={t('notFoundTitle')}
        actions={<PlaceLink to="/">{t('toStart')}</PlaceLink>}
      />
    </View>
  )
}
