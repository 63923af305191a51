import type { Text } from '../../contract/values.ts'

export const languages = ['en', 'zh-CN'] as const
export type Language = (typeof languages)[number]

export const isLanguage = (value: unknown): value is Language => languages.some((language) => language === value)

/** A text of the core in a language; English where the other is not given. */
export const textIn = (text: Text, language: Language): string =>
  language === 'zh-CN' ? (text.zh ?? text.en) : text.en
