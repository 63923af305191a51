import { ActionIcon, Menu, Tooltip, useMantineColorScheme } from '@mantine/core'
import { IconCheck, IconDeviceDesktop, IconLanguage, IconMoon, IconSun } from '@tabler/icons-react'
import { changeLanguage, languageName, languages, useLanguage, useTranslation } from '../language/index.ts'
import { keepSetting } from './keep.ts'

const schemes = [
  { value: 'light', icon: IconSun },
  { value: 'dark', icon: IconMoon },
  { value: 'auto', icon: IconDeviceDesktop },
] as const

/** Language and theme, also before unlock. With `keep`, the choice goes into the user's settings too. */
export const Switches = ({ keep }: { keep: boolean }) => {
  const { t } = useTranslation('shell')
  const language = useLanguage()
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  const Scheme = schemes.find((scheme) => scheme.value === colorScheme)?.icon ?? IconDeviceDesktop
  return (
    <>
      <Menu position="bottom-end" withinPortal>
        <Menu.Target>
          <Tooltip label={t('language')}>
            <ActionIcon size="lg" aria-label={t('language')}>
              <IconLanguage size={19} />
            </ActionIcon>
          </Tooltip>
        </Menu.Target>
        <Menu.Dropdown>
          {languages.map((each) => (
            <Menu.Item
              key={each}
              lang={each}
              role="menuitemradio"
              aria-checked={each === language}
              rightSection={each === language ? <IconCheck size={14} aria-hidden /> : null}
              onClick={() => {
                void changeLanguage(each)
                if (keep) keepSetting({ language: each })
              }}
            >
              {languageName(each)}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      <Menu position="bottom-end" withinPortal>
        <Menu.Target>
          <Tooltip label={t('theme')}>
            <ActionIcon size="lg" aria-label={t('theme')}>
              <Scheme size={19} />
            </ActionIcon>
          </Tooltip>
        </Menu.Target>
        <Menu.Dropdown>
          {schemes.map(({ value, icon: Icon }) => (
            <Menu.Item
              key={value}
              role="menuitemradio"
              aria-checked={value === colorScheme}
              leftSection={<Icon size={16} aria-hidden />}
              rightSection={value === colorScheme ? <IconCheck size={14} aria-hidden /> : null}
              onClick={() => {
                setColorScheme(value)
                if (keep) keepSetting({ theme: value })
              }}
            >
              {t(`themes.${value}`)}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
    </>
  )
}
