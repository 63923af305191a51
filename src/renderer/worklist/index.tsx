import { CloseButton, Group, Kbd, Paper, Select, Text, TextInput } from '@mantine/core'
import { useDebouncedValue, useHotkeys } from '@mantine/hooks'
import { IconSearch } from '@tabler/icons-react'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { type RefObject, useEffect, useRef, useState } from 'react'
import { orpc } from '../api.ts'
import { FailureAlert } from '../errors/FailureAlert.tsx'
import { useFormats, useTranslation } from '../language/index.ts'
import { useJobs } from '../parts/jobs/follow.ts'
import { JobProgress } from '../parts/jobs/JobProgress.tsx'
import { isActive } from '../parts/jobs/list.ts'
import { Empty, View, Waiting } from '../parts/View.tsx'
import { EmptyClinic } from './EmptyClinic.tsx'
import { PatientTable } from './PatientTable.tsx'
import { pageSize } from './pages.ts'

/** Patients, found by name, identifier or birth date. */
export const WorklistView = () => {
  const { t } = useTranslation('worklist')
  const formats = useFormats()
  const { typed, setTyped, query, study, chooseStudy } = useWanted()
  const field = useRef<HTMLInputElement>(null)
  const table = useRef<HTMLDivElement>(null)

  useHotkeys([['/', () => field.current?.focus()]])
  const studies = useQuery(orpc.studies.list.queryOptions())
  const first = useQuery(
    orpc.patients.search.queryOptions({
      input: { query, study, offset: 0, limit: pageSize },
      placeholderData: keepPreviousData,
    }),
  )
  const total = first.data?.total
  const training = useJobs().find((job) => job.kind === 'samples' && isActive(job))
  const unfiltered = query === '' && study === null
  if (total === 0 && unfiltered && !first.isPlaceholderData)
    return (
      <View title={t('title')}>
        <EmptyClinic />
      </View>
    )
  return (
    <View
      title={t('title')}
      wide
      fill
      subtitle={
        <span role="status" aria-live="polite" className="tabular">
          {total === undefined
            ? ' '
            : t(unfiltered ? 'total' : 'found', { count: total, number: formats.integer(total) })}
        </span>
      }
      actions={
        <Text size="xs" c="dimmed" visibleFrom="md" aria-hidden>
          <Kbd size="xs">/</Kbd> {t('keySearch')} · <Kbd size="xs">↑</Kbd> <Kbd size="xs">↓</Kbd> <Kbd size="xs">↵</Kbd>{' '}
          {t('keyOpen')}
        </Text>
      }
    >
      <Group gap="sm" align="flex-end" role="search">
        <SearchField
          ref={field}
          typed={typed}
          onType={setTyped}
          {...((total ?? 0) > 0 ? { onDown: () => table.current?.focus() } : {})}
        />
        <Select
          size="md"
          w={{ base: '100%', xs: 240 }}
          aria-label={t('studyFilter')}
          placeholder={t('allStudies')}
          clearable
          searchable
          clearButtonProps={{ 'aria-label': t('allStudies') }}
          nothingFoundMessage={t('noStudy')}
          data={(studies.data ?? []).map((each) => ({ value: each.name, label: each.title || each.name }))}
          value={study}
          onChange={chooseStudy}
        />
      </Group>
      {training && (
        <Paper px="md" py="xs" maw={640}>
          <JobProgress job={training} compact />
        </Paper>
      )}
      {first.isError ? (
        <FailureAlert error={first.error} onRetry={() => void first.refetch()} />
      ) : total === undefined ? (
        <Waiting rows={12} height={30} />
      ) : total === 0 ? (
        <Empty icon={<IconSearch size={30} />} title={t('nobody')}>
          {t('nobodyHelp')}
        </Empty>
      ) : (
        <PatientTable key={`${query}\n${study ?? ''}`} ref={table} query={query} study={study} total={total} />
      )}
    </View>
  )
}

/** What is looked for: as typed, as searched a moment later, and of which study. */
const useWanted = () => {
  const navigate = useNavigate()
  const address = useSearch({ from: '/worklist' })
  const [typed, setTyped] = useState(address.q ?? '')
  const [query] = useDebouncedValue(typed.trim(), 200)
  const study = address.study ?? null
  // The search stays in the address, so that going back from a chart finds it again; an address that comes from
  // elsewhere (the navigation, a link) brings its own.
  const told = useRef(address.q ?? '')
  useEffect(() => {
    const asked = address.q ?? ''
    if (asked !== told.current) {
      told.current = asked
      setTyped(asked)
    } else if (query !== asked && query === typed.trim()) {
      told.current = query
      void navigate({
        to: '/worklist',
        search: { ...(query ? { q: query } : {}), ...(study ? { study } : {}) },
        replace: true,
      })
    }
  }, [query, typed, study, address.q, navigate])
  const chooseStudy = (chosen: string | null) =>
    void navigate({
      to: '/worklist',
      search: { ...(query ? { q: query } : {}), ...(chosen ? { study: chosen } : {}) },
      replace: true,
    })
  return { typed, setTyped, query, study, chooseStudy }
}

/** Where patients are searched: arrow down goes on to those found, Escape empties it. */
const SearchField = ({
  ref,
  typed,
  onType,
  onDown,
}: {
  ref: RefObject<HTMLInputElement | null>
  typed: string
  onType: (text: string) => void
  onDown?: () => void
}) => {
  const { t } = useTranslation('worklist')
  return (
    <TextInput
      ref={ref}
      flex="1 1 240px"
      maw={520}
      size="md"
      leftSection={<IconSearch size={18} aria-hidden />}
      rightSection={
        typed !== '' ? (
          <CloseButton
            size="sm"
            aria-label={t('clearSearch')}
            onClick={() => {
              onType('')
              ref.current?.focus()
            }}
          />
        ) : null
      }
      aria-label={t('search')}
      placeholder={t('searchPlaceholder')}
      aria-keyshortcuts="/"
      autoComplete="off"
      spellCheck={false}
      maxLength={200}
      data-autofocus
      autoFocus
      value={typed}
      onChange={(event) => onType(event.currentTarget.value)}
      onKeyDown={(event) => {
        if (event.key === '/' && typed === '') event.preventDefault()
        else if (event.key === 'ArrowDown' && onDown) {
          event.preventDefault()
          onDown()
        } else if (event.key === 'Escape' && typed !== '') {
          event.preventDefault()
          onType('')
        }
      }}
    />
  )
}
