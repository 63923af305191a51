import { bestLanguage } from '../contract/languages.ts'
import { type Said, say } from '../contract/say.ts'
import { installation } from '../core/installation.ts'
import { textsAt } from '../core/texts.ts'

/**
 * A text of the core in the language of the caller (`BEDSIDE_LANGUAGE`; English unless said), else what it came with.
 */
export const inWords = (said: Said | undefined, message: string): string => {
  const wanted = process.env.BEDSIDE_LANGUAGE
  if (!said || !wanted) return message
  const texts = textsAt(installation().resources)
  const language = bestLanguage([wanted], texts.languages)
  return say(said, texts.in(language), language, message)
}
