import { createFormats, type Formats } from '../../contract/formats.ts'
import type { Language } from '../../contract/languages.ts'
import { createTexts, type Translate } from '../../contract/texts.ts'
import { createWords, type Summary, summaryText, type Words } from '../../contract/words.ts'
import { catalogues } from './catalogues.ts'

interface Speech {
  translate: Translate
  formats: Formats
  words: Words
}

const texts = createTexts(catalogues)
const made = new Map<Language, Speech>()

const speechOf = (language: Language): Speech => {
  const known = made.get(language)
  if (known) return known
  const translate = texts.in(language)
  const speech = { translate, formats: createFormats(language, translate), words: createWords(language, translate) }
  made.set(language, speech)
  return speech
}

/** Numbers, dates and units of a language, made once. */
export const formatsOf = (language: Language): Formats => speechOf(language).formats

/** Sentences about probabilities of a language, made once. */
export const wordsOf = (language: Language): Words => speechOf(language).words

/** What a prediction of the history said, in one line. */
export const summaryIn = (summary: Summary, language: Language): string =>
  summaryText(summary, language, speechOf(language))

export { type Formats, noValue } from '../../contract/formats.ts'
