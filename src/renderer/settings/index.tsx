import { Paper, SegmentedControl, Skeleton, Stack, Text, Title, useMantineColorScheme } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useId } from 'react'
import { administrators } from '../../contract/procedure.ts'
import { orpc } from '../api.ts'
import { FailureAlert } from '../errors/FailureAlert.tsx'
import { changeLanguage, languageName, languages, useFormats, useLanguage, useTranslation } from '../language/index.ts'
import { keepSetting } from '../parts/keep.ts'
import { useMay, useSession, useVaultStatus } from '../parts/session.ts'
import { View } from '../parts/View.tsx'
import { Keychain } from './Keychain.tsx'
import { Keys } from './Keys.tsx'
import { MyPassphrase } from './MyPassphrase.tsx'
import { PolicySettings } from './PolicySettings.tsx'
import classes from './Settings.module.css'
import { Slots } from './Slots.tsx'
import { Users } from './Users.tsx'

export const SettingsView = () => {
  const { t } = useTranslation('settings')
  const formats = useFormats()
  const language = useLanguage()
  const session = useSession()
  const status = useVaultStatus()
  const administers = useMay(administrators)
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  const info = useQuery(orpc.system.info.queryOptions({ staleTime: 0 }))
  const sample = { number: 1234.5, share: 0.182, at: '2024-03-09T14:05:00' }
  return (
    <View title={t('title')} subtitle={t('subtitle')}>
      <Stack gap="md" maw={760}>
        <Section
          title={t('language')}
          help={t('languageHelp', {
            date: formats.dateTime(sample.at),
            number: formats.number(sample.number),
            share: formats.percent(sample.share, 1),
          })}
        >
          {(id) => (
            <SegmentedControl
              aria-labelledby={id}
              data={languages.map((each) => ({ value: each, label: languageName(each) }))}
              value={language}
              onChange={(value) => {
                void changeLanguage(value)
                keepSetting({ language: value })
              }}
            />
          )}
        </Section>
        <Section title={t('appearance')} help={t('appearanceHelp')}>
          {(id) => (
            <SegmentedControl
              aria-labelledby={id}
              data={(['light', 'dark', 'auto'] as const).map((each) => ({
                value: each,
                label: t(`shell:themes.${each}`),
              }))}
              value={colorScheme}
              onChange={(value) => {
                const scheme = value as typeof colorScheme
                setColorScheme(scheme)
                keepSetting({ theme: scheme })
              }}
            />
          )}
        </Section>
        <Paper p="md">
          <Title order={2} size="h3" mb="xs">
            {t('account')}
          </Title>
          <dl className={classes.facts}>
            <Fact name={t('name')}>{session.displayName}</Fact>
            <Fact name={t('role')}>{t(`shell:roles.${session.role}`)}</Fact>
            <Fact name={t('vault')}>{status.data?.path}</Fact>
            {status.data?.schemaVersion != null && (
              <Fact name={t('schema')}>{formats.integer(status.data.schemaVersion)}</Fact>
            )}
          </dl>
        </Paper>
        <MyPassphrase />
        <Keychain />
        {administers && (
          <>
            <Users />
            <Slots />
            <Keys />
            <PolicySettings />
          </>
        )}
        <Paper p="md">
          <Title order={2} size="h3" mb="xs">
            {t('about')}
          </Title>
          {info.isError && <FailureAlert error={info.error} onRetry={() => void info.refetch()} />}
          {info.isPending && <Skeleton height={150} />}
          {info.data && (
            <dl className={classes.facts}>
              <Fact name={info.data.app}>{info.data.version}</Fact>
              <Fact name={t('cipher')}>{info.data.cipher}</Fact>
              <Fact name={t('neural')}>
                {info.data.neuralBackend
                  ? t(`backends.${info.data.neuralBackend}`, { defaultValue: info.data.neuralBackend })
                  : t('neuralNotYet')}
              </Fact>
              <Fact name="Node">{info.data.node}</Fact>
              <Fact name="Electron">{info.data.electron ?? t('notDesktop')}</Fact>
              <Fact name={t('platform')}>{info.data.platform}</Fact>
              <Fact name={t('cores')}>{formats.integer(info.data.cores)}</Fact>
            </dl>
          )}
          <Text size="sm" c="dimmed" mt="md">
            {t('purpose')}
          </Text>
          <Text size="xs" c="dimmed" mt={4}>
            {t('licence')}
          </Text>
        </Paper>
      </Stack>
    </View>
  )
}

const Section = ({ title, help, children }: { title: string; help: string; children: (id: string) => ReactNode }) => {
  const id = useId()
  return (
    <Paper p="md" className={classes.section}>
      <div>
        <Title order={2} size="h3" id={id}>
          {title}
        </Title>
        <Text size="sm" c="dimmed" className="tabular">
          {help}
        </Text>
      </div>
      {children(id)}
    </Paper>
  )
}

const Fact = ({ name, children }: { name: string; children: ReactNode }) => (
  <div>
    <dt>{name}</dt>
    <dd>{children}</dd>
  </div>
)
