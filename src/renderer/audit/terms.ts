import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { orpc } from '../api.ts'
import { useTranslation } from '../language/index.ts'

export interface Choice {
  value: string
  label: string
}
export interface Choices {
  group: string
  items: Choice[]
}

/** The name of an act in the language of the app; the act itself where it has none. */
export const useActName = (): ((act: string) => string) => {
  const { t } = useTranslation('audit')
  return (act) => t(`acts.${act.replaceAll('.', '_')}`, { defaultValue: act })
}

/** `done`, `refused`, `failed: wrongPassphrase`, `found: edited`, as a person says it. */
export const useOutcomeText = (): ((outcome: string) => string) => {
  const { t } = useTranslation('audit')
  return (outcome) => {
    const [word = outcome, reason] = outcome.split(': ')
    const said = t(`outcomes.${word}`, { defaultValue: word })
    if (!reason) return said
    return `${said}: ${t(`faults.${reason}.name`, { defaultValue: reason })}`
  }
}

export const outcomeKinds = ['done', 'started', 'failed', 'refused', 'found'] as const

/** What the log can be searched for: who, and every act under its kind. */
export const useTerms = (): { actors: Choices[]; acts: Choices[]; error: unknown; retry: () => void } => {
  const { t } = useTranslation('audit')
  const nameOf = useActName()
  const terms = useQuery(orpc.audit.terms.queryOptions({ staleTime: 60_000 }))
  const { data } = terms
  const { actors, acts } = useMemo(() => {
    const users = data?.actors.map(({ displayName }) => displayName) ?? []
    // Two users may bear one name: the log is searched for both, and each is told apart by the entry's id in an export.
    const people = [...new Set(users)].sort().map((name) => ({ value: name, label: name }))
    const kinds = new Map<string, string[]>()
    for (const act of data?.acts ?? []) {
      const kind = act.split('.')[0] ?? act
      kinds.set(kind, [...(kinds.get(kind) ?? []), act])
    }
    return {
      actors: [
        { group: t('filter.users'), items: people },
        {
          group: t('filter.others'),
          items: (['system', 'unknown'] as const).map((value) => ({ value, label: t(`actors.${value}`) })),
        },
      ],
      acts: [...kinds].map(([kind, own]) => ({
        group: t(`kinds.${kind}`, { defaultValue: kind }),
        items: [
          ...(own.length > 1
            ? [{ value: kind, label: t('filter.allOf', { kind: t(`kinds.${kind}`, { defaultValue: kind }) }) }]
            : []),
          ...own.map((act) => ({ value: act, label: nameOf(act) })),
        ],
      })),
    }
  }, [data, t, nameOf])
  return { actors, acts, error: terms.error, retry: () => void terms.refetch() }
}
