import { Badge, Button, Group, Select, Stack, Text, Tooltip } from '@mantine/core'
import { IconReload } from '@tabler/icons-react'
import type { ModelCard } from '../../../contract/models.ts'
import { useFormats, useTranslation } from '../../language/index.ts'
import { useMetricText } from '../metrics.ts'

/** Which model is asked: those that fit this patient, best first. */
export const ModelChoice = ({
  models,
  chosen,
  onChoose,
  askedAt,
  onAsk,
  asking,
}: {
  models: readonly ModelCard[]
  chosen: ModelCard
  onChoose: (model: number) => void
  askedAt: string | null
  onAsk: () => void
  asking: boolean
}) => {
  const { t } = useTranslation('prediction')
  const formats = useFormats()
  const metric = useMetricText()
  const byId = new Map(models.map((model) => [String(model.model), model]))
  const firsts = new Set<number>()
  const seen = new Set<string>()
  for (const model of models) {
    const question = `${model.task} ${model.study} ${model.target} ${model.headline.metric}`
    const alone =
      models.filter((other) => `${other.task} ${other.study} ${other.target} ${other.headline.metric}` === question)
        .length === 1
    if (!seen.has(question) && !alone) firsts.add(model.model)
    seen.add(question)
  }
  const titleOf = (model: ModelCard) => t('model.nameVersion', { name: model.name, version: model.version })
  return (
    <Group justify="space-between" align="flex-end" gap="sm">
      <Select
        label={t('choice.label')}
        flex="1 1 260px"
        maw={560}
        data={models.map((model) => ({ value: String(model.model), label: titleOf(model) }))}
        value={String(chosen.model)}
        allowDeselect={false}
        checkIconPosition="right"
        onChange={(value) => value && onChoose(Number(value))}
        renderOption={({ option, checked }) => {
          const model = byId.get(option.value)
          if (!model) return option.label
          return (
            <Stack gap={2} flex={1}>
              <Group gap={6} wrap="wrap">
                <Text size="sm" fw={checked ? 650 : 500}>
                  {titleOf(model)}
                </Text>
                {firsts.has(model.model) && (
                  <Badge size="xs" color="petrol">
                    {t('choice.best')}
                  </Badge>
                )}
                <Badge size="xs" color={model.approvedBy ? 'moss' : 'gray'}>
                  {model.approvedBy ? t('choice.approved') : t('choice.notApproved')}
                </Badge>
              </Group>
              <Text size="xs" c="dimmed" className="tabular">
                {model.target} · {model.study} · {metric(model.headline.metric)}{' '}
                {metric.estimate(model.headline.estimate)}
              </Text>
            </Stack>
          )
        }}
      />
      <Group gap="sm" align="center" wrap="nowrap">
        {askedAt && (
          <Text size="xs" c="dimmed">
            {t('choice.asked', { at: formats.dateTime(askedAt) })}
          </Text>
        )}
        <Tooltip label={t('choice.askAgainHelp')} multiline maw={280}>
          <Button variant="default" size="xs" leftSection={<IconReload size={14} />} onClick={onAsk} loading={asking}>
            {t('choice.askAgain')}
          </Button>
        </Tooltip>
      </Group>
    </Group>
  )
}
