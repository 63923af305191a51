import { bestLanguage, fallbackLanguage } from '../contract/languages.ts'
import { type Said, say } from '../contract/say.ts'
import { installation } from '../core/installation.ts'
import { textsAt } from '../core/texts.ts'

/**
 * A text of the core in the language of the caller (`BEDSIDE_LANGUAGE`; English unless said), else what it came with.
 */
export const inWords = (said: Said | undefined, message: string): string => {
  if (!said || !process.env.BEDSIDE_LANGUAGE) return message
  return sayHere(said, message)
}

/** A text of the core in the language of the caller; what no catalogue has is said by `fallback`. */
export const sayHere = (said: Said, fallback?: string): string => {
  const texts = textsAt(installation().resources)
  const language = bestLanguage([process.env.BEDSIDE_LANGUAGE ?? fallbackLanguage], texts.languages)
  return say(said, texts.in(language), language, fallback)
}
