import { describe, expect, test } from 'vitest'
import { catalogues } from './catalogues.ts'
import { languages } from './text.ts'

type Tree = { [key: string]: string | Tree }

const sources = import.meta.glob<string>(['../**/*.{ts,tsx}', '!../**/*.test.{ts,tsx}'], {
  eager: true,
  query: '?raw',
  import: 'default',
})

const leavesOf = (tree: Tree, prefix = ''): string[] =>
  Object.entries(tree).flatMap(([key, value]) =>
    typeof value === 'string' ? [`${prefix}${key}`] : leavesOf(value, `${prefix}${key}.`),
  )
const plural = /_(zero|one|two|few|many|other)$/
/** English has one and other, Chinese only other: they count as the same key. */
const keysOf = (view: string, language: string): Set<string> =>
  new Set(leavesOf(catalogues[language]?.[view] ?? {}).map((key) => key.replace(plural, '')))
const textOf = (view: string, language: string): Record<string, string> => {
  const at = (tree: Tree | string | undefined, key: string): Tree | string | undefined =>
    key
      .split('.')
      .reduce<Tree | string | undefined>((node, part) => (typeof node === 'object' ? node[part] : node), tree)
  const tree = catalogues[language]?.[view] ?? {}
  return Object.fromEntries(leavesOf(tree).map((key) => [key, String(at(tree, key))]))
}

const views = Object.keys(catalogues.en ?? {}).sort()
const others = languages.filter((language) => language !== 'en')

describe.each(views)('%s', (view) => {
  test('says everything in every language, so that nobody reads half a screen in another one', () => {
    for (const language of others)
      expect([language, [...keysOf(view, language)].sort()]).toEqual([language, [...keysOf(view, 'en')].sort()])
  })

  test('names the same figures in every language, so that no number is lost in translation', () => {
    const placeholders = (text: string) =>
      [...new Set([...text.matchAll(/\{\{\s*(\w+)/g)].map(([, name]) => name))].filter((name) => name !== 'count')
    const english = textOf(view, 'en')
    for (const language of others)
      for (const [key, text] of Object.entries(textOf(view, language))) {
        const other = english[key]
        if (other !== undefined) expect([key, placeholders(text).sort()]).toEqual([key, placeholders(other).sort()])
      }
  })

  test('has both plural forms in English', () => {
    const english = Object.keys(textOf(view, 'en'))
    for (const key of english.filter((each) => each.endsWith('_one')))
      expect(english).toContain(key.replace(/_one$/, '_other'))
  })
})

/** Keys as they stand in code: whole (`t('a.b')`) or the part before a value (``t(`a.${b}`)``). */
const usesOf = (source: string): { key: string; whole: boolean }[] =>
  [...source.matchAll(/\bt\(\s*(?:'([^'\n]+)'|`([^`$\n]*)(\$\{)?)/g)].map(([, quoted, before = '', value]) =>
    quoted === undefined ? { key: before, whole: value === undefined } : { key: quoted, whole: true },
  )

test('every text that a view asks for is there, so that no doctor reads a key', () => {
  const missing: string[] = []
  for (const [path, source] of Object.entries(sources)) {
    const own = [...source.matchAll(/useTranslation\('(\w+)'\)/g)].map(([, view = '']) => view)
    for (const { key, whole } of usesOf(source)) {
      const [named, rest] = key.includes(':') ? (key.split(':', 2) as [string, string]) : [null, key]
      const among = named ? [named] : [...own, 'shell']
      // The texts of the core's failures and stages come with a default.
      if (rest === '' || (!whole && named === 'reasons')) continue
      const found = among.some((view) => {
        const keys = [...keysOf(view, 'en')]
        return whole ? keys.includes(rest) : keys.some((each) => each.startsWith(rest))
      })
      if (!found) missing.push(`${path}: ${key}`)
    }
  }
  expect(missing).toEqual([])
})

test('the check above sees the keys it is there for', () => {
  expect(usesOf(`t('a.b') && t(\`c.\${d}\`) || t('e:f', { count })`)).toEqual([
    { key: 'a.b', whole: true },
    { key: 'c.', whole: false },
    { key: 'e:f', whole: true },
  ])
  expect(Object.keys(sources).length).toBeGreaterThan(30)
})
