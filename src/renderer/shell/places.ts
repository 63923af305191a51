import {
  IconClipboardList,
  IconDatabaseExport,
  IconFileImport,
  IconFlask2,
  IconSettings,
  IconShieldCheck,
  type TablerIcon,
} from '@tabler/icons-react'
import { administrators, everyone, type Role, staff } from '../../contract/procedure.ts'

export interface Place {
  id: 'worklist' | 'intake' | 'studies' | 'settings' | 'audit' | 'backups'
  to: '/worklist' | '/intake' | '/studies' | '/settings' | '/audit' | '/backups'
  icon: TablerIcon
  roles: readonly Role[]
  /** Other addresses that belong to this place. */
  also: readonly string[]
}

/** The navigation, in order. */
const places: readonly Place[] = [
  { id: 'worklist', to: '/worklist', icon: IconClipboardList, roles: staff, also: ['/patients'] },
  { id: 'intake', to: '/intake', icon: IconFileImport, roles: staff, also: [] },
  { id: 'studies', to: '/studies', icon: IconFlask2, roles: everyone, also: ['/models', '/train'] },
  { id: 'audit', to: '/audit', icon: IconShieldCheck, roles: ['administrator', 'auditor'], also: [] },
  { id: 'backups', to: '/backups', icon: IconDatabaseExport, roles: administrators, also: [] },
  { id: 'settings', to: '/settings', icon: IconSettings, roles: everyone, also: [] },
]

export const placesOf = (role: Role): readonly Place[] => places.filter((place) => place.roles.includes(role))

/** Where a user starts: the worklist, or the audit log for those who may not see patients. */
export const landingOf = (role: Role | undefined): Place['to'] => (role === 'auditor' ? '/audit' : '/worklist')

export const isAt = (place: Place, pathname: string): boolean =>
  [place.to, ...place.also].some((start) => pathname === start || pathname.startsWith(`${start}/`))
