import { Button, Stack } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { clinical } from '../contract/procedure.ts'
import { useTranslation } from './language/index.ts'
import { ModelList } from './models/list/ModelList.tsx'
import { usePlace } from './parts/place.tsx'
import { useMay } from './parts/session.ts'
import { View } from './parts/View.tsx'
import { StudyList } from './studies/StudyList.tsx'

/** Studies and the models trained on them. */
export const ModelsView = () => {
  const { t } = useTranslation('models')
  const place = usePlace()
  const mayTrain = useMay(clinical)
  return (
    <View
      title={t('title')}
      subtitle={t('subtitle')}
      wide
      actions={
        mayTrain && (
          <Button leftSection={<IconPlus size={16} />} onClick={() => place.train()}>
            {t('trainModel')}
          </Button>
        )
      }
    >
      <Stack gap="xl">
        <ModelList />
        <StudyList />
      </Stack>
    </View>
  )
}
