import { Badge, Group, Skeleton, Text, Title } from '@mantine/core'
import { IconUserQuestion } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link, Outlet, useRouterState } from '@tanstack/react-router'
import { Suspense, useEffect, useRef } from 'react'
import { administrators, clinical } from '../../contract/procedure.ts'
import { orpc } from '../api.ts'
import { FailureAlert } from '../errors/FailureAlert.tsx'
import { failureOf } from '../errors/failure.ts'
import { ViewBoundary } from '../errors/ViewBoundary.tsx'
import { useTranslation } from '../language/index.ts'
import { useAbout } from '../parts/about.ts'
import { PlaceLink } from '../parts/place.tsx'
import { useMay } from '../parts/session.ts'
import { Empty, Waiting } from '../parts/View.tsx'
import classes from './PatientView.module.css'

const tabs = [
  { id: 'chart', roles: null },
  { id: 'diagnosis', roles: clinical },
  { id: 'survival', roles: clinical },
  { id: 'advice', roles: clinical },
  { id: 'history', roles: clinical },
] as const

/** The chart is read once for all tabs: each reading is written to the audit log. */
export const chartOptions = (patient: number) =>
  orpc.patients.chart.queryOptions({ input: { patient }, staleTime: 10 * 60_000 })

/** One patient: who it is, always in sight, and the views of the record. */
export const PatientView = ({ patient }: { patient: number }) => {
  const { t } = useTranslation('chart')
  const pathname = useRouterState({ select: (state) => state.location.pathname })
  const mayAsk = useMay(clinical)
  const chart = useQuery(chartOptions(patient))
  const strip = useRef<HTMLElement>(null)
  const tab = pathname.split('/').at(-1) ?? 'chart'
  const label = chart.data?.patient.label

  useEffect(() => {
    if (label) document.title = `${label} · ${t(`tabs.${tab}`, { defaultValue: '' })} · Bedside`
  }, [label, tab, t])
  useEffect(() => {
    strip.current?.querySelector('[aria-current="page"]')?.scrollIntoView({ block: 'nearest', inline: 'nearest' })
  })

  if (chart.isError) {
    const missing = failureOf(chart.error).code === 'notFound'
    return (
      <div className={classes.content}>
        {missing ? (
          <Empty
            order={1}
            icon={<IconUserQuestion size={32} />}
            title={t('notFound')}
            actions={<PlaceLink to="/worklist">{t('toWorklist')}</PlaceLink>}
          >
            {t('notFoundHelp')}
          </Empty>
        ) : (
          <FailureAlert error={chart.error} onRetry={() => void chart.refetch()} />
        )}
      </div>
    )
  }
  return (
    <div>
      <header className={classes.header}>
        <div className={classes.inner}>
          {chart.data ? <Who row={chart.data.patient} /> : <WhoWaiting />}
          <nav className={classes.tabs} aria-label={t('views')} ref={strip}>
            {tabs
              .filter((each) => each.roles === null || mayAsk)
              .map((each) => (
                <Link
                  key={each.id}
                  to={`/patients/$patient/${each.id}`}
                  params={{ patient: String(patient) }}
                  className={classes.tab}
                  aria-current={tab === each.id ? 'page' : undefined}
                >
                  {t(`tabs.${each.id}`)}
                </Link>
              ))}
          </nav>
        </div>
      </header>
      <div className={classes.content}>
        <ViewBoundary resetKey={pathname}>
          <Suspense fallback={<Waiting rows={10} />}>
            <Outlet />
          </Suspense>
        </ViewBoundary>
      </div>
    </div>
  )
}

type Row = Parameters<ReturnType<typeof useAbout>>[0]

const Who = ({ row }: { row: Row }) => {
  const { t } = useTranslation('chart')
  const administers = useMay(administrators)
  const about = useAbout()
  return (
    <Group justify="space-between" gap="xs" align="flex-start" className={classes.who}>
      <div className={classes.names}>
        <Title order={1} className={classes.label}>
          {row.label}
        </Title>
        <Text c="var(--ink-soft)" size="sm" className="tabular">
          {about(row) || t('aboutUnknown')}
        </Text>
      </div>
      <dl className={classes.facts}>
        {row.identifiers.length > 0 && (
          <div>
            <dt>{t('identifiers')}</dt>
            <dd className="tabular">
              {row.identifiers.map((each) => (
                <span key={`${each.system} ${each.value}`} title={each.system}>
                  {each.value}
                </span>
              ))}
            </dd>
          </div>
        )}
        <div>
          <dt>{t('studies')}</dt>
          <dd>
            {row.studies.map((study) => (
              <Badge key={study} color="gray" size="sm">
                {study}
              </Badge>
            ))}
          </dd>
        </div>
        {administers && (
          <div>
            <dt>{t('shell:places.audit')}</dt>
            <dd>
              <PlaceLink to="/audit" search={{ record: `patient/${row.patient}` }} size="sm">
                {t('whoSaw')}
              </PlaceLink>
            </dd>
          </div>
        )}
      </dl>
    </Group>
  )
}

const WhoWaiting = () => {
  const { t } = useTranslation('shell')
  return (
    <div role="status" aria-label={t('loading')} className={classes.who}>
      <Skeleton height={24} width={200} mb={8} />
      <Skeleton height={14} width={280} />
    </div>
  )
}
