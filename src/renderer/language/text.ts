import type { Language } from '../../contract/languages.ts'
import { languagesOf } from '../../contract/texts.ts'
import { textIn } from '../../contract/values.ts'
import { catalogues } from './catalogues.ts'

/** Those whose texts are there: a further language is offered once its files are. */
export const languages: readonly Language[] = languagesOf(catalogues)

export const isLanguage = (value: unknown): value is Language => languages.some((language) => language === value)

/** How a language calls itself. */
export const languageName = (language: Language): string => {
  const { language: name } = catalogues[language]?.formats ?? {}
  return typeof name === 'string'
    ? name
    : (new Intl.DisplayNames([language], { type: 'language' }).of(language) ?? language)
}

export { type Language, textIn }
