import type { ReadStore, WriteStore } from './store.ts'

export type Setting = string | number | boolean

/** Settings of a user; `user` null: the whole vault's. */
export const readSettings = (store: ReadStore, user: string | null): Record<string, Setting> =>
  Object.fromEntries(
    store
      .rows<[string, string]>('SELECT name, value FROM setting WHERE user IS ? ORDER BY name', user)
      .map(([name, value]) => [name, JSON.parse(value) as Setting]),
  )

export const writeSettings = (store: WriteStore, user: string | null, settings: Record<string, Setting>): void => {
  for (const [name, value] of Object.entries(settings)) {
    removeSetting(store, user, name)
    store.run('INSERT INTO setting (user, name, value) VALUES (?, ?, ?)', user, name, JSON.stringify(value))
  }
}

export const removeSetting = (store: WriteStore, user: string | null, name: string): void => {
  store.run('DELETE FROM setting WHERE user IS ? AND name = ?', user, name)
}
