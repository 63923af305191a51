import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

const views = join(dirname(dirname(import.meta.dirname)), 'src', 'renderer')

export type Language = 'en' | 'zh-CN'

/** A text of the app as a pattern: `words('en')('unlock:unlock')`. What is filled in stands for anything. */
export const words =
  (language: Language) =>
  (key: string): RegExp => {
    const [view = '', path = ''] = key.split(':')
    const file = ['', 'parts']
      .map((folder) => join(views, folder, view, 'locales', `${language}.json`))
      .find((path) => existsSync(path))
    if (!file) throw new Error(`There are no texts of ${view} in ${language}`)
    const texts = JSON.parse(readFileSync(file, 'utf8')) as object
    const found = path
      .split('.')
      .reduce((at: unknown, part) => (at as Record<string, unknown> | undefined)?.[part], texts)
    if (typeof found !== 'string') throw new Error(`There is no text ${key} in ${language}`)
    const pattern = found
      .split(/\{\{.*?\}\}/)
      .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/\s+/g, '\\s+'))
      .join('.+')
    return new RegExp(`^${pattern}`)
  }
