import type { Role } from '../../../contract/procedure.ts'
import type { ReadStore, WriteStore } from '../store/store.ts'

export interface KnownUser {
  id: string
  displayName: string
  role: Role
  disabled: boolean
  createdAt: string
  disabledAt: string | null
}

export const addUser = (
  store: WriteStore,
  user: { id: string; displayName: string; role: Role },
  createdAt = new Date().toISOString(),
): void => {
  store.run(
    'INSERT INTO user (id, display_name, role, created_at) VALUES (?, ?, ?, ?)',
    user.id,
    user.displayName,
    user.role,
    createdAt,
  )
}

interface UserRow {
  id: string
  display_name: string
  role: Role
  created_at: string
  disabled_at: string | null
}

const known = (row: UserRow): KnownUser => ({
  id: row.id,
  displayName: row.display_name,
  role: row.role,
  disabled: row.disabled_at !== null,
  createdAt: row.created_at,
  disabledAt: row.disabled_at,
})

export const userById = (store: ReadStore, id: string): KnownUser | undefined => {
  const row = store.get<UserRow>('SELECT id, display_name, role, created_at, disabled_at FROM user WHERE id = ?', id)
  return row && known(row)
}

export const listUsers = (store: ReadStore): KnownUser[] =>
  store
    .all<UserRow>('SELECT id, display_name, role, created_at, disabled_at FROM user ORDER BY created_at, id')
    .map(known)
