/** A language by its BCP 47 tag, as the files of texts are named: `en`, `zh-CN`. */
export type Language = string

/** What is read where a language has no text of its own. */
export const fallbackLanguage: Language = 'en'

/**
 * A tag and what it is more general in, most exact first: `zh-Hant-TW` -> zh-Hant-TW, zh-Hant, zh (RFC 4647, lookup).
 */
export const generalised = (language: Language): Language[] => {
  const parts = language.split('-')
  return parts.map((_, cut) => parts.slice(0, parts.length - cut).join('-'))
}

/**
 * The first of `wanted` (a person's languages, most liked first) that is offered: exactly, or in a more general or
 * another regional form (`zh-SG` -> `zh-CN`). English where none is.
 */
export const bestLanguage = (wanted: readonly string[], offered: readonly Language[]): Language => {
  const lower = (tag: string) => tag.replaceAll('_', '-').toLowerCase()
  for (const want of wanted) {
    const [exact, ...wider] = generalised(lower(want))
    const primary = wider.at(-1) ?? exact
    const found =
      [exact, ...wider].map((tag) => offered.find((each) => lower(each) === tag)).find((each) => each !== undefined) ??
      offered.find((each) => generalised(lower(each)).at(-1) === primary)
    if (found) return found
  }
  return fallbackLanguage
}
