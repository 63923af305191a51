/**
 * Search terms of a patient. A name (with the birth date as one more word) becomes one term a starting point: every
 * word, and every character of Chinese, Japanese and Korean names, begins a rotation of the whole. So a search for any
 * word, any part of a Chinese name from any character on, or a birth date is a range of the index; other words of the
 * query are checked on the term itself. Identifiers are terms of their own.
 */
export interface Person {
  name: string | null
  birthDate: string | null
  identifiers: readonly string[]
}

export interface Term {
  /** 0: a rotation of name and birth date, which holds all of both; 1: an identifier. */
  kind: 0 | 1
  term: string
  /** Longest prefix shared with an earlier term of the patient. */
  overlap: number
}

const mostRotations = 16
const longestTerm = 120
const ideograph = /\p{Script=Han}|\p{Script=Hiragana}|\p{Script=Katakana}|\p{Script=Hangul}/u
/** `anne-marie` is two words; `1958-03-12` is one. */
const betweenLetters = /(?<=\p{L})\p{Pd}(?=\p{L})/gu
const plain = /^[a-z0-9-]+(?: [a-z0-9-]+)*$/

/**
 * Lower case, without accents, width variants and punctuation; words apart by one space, ideographs apart from the
 * rest.
 */
export const normaliseName = (text: string): string => {
  const lower = text.trim().toLowerCase()
  if (plain.test(lower)) return lower.includes('-') ? lower.replaceAll(betweenLetters, ' ') : lower
  return lower
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .normalize('NFC')
    .toLowerCase()
    .replaceAll(betweenLetters, ' ')
    .replaceAll(/['’ʼ`´·]/gu, '')
    .replaceAll(/[^\p{L}\p{N}-]+/gu, ' ')
    .replaceAll(
      /(?<=\p{Script=Han}|\p{Script=Hiragana}|\p{Script=Katakana})(?=[\p{N}\p{Script=Latin}])|(?<=[\p{N}\p{Script=Latin}])(?=\p{Script=Han}|\p{Script=Hiragana}|\p{Script=Katakana})/gu,
      ' ',
    )
    .replaceAll(/ {2,}/g, ' ')
    .trim()
}

export const normaliseIdentifier = (text: string): string =>
  (plain.test(text) ? text : text.normalize('NFKC').toLowerCase()).trim().slice(0, longestTerm)

export const hasIdeograph = (text: string): boolean => ideograph.test(text)

/** All terms of a patient, earliest first. Deterministic: terms are removed by making them again. */
export const termsOf = ({ name, birthDate, identifiers }: Person): Term[] => {
  const terms: Term[] = []
  const add = (kind: 0 | 1, term: string) => {
    if (term === '') return
    let overlap = 0
    for (const earlier of terms) overlap = Math.max(overlap, sharedPrefix(earlier.term, term))
    // A term that begins another one of the same patient adds nothing to find.
    if (overlap < term.length) terms.push({ kind, term, overlap })
  }
  const whole = `${name ? normaliseName(name) : ''} ${birthDate ?? ''}`.trim()
  if (whole !== '') for (const rotation of rotations(whole)) add(0, rotation)
  for (const identifier of identifiers) add(1, normaliseIdentifier(identifier))
  return terms
}

const rotations = (whole: string): string[] => {
  const found: string[] = []
  let previous = ' '
  let at = 0
  for (const character of whole) {
    if (character !== ' ' && (previous === ' ' || hasIdeograph(character))) {
      found.push(`${whole.slice(at)} ${whole.slice(0, at)}`.trimEnd().slice(0, longestTerm))
      if (found.length === mostRotations) break
    }
    previous = character
    at += character.length
  }
  return found
}

const sharedPrefix = (a: string, b: string): number => {
  const most = Math.min(a.length, b.length)
  let shared = 0
  while (shared < most && a.charCodeAt(shared) === b.charCodeAt(shared)) shared++
  return shared
}
