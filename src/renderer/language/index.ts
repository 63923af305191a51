import i18next from 'i18next'
import { useCallback, useMemo } from 'react'
import { initReactI18next, useTranslation } from 'react-i18next'
import { bestLanguage } from '../../contract/languages.ts'
import { type Spoken, speak } from '../../contract/say.ts'
import { settingsOf } from '../../contract/texts.ts'
import type { Text } from '../../contract/values.ts'
import type { Warning } from '../../contract/warnings.ts'
import { catalogues } from './catalogues.ts'
import { type Formats, formatsOf } from './formats.ts'
import { isLanguage, type Language, languageName, languages, textIn } from './text.ts'

const storageKey = 'bedside.language'

const firstLanguage = (): Language => {
  const stored = localStorage.getItem(storageKey)
  return isLanguage(stored) ? stored : bestLanguage(navigator.languages, languages)
}

export const startLanguage = async (): Promise<void> => {
  await i18next.use(initReactI18next).init({
    ...settingsOf(catalogues, firstLanguage()),
    defaultNS: 'shell',
    fallbackNS: 'shell',
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

/**
 * Signed-in users keep their language in their settings; the browser only remembers the last one for the unlock view.
 */
export const adoptLanguage = (value: unknown): void => {
  if (isLanguage(value) && value !== i18next.language) void changeLanguage(value)
}

export const useLanguage = (): Language => {
  const { i18n } = useTranslation()
  return isLanguage(i18n.language) ? i18n.language : 'en'
}

/** Reads a text that came with the data (`{ en, zh }`) in the language of the app. */
export const useText = (): ((text: Text | null | undefined) => string) => {
  const language = useLanguage()
  return useCallback((text) => (text ? textIn(text, language) : ''), [language])
}

/** Reads what the core says by key (or said in English, before texts had keys) in the language of the app. */
export const useSaid = (): ((said: Spoken) => string) => {
  const { t } = useTranslation()
  const language = useLanguage()
  return useCallback((said) => speak(said, t, language), [t, language])
}

/** Reads a warning: its text, or the sentence that was stored before warnings had texts. */
export const useWarningText = (): ((warning: Pick<Warning, 'said' | 'message'>) => string) => {
  const said = useSaid()
  return useCallback((warning) => said(warning.said ?? warning.message), [said])
}

/** Numbers, dates and units in the language of the app. */
export const useFormats = (): Formats => {
  const language = useLanguage()
  return useMemo(() => formatsOf(language), [language])
}

export { type Language, languageName, languages, textIn, useTranslation }
