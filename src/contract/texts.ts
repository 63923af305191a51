import { createInstance, type Resource } from 'i18next'
import { fallbackLanguage, type Language } from './languages.ts'

/**
 * Texts of one room in one language: nested, with `{{name}}` for values and `_one`/`_other` for plurals (i18next JSON
 * v4).
 */
export type TextTree = { [key: string]: string | TextTree }

/** All texts: language -> room -> texts. A language is offered because its files are there. */
export type Catalogues = Record<Language, Record<string, TextTree>>

/** A text by `room:key`, with its values; the key itself where there is none, `defaultValue` where that is given. */
export type Translate = (key: string, values?: Record<string, unknown>) => string

/**
 * What a file of texts holds by its name: `reasons.zh-CN.json` -> room reasons, language zh-CN. Null for other files.
 */
export const fileOfTexts = (path: string): { room: string; language: Language } | null => {
  const [, room, language] = /(?:^|[\\/])(\w+)\.([\w-]+)\.json$/.exec(path) ?? []
  return room && language ? { room, language } : null
}

/** Files of resources/texts by path, as catalogues. */
export const cataloguesOf = (files: Record<string, TextTree>): Catalogues => {
  const catalogues: Catalogues = {}
  for (const [path, texts] of Object.entries(files)) {
    const named = fileOfTexts(path)
    if (!named) continue
    catalogues[named.language] ??= {}
    catalogues[named.language][named.room] = texts
  }
  return catalogues
}

/** Languages that have texts: English first, the others in the order of their tags. */
export const languagesOf = (catalogues: Catalogues): Language[] =>
  Object.keys(catalogues).sort(
    (a, b) => Number(b === fallbackLanguage) - Number(a === fallbackLanguage) || (a < b ? -1 : 1),
  )

/** How i18next is set up everywhere: window, shell, core and tests. */
export const settingsOf = (catalogues: Catalogues, language: Language) => ({
  lng: language,
  fallbackLng: fallbackLanguage,
  supportedLngs: languagesOf(catalogues),
  resources: catalogues as Resource,
  ns: [...new Set(Object.values(catalogues).flatMap((rooms) => Object.keys(rooms)))],
  interpolation: { escapeValue: false },
  returnNull: false as const,
})

export interface Texts {
  languages: readonly Language[]
  in(language: Language): Translate
}

/** Texts for those without React: the shell, the core's edge, tests. */
export const createTexts = (catalogues: Catalogues): Texts => {
  const instance = createInstance()
  void instance.init({ ...settingsOf(catalogues, fallbackLanguage), initAsync: false })
  return {
    languages: languagesOf(catalogues),
    in: (language) => {
      const translate = instance.getFixedT(language)
      return (key, values) => translate(key, values ?? {}) as string
    },
  }
}
