import i18next, { type Resource } from 'i18next'
import { useCallback, useMemo } from 'react'
import { initReactI18next, useTranslation } from 'react-i18next'
import type { Text } from '../../contract/values.ts'
import reasons from '../errors/reasons.zh-CN.json'
import { type Formats, formatsOf } from './formats.ts'
import { isLanguage, type Language, languages, textIn } from './text.ts'

/** How each language calls itself. */
export const languageNames: Record<Language, string> = { en: 'English', 'zh-CN': '简体中文' }

const storageKey = 'bedside.language'

const firstLanguage = (): Language => {
  const stored = localStorage.getItem(storageKey)
  if (isLanguage(stored)) return stored
  return navigator.languages.some((language) => language.toLowerCase().startsWith('zh')) ? 'zh-CN' : 'en'
}

/** Texts of every view: `<view>/locales/<language>.json` is the namespace `<view>`. */
const resources = () => {
  const files = import.meta.glob<object>('../*/locales/*.json', { eager: true, import: 'default' })
  const tree: Record<string, Record<string, object>> = {}
  for (const [path, texts] of Object.entries(files)) {
    const [, view, language] = /^\.\.\/([^/]+)\/locales\/([^/]+)\.json$/.exec(path) ?? []
    if (!view || !language) continue
    tree[language] ??= {}
    tree[language][view] = texts
  }
  // The core speaks English; what it may say is translated here.
  const chinese = tree['zh-CN']
  if (chinese) chinese.errors = { ...reasons, ...chinese.errors }
  return tree
}

export const startLanguage = async (): Promise<void> => {
  const tree = resources()
  await i18next.use(initReactI18next).init({
    lng: firstLanguage(),
    fallbackLng: 'en',
    supportedLngs: languages,
    resources: tree as Resource,
    ns: Object.keys(tree.en ?? {}),
    defaultNS: 'shell',
    fallbackNS: 'shell',
    interpolation: { escapeValue: false },
    returnNull: false,
  })
  i18next.on('languageChanged', markDocument)
  markDocument(i18next.language)
}

const markDocument = (language: string) => {
  document.documentElement.lang = language
}

export const changeLanguage = async (language: string): Promise<void> => {
  if (!isLanguage(language)) return
  localStorage.setItem(storageKey, language)
  await i18next.changeLanguage(language)
}

/** Signed-in users keep their language in their settings; the browser only remembers the last one for the unlock view. */
export const adoptLanguage = (value: unknown): void => {
  if (isLanguage(value) && value !== i18next.language) void changeLanguage(value)
}

export const useLanguage = (): Language => {
  const { i18n } = useTranslation()
  return isLanguage(i18n.language) ? i18n.language : 'en'
}

/** Reads a text of the core (`{en, zh}`) in the language of the app. */
export const useText = (): ((text: Text | null | undefined) => string) => {
  const language = useLanguage()
  return useCallback((text) => (text ? textIn(text, language) : ''), [language])
}

/** Numbers, dates and units in the language of the app. */
export const useFormats = (): Formats => {
  const language = useLanguage()
  return useMemo(() => formatsOf(language), [language])
}

export { type Language, languages, textIn, useTranslation }
