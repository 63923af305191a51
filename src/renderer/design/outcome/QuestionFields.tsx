import { SegmentedControl, Text, TextInput } from '@mantine/core'
import { type Task, tasks } from '../../../contract/values.ts'
import { useTranslation } from '../../language/index.ts'
import { useDesignForm } from '../form.ts'

/** How the model is called, and what kind of answer it gives. */
export const QuestionFields = () => {
  const { t } = useTranslation('design')
  const { draft, change, changeTask } = useDesignForm()
  return (
    <>
      <TextInput
        label={t('train.name')}
        description={t('train.nameHelp')}
        maxLength={200}
        value={draft.name}
        onChange={(event) => change({ name: event.currentTarget.value })}
      />
      <div>
        <Text size="sm" fw={500} mb={4}>
          {t('train.task')}
        </Text>
        <SegmentedControl
          value={draft.task}
          aria-label={t('train.task')}
          data={tasks.map((task) => ({ value: task, label: t(`models:tasks.${task}`) }))}
          onChange={(task) => changeTask(task as Task)}
        />
        <Text size="xs" c="dimmed" mt={4}>
          {t(`train.taskHelp.${draft.task}`)}
        </Text>
      </div>
    </>
  )
}
