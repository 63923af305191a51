import type { Language } from './languages.ts'
import type { Translate } from './texts.ts'

/**
 * What core says: the key of a text (`room:key`) and its values, never a sentence. Values may hold lists and further
 * texts; they name columns, learners, counts and files, never what was recorded of a patient.
 */
export interface Said {
  text: string
  values?: { [name: string]: Value }
}
export type Value = string | number | boolean | null | Said | readonly (string | Said)[]
export type Values = { [name: string]: Value }

/** A text, or the English sentence that was stored before texts had keys: it is shown as it is. */
export type Spoken = Said | string

const isSaid = (value: Value): value is Said => typeof value === 'object' && value !== null && 'text' in value

/** Values as a text of that language takes them: lists joined, texts within said. */
const spoken = (values: Values | undefined, translate: Translate, language: Language): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(values ?? {}).map(([name, value]) => [name, spokenValue(value, translate, language)]),
  )

const spokenValue = (value: Value, translate: Translate, language: Language): unknown => {
  if (typeof value !== 'object' || value === null) return value
  if (isSaid(value)) return say(value, translate, language)
  const parts = value.map((part) => (typeof part === 'string' ? part : say(part, translate, language)))
  // Sentences stand after each other, words in a list.
  return parts.some((part) => /[.。]$/.test(part))
    ? parts.join(' ')
    : new Intl.ListFormat(language, { style: 'narrow', type: 'conjunction' }).format(parts)
}

/** A text, or what was stored as a sentence. */
export const speak = (spoken: Spoken, translate: Translate, language: Language): string =>
  typeof spoken === 'string' ? spoken : say(spoken, translate, language)

/** The text in a language; `fallback` where no catalogue has it (it was stored by another version). */
export const say = ({ text, values }: Said, translate: Translate, language: Language, fallback?: string): string =>
  translate(text, {
    ...spoken(values, translate, language),
    ...(fallback === undefined ? {} : { defaultValue: fallback }),
  })
