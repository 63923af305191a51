import { ActionIcon, Group, Menu, Text, Tooltip, UnstyledButton } from '@mantine/core'
import { useHotkeys } from '@mantine/hooks'
import { IconChevronDown, IconLock, IconSearch, IconUser } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link, Outlet, useRouterState } from '@tanstack/react-router'
import { Suspense, useEffect, useRef, useState } from 'react'
import { staff } from '../../contract/procedure.ts'
import { orpc } from '../api.ts'
import { ViewBoundary } from '../errors/ViewBoundary.tsx'
import { useTranslation } from '../language/index.ts'
import { useFollowJobs } from '../parts/jobs/follow.ts'
import { JobTray } from '../parts/jobs/JobTray.tsx'
import { useAdoptSettings } from '../parts/keep.ts'
import { Mark } from '../parts/Mark.tsx'
import { Switches } from '../parts/Switches.tsx'
import { lockVault, useMay, useSession } from '../parts/session.ts'
import { Waiting } from '../parts/View.tsx'
import { CommandPalette } from './CommandPalette.tsx'
import { isAt, placesOf } from './places.ts'
import classes from './Shell.module.css'

/** Everything around a view: navigation, search, jobs, who is signed in, lock. */
export const Shell = () => {
  const { t } = useTranslation('shell')
  const pathname = useRouterState({ select: (state) => state.location.pathname })
  const [palette, setPalette] = useState(false)
  const main = useRef<HTMLElement>(null)
  useAdoptSettings()
  useFollowJobs(useMay(staff))
  useHotkeys(
    [
      ['mod+K', () => setPalette(true)],
      ['mod+L', () => void lockVault()],
    ],
    [],
  )
  // A new view starts at its top, and its heading takes the focus that the link had.
  const start = useRef(pathname)
  useEffect(() => {
    if (start.current === pathname) return
    start.current = pathname
    main.current?.scrollTo(0, 0)
  }, [pathname])

  return (
    <div className={classes.shell}>
      <button type="button" className={classes.skip} onClick={() => main.current?.focus()}>
        {t('skipToContent')}
      </button>
      <Bar onSearch={() => setPalette(true)} />
      <Navigation />
      <main id="main" className={classes.main} ref={main} tabIndex={-1}>
        <ViewBoundary resetKey={pathname}>
          <Suspense fallback={<Loading />}>
            <Outlet />
          </Suspense>
        </ViewBoundary>
      </main>
      {palette && <CommandPalette onClose={() => setPalette(false)} />}
    </div>
  )
}

/** What stays above every view: search, jobs, appearance, who is signed in, lock. */
const Bar = ({ onSearch }: { onSearch: () => void }) => {
  const { t } = useTranslation('shell')
  return (
    <header className={classes.bar}>
      <Link to="/" className={classes.brand} aria-label={t('home')}>
        <Mark />
        <span className={classes.brandName}>Bedside</span>
      </Link>
      <UnstyledButton
        className={classes.search}
        onClick={onSearch}
        aria-keyshortcuts="Control+K"
        aria-haspopup="dialog"
      >
        <IconSearch size={16} aria-hidden />
        <span className={classes.searchText}>{t('searchHint')}</span>
        <kbd className={classes.kbd} aria-hidden>
          {t('searchKeys')}
        </kbd>
      </UnstyledButton>
      <Group gap={4} wrap="nowrap" className={classes.tools}>
        <JobTray />
        <Switches keep />
        <Who />
        <Tooltip label={`${t('lock')} (${t('lockKeys')})`}>
          <ActionIcon
            size="lg"
            variant="default"
            aria-label={t('lock')}
            aria-keyshortcuts="Control+L"
            onClick={() => void lockVault()}
          >
            <IconLock size={18} />
          </ActionIcon>
        </Tooltip>
      </Group>
    </header>
  )
}

const Who = () => {
  const { t } = useTranslation('shell')
  const session = useSession()
  return (
    <Menu position="bottom-end" withinPortal>
      <Menu.Target>
        <UnstyledButton className={classes.who} aria-label={t('signedInAs', { name: session.displayName })}>
          <IconUser size={17} aria-hidden />
          <span className={classes.whoName}>{session.displayName}</span>
          <IconChevronDown size={13} aria-hidden />
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          <Text size="sm" fw={600} c="var(--ink)">
            {session.displayName}
          </Text>
          {t(`roles.${session.role}`)}
        </Menu.Label>
        <Menu.Divider />
        <Menu.Item component={Link} to="/settings">
          {t('places.settings')}
        </Menu.Item>
        <Menu.Item
          leftSection={<IconLock size={15} aria-hidden />}
          rightSection={
            <Text size="xs" c="dimmed">
              {t('lockKeys')}
            </Text>
          }
          onClick={() => void lockVault()}
        >
          {t('lock')}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}

const Navigation = () => {
  const { t } = useTranslation('shell')
  const session = useSession()
  const pathname = useRouterState({ select: (state) => state.location.pathname })
  return (
    <nav className={classes.nav} aria-label={t('navigation')}>
      <ul>
        {placesOf(session.role).map((place) => {
          const here = isAt(place, pathname)
          return (
            <li key={place.id}>
              <Link
                to={place.to}
                className={classes.place}
                aria-current={here ? 'page' : undefined}
                title={t(`places.${place.id}`)}
              >
                <place.icon size={20} stroke={here ? 2 : 1.6} aria-hidden />
                <span>{t(`places.${place.id}`)}</span>
              </Link>
            </li>
          )
        })}
      </ul>
      <Purpose />
    </nav>
  )
}

const Loading = () => (
  <div className={classes.loading}>
    <Waiting rows={10} />
  </div>
)

/** What Bedside is for, and which version says so. */
const Purpose = () => {
  const { t } = useTranslation('shell')
  const { data } = useQuery(orpc.system.info.queryOptions({ staleTime: Number.POSITIVE_INFINITY }))
  return (
    <footer className={classes.promise}>
      <p>{t('decisionSupport')}</p>
      <p className="tabular">{data ? `${data.app} ${data.version}` : 'Bedside'}</p>
    </footer>
  )
}
