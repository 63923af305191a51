import { Group, Kbd, Loader, Modal, Text, TextInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { IconFlask2, IconLock, IconSearch, IconStethoscope, IconUser, type TablerIcon } from '@tabler/icons-react'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { type KeyboardEvent, useEffect, useId, useMemo, useRef, useState } from 'react'
import { clinical, staff } from '../../contract/procedure.ts'
import { orpc } from '../api.ts'
import { FailureAlert } from '../errors/FailureAlert.tsx'
import { useTranslation } from '../language/index.ts'
import { useAbout } from '../parts/about.ts'
import { usePlace } from '../parts/place.tsx'
import { lockVault, useMay, useSession } from '../parts/session.ts'
import classes from './CommandPalette.module.css'
import { placesOf } from './places.ts'

interface Command {
  id: string
  group: 'patients' | 'studies' | 'go'
  label: string
  detail?: string
  icon: TablerIcon
  run: () => void
}

const contains = (text: string, query: string) => text.toLowerCase().includes(query.toLowerCase())

/** Finds a patient, a study or a view by a few letters, from anywhere. */
export const CommandPalette = ({ onClose }: { onClose: () => void }) => {
  const { t } = useTranslation('shell')
  return (
    <Modal.Root opened onClose={onClose} yOffset="10dvh" size={620} padding={0} centered={false}>
      <Modal.Overlay />
      <Modal.Content aria-label={t('palette')}>
        <Palette onClose={onClose} />
      </Modal.Content>
    </Modal.Root>
  )
}

const Palette = ({ onClose }: { onClose: () => void }) => {
  const { t } = useTranslation('shell')
  const listId = useId()
  const [query, setQuery] = useState('')
  const [debounced] = useDebouncedValue(query.trim(), 180)
  const [active, setActive] = useState(0)
  const list = useRef<HTMLDivElement>(null)
  const { commands, waiting, error } = useCommands(query.trim(), debounced)

  // Runs after each render: the options change with the search as well as with the keys.
  useEffect(() => {
    list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: 'nearest' })
  })

  const run = (command: Command | undefined) => {
    if (!command) return
    onClose()
    command.run()
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return
    const moves: Record<string, number> = { ArrowDown: 1, ArrowUp: -1 }
    const move = moves[event.key]
    if (move !== undefined && commands.length > 0) {
      event.preventDefault()
      setActive((active + move + commands.length) % commands.length)
    } else if (event.key === 'Enter') {
      event.preventDefault()
      run(commands[active])
    }
  }
  const optionId = (index: number) => `${listId}-${index}`
  return (
    <div>
      <TextInput
        size="md"
        variant="unstyled"
        className={classes.input}
        leftSection={<IconSearch size={18} />}
        rightSection={waiting ? <Loader size={16} /> : null}
        placeholder={t('palettePlaceholder')}
        aria-label={t('palette')}
        role="combobox"
        aria-expanded
        aria-controls={listId}
        aria-activedescendant={commands.length > 0 ? optionId(active) : undefined}
        autoComplete="off"
        spellCheck={false}
        data-autofocus
        value={query}
        onChange={(event) => {
          setQuery(event.currentTarget.value)
          setActive(0)
        }}
        onKeyDown={onKeyDown}
      />
      <div className={classes.list} id={listId} role="listbox" aria-label={t('palette')} ref={list}>
        {error ? <FailureAlert error={error} /> : null}
        {commands.length === 0 && !waiting && !error && (
          <Text c="dimmed" p="md" role="status">
            {t('paletteNone')}
          </Text>
        )}
        {commands.map((command, index) => (
          // biome-ignore lint/a11y/useFocusableInteractive: the field keeps the focus and names the active option
          // biome-ignore lint/a11y/useKeyWithClickEvents: Enter in the field runs the active option
          <div
            key={command.id}
            id={optionId(index)}
            role="option"
            aria-selected={index === active}
            className={classes.option}
            onMouseMove={() => setActive(index)}
            onClick={() => run(command)}
          >
            <command.icon size={17} aria-hidden />
            <span className={classes.label}>{command.label}</span>
            {command.detail && <span className={classes.detail}>{command.detail}</span>}
            <span className={classes.group}>{t(`paletteGroups.${command.group}`)}</span>
          </div>
        ))}
      </div>
      <Group gap="md" className={classes.keys} aria-hidden>
        <span>
          <Kbd size="xs">↑</Kbd> <Kbd size="xs">↓</Kbd> {t('paletteMove')}
        </span>
        <span>
          <Kbd size="xs">↵</Kbd> {t('paletteOpen')}
        </span>
        <span>
          <Kbd size="xs">Esc</Kbd> {t('close')}
        </span>
      </Group>
    </div>
  )
}

const useCommands = (query: string, debounced: string) => {
  const { t } = useTranslation('shell')
  const session = useSession()
  const navigate = useNavigate()
  const place = usePlace()
  const about = useAbout()
  const seesPatients = useMay(staff)
  const trains = useMay(clinical)
  const patients = useQuery(
    orpc.patients.search.queryOptions({
      input: { query: debounced, limit: 8 },
      enabled: seesPatients && debounced.length > 0,
      placeholderData: keepPreviousData,
    }),
  )
  const studies = useQuery(orpc.studies.list.queryOptions({ enabled: seesPatients }))
  const commands = useMemo<Command[]>(() => {
    const go: Command[] = [
      ...placesOf(session.role).map((each) => ({
        id: each.id,
        group: 'go' as const,
        label: t(`places.${each.id}`),
        icon: each.icon,
        run: () => void navigate({ to: each.to }),
      })),
      ...(trains
        ? [
            {
              id: 'train',
              group: 'go' as const,
              label: t('trainModel'),
              icon: IconStethoscope,
              run: () => place.train(),
            },
          ]
        : []),
      { id: 'lock', group: 'go', label: t('lock'), icon: IconLock, run: () => void lockVault() },
    ]
    if (query === '') return go
    return [
      ...(debounced === '' ? [] : (patients.data?.rows ?? [])).map((row) => ({
        id: `patient ${row.patient}`,
        group: 'patients' as const,
        label: row.label,
        detail: about(row),
        icon: IconUser,
        run: () => place.patient(row.patient),
      })),
      ...(studies.data ?? [])
        .filter((study) => contains(study.name, query) || contains(study.title, query))
        .slice(0, 5)
        .map((study) => ({
          id: `study ${study.name}`,
          group: 'studies' as const,
          label: study.title || study.name,
          icon: IconFlask2,
          run: () => place.study(study.name),
        })),
      ...go.filter((command) => contains(command.label, query)),
    ]
  }, [query, debounced, patients.data, studies.data, session.role, trains, t, navigate, place, about])
  return {
    commands,
    waiting: seesPatients && query !== '' && (query !== debounced || patients.isFetching),
    error: patients.error,
  }
}
