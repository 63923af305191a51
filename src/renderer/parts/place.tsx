import { Anchor, type AnchorProps } from '@mantine/core'
import { createLink, type LinkComponent, useNavigate } from '@tanstack/react-router'
import { type AnchorHTMLAttributes, type Ref, useMemo } from 'react'
import type { AuditSearch } from './auditSearch.ts'

interface Props extends Omit<AnchorProps, 'href'>, Omit<AnchorHTMLAttributes<HTMLAnchorElement>, keyof AnchorProps> {
  ref?: Ref<HTMLAnchorElement>
}

const Link = createLink((props: Props) => <Anchor {...props} />)

/** A link to a view: `<PlaceLink to="/patients/$patient/diagnosis" params={{ patient: '7' }}>`. */
export const PlaceLink: LinkComponent<(props: Props) => React.JSX.Element> = (props) => <Link {...props} />

/** Goes to a view: `usePlace().model(3)`. */
export const usePlace = () => {
  const navigate = useNavigate()
  return useMemo(
    () => ({
      worklist: (search: { q?: string; study?: string } = {}) => void navigate({ to: '/worklist', search }),
      patient: (patient: number, tab: 'chart' | 'diagnosis' | 'survival' | 'advice' | 'history' = 'chart') =>
        void navigate({ to: `/patients/$patient/${tab}`, params: { patient: String(patient) } }),
      intake: () => void navigate({ to: '/intake' }),
      batch: (batch: number) => void navigate({ to: '/intake/batches/$batch', params: { batch: String(batch) } }),
      studies: () => void navigate({ to: '/studies' }),
      study: (study: string) => void navigate({ to: '/studies/$study', params: { study } }),
      deidentify: (study: string) => void navigate({ to: '/studies/$study/deidentify', params: { study } }),
      models: () => void navigate({ to: '/models' }),
      model: (model: number) => void navigate({ to: '/models/$model', params: { model: String(model) } }),
      train: (study?: string) => void navigate({ to: '/train', search: study ? { study } : {} }),
      settings: () => void navigate({ to: '/settings' }),
      audit: (search: AuditSearch = {}) => void navigate({ to: '/audit', search }),
    }),
    [navigate],
  )
}
