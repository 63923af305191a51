import { Alert, Badge, Button, Group, Menu, Stack, Tabs } from '@mantine/core'
import {
  IconChevronDown,
  IconDownload,
  IconFlaskOff,
  IconPencil,
  IconRosetteDiscountCheck,
  IconTrash,
} from '@tabler/icons-react'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { ModelDetail } from '../../../contract/models.ts'
import { clinical } from '../../../contract/procedure.ts'
import { client, orpc } from '../../api.ts'
import { FailureAlert } from '../../errors/FailureAlert.tsx'
import { failureOf } from '../../errors/failure.ts'
import { useFormats, useTranslation, useWarningText } from '../../language/index.ts'
import { useLearnerName } from '../../parts/metrics.ts'
import { PlaceLink } from '../../parts/place.tsx'
import { Comparison } from '../../parts/prediction/AboutModel.tsx'
import { saveFile } from '../../parts/save.ts'
import { useMay } from '../../parts/session.ts'
import { Empty, View, Waiting } from '../../parts/View.tsx'
import { Curves } from './Curves.tsx'
import { Evaluations } from './Evaluations.tsx'
import { Inputs } from './Inputs.tsx'
import { Making } from './Making.tsx'
import { ApproveDialog, DescribeDialog, RemoveDialog } from './ModelDialogs.tsx'
import { Performance } from './Performance.tsx'
import { Search } from './Search.tsx'

/** All that is known of a model. */
export const ModelView = ({ model }: { model: number }) => {
  const { t } = useTranslation('models')
  const detail = useQuery(orpc.models.get.queryOptions({ input: { model } }))
  if (detail.isError)
    return (
      <View title={t('model.title')}>
        {failureOf(detail.error).code === 'notFound' ? (
          <Empty
            icon={<IconFlaskOff size={32} />}
            title={t('model.notFound')}
            actions={<PlaceLink to="/models">{t('title')}</PlaceLink>}
          >
            {t('model.notFoundHelp')}
          </Empty>
        ) : (
          <FailureAlert error={detail.error} onRetry={() => void detail.refetch()} />
        )}
      </View>
    )
  if (detail.isPending)
    return (
      <View title={t('model.title')}>
        <Waiting rows={12} height={24} />
      </View>
    )
  return <Detail model={detail.data} />
}

const Detail = ({ model }: { model: ModelDetail }) => {
  const { t } = useTranslation('models')
  const warningText = useWarningText()
  const formats = useFormats()
  const learner = useLearnerName()
  const mayEdit = useMay(clinical)
  const mayAudit = useMay(['administrator', 'auditor'])
  const [dialog, setDialog] = useState<'describe' | 'approve' | 'remove' | null>(null)
  const [tab, setTab] = useState<string | null>('performance')
  const download = useMutation({
    mutationFn: async () => {
      const { file, bytes } = await client.models.artifact({ model: model.model })
      saveFile(file, [bytes])
    },
  })
  const close = () => setDialog(null)
  return (
    <View
      title={model.name}
      wide
      subtitle={
        <Group gap={8}>
          <PlaceLink to="/models" size="sm" underline="always">
            {t('title')}
          </PlaceLink>
          <span>/ {t('version', { version: model.version })}</span>
          <Badge tt="none">{t(`tasks.${model.task}`)}</Badge>
          <Badge tt="none" color="gray">
            {learner(model.learner)}
          </Badge>
          <Badge tt="none" color={model.approvedBy ? 'moss' : 'amber'}>
            {model.approvedBy ? t('model.approvedBy', { by: model.approvedBy }) : t('notApproved')}
          </Badge>
          {mayAudit && (
            <PlaceLink to="/audit" search={{ record: `model/${model.model}` }} size="sm">
              {t('model.audit')}
            </PlaceLink>
          )}
        </Group>
      }
      actions={
        <>
          <Button
            variant="default"
            leftSection={<IconDownload size={16} />}
            loading={download.isPending}
            onClick={() => download.mutate()}
          >
            {t('model.download')}
          </Button>
          {mayEdit && (
            <Menu position="bottom-end">
              <Menu.Target>
                <Button variant="default" rightSection={<IconChevronDown size={15} />}>
                  {t('actions')}
                </Button>
              </Menu.Target>
              <Menu.Dropdown>
                <Menu.Item leftSection={<IconPencil size={15} />} onClick={() => setDialog('describe')}>
                  {t('model.describe')}
                </Menu.Item>
                <Menu.Item leftSection={<IconRosetteDiscountCheck size={15} />} onClick={() => setDialog('approve')}>
                  {model.approvedBy ? t('model.withdraw') : t('model.approve')}
                </Menu.Item>
                <Menu.Divider />
                <Menu.Item color="brick" leftSection={<IconTrash size={15} />} onClick={() => setDialog('remove')}>
                  {t('model.remove')}
                </Menu.Item>
              </Menu.Dropdown>
            </Menu>
          )}
        </>
      }
    >
      {download.isError && <FailureAlert error={download.error} />}
      <Stack gap="sm">
        <Comparison model={model} />
        {model.warnings.map((warning) => (
          <Alert key={`${warning.reason} ${warning.message}`} color="amber" p="xs">
            {warningText(warning)}
          </Alert>
        ))}
      </Stack>
      <Tabs value={tab} onChange={setTab} keepMounted={false}>
        <Tabs.List mb="md">
          <Tabs.Tab value="performance">{t('tabs.performance')}</Tabs.Tab>
          <Tabs.Tab value="inputs">{t('tabs.inputs', { count: model.features.length })}</Tabs.Tab>
          {(model.tuning || model.choice) && <Tabs.Tab value="search">{t('tabs.search')}</Tabs.Tab>}
          {model.curves && <Tabs.Tab value="curves">{t('tabs.curves')}</Tabs.Tab>}
          <Tabs.Tab value="making">{t('tabs.making')}</Tabs.Tab>
          <Tabs.Tab value="elsewhere">{t('tabs.elsewhere')}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="performance">
          <Performance model={model} />
        </Tabs.Panel>
        <Tabs.Panel value="inputs">
          <Inputs model={model} />
        </Tabs.Panel>
        <Tabs.Panel value="curves">
          <Curves model={model} />
        </Tabs.Panel>
        <Tabs.Panel value="search">
          <Search model={model} />
        </Tabs.Panel>
        <Tabs.Panel value="making">
          <Making model={model} formats={formats} />
        </Tabs.Panel>
        <Tabs.Panel value="elsewhere">
          <Evaluations model={model} />
        </Tabs.Panel>
      </Tabs>
      {dialog === 'describe' && <DescribeDialog model={model} onClose={close} />}
      {dialog === 'approve' && <ApproveDialog model={model} onClose={close} />}
      {dialog === 'remove' && <RemoveDialog model={model} onClose={close} />}
    </View>
  )
}
