export type Strength = 'empty' | 'weak' | 'fair' | 'good' | 'strong'

/** Level of a passphrase and the one thing that would help it most. */
export interface Hint {
  strength: Strength
  /** Estimated guesses an attacker needs, as a power of two. */
  bits: number
  advice: 'longer' | 'lessRepetition' | 'tooCommon' | 'notYourName' | 'moreWords' | null
}

const common = [
  'password',
  'passwort',
  'passphrase',
  'qwertyuiop',
  'qwerty',
  'letmein',
  'welcome',
  'iloveyou',
  'admin',
  'administrator',
  'bedside',
  'hospital',
  'clinic',
  'doctor',
  'correct horse battery staple',
  'abc123',
  '123456789',
  '1234567890',
  '12345678',
  '123456',
  'woaini',
  '5201314',
]

/** How many characters are only the continuation of a run: the same again (aaa), a step up or down (abc, 321). */
const inRuns = (text: string): number => {
  const codes = [...text].map((character) => character.codePointAt(0) ?? 0)
  let count = 0
  for (let at = 2; at < codes.length; at++) {
    const step = codes[at]! - codes[at - 1]!
    if (Math.abs(step) <= 1 && step === codes[at - 1]! - codes[at - 2]!) count++
  }
  return count
}

/** Characters that say something new: a text made by repeating a shorter one counts that once. */
const unrepeated = (text: string): string => {
  const whole = /^(.+?)\1+$/su.exec(text)
  return whole?.[1] ?? text
}

/**
 * A hint, not a gate, and no rules about kinds of characters (NIST SP 800-63B, 5.1.1.2: length counts, composition rules
 * do not help). Bits: words of a list count 11 each (a 2048-word list), other characters 2 to 3 each, a Chinese character
 * 7, because people choose far from evenly; runs, repetition, common phrases and the own name count almost nothing.
 */
export const hintOf = (passphrase: string, name = ''): Hint => {
  if (passphrase === '') return { strength: 'empty', bits: 0, advice: null }
  const plain = passphrase.normalize('NFKC').toLowerCase().trim()
  let rest = plain
  for (const phrase of common) rest = rest.replaceAll(phrase, ' ')
  const tooCommon = rest.replace(/\s/g, '').length < 5 && plain.length > rest.trim().length
  const own = name
    .normalize('NFKC')
    .toLowerCase()
    .split(/\s+/)
    .filter((part) => part.length >= 3)
  const beforeOwn = rest
  for (const part of own) rest = rest.replaceAll(part, ' ')
  const notYourName = rest !== beforeOwn
  const fresh = unrepeated(rest.trim())
  const repeats = fresh.length < rest.trim().length
  const words = [...new Set(fresh.split(/[\s\-_.,;:]+/u).filter((word) => word !== ''))]
  let bits = 0
  for (const word of words) {
    const characters = [...word]
    const telling = Math.max(1, new Set(characters).size - inRuns(word) / 2)
    const han = characters.filter((character) => /\p{Script=Han}/u.test(character)).length
    const latin = Math.max(0, Math.min(characters.length, telling + 2) - han)
    const asCharacters = han * 7 + latin * (/^\p{L}+$/u.test(word) ? 2.4 : 3)
    bits += words.length >= 3 && han === 0 ? Math.min(asCharacters, 11 + latin / 4) : asCharacters
  }
  const runs = inRuns(plain)
  if (runs > plain.length / 2) bits = Math.min(bits, 12)
  const strength: Strength = bits < 24 ? 'weak' : bits < 36 ? 'fair' : bits < 50 ? 'good' : 'strong'
  const advice =
    strength === 'strong' || strength === 'good'
      ? null
      : tooCommon
        ? 'tooCommon'
        : notYourName
          ? 'notYourName'
          : repeats || runs > plain.length / 3
            ? 'lessRepetition'
            : [...plain].length < 12
              ? 'longer'
              : 'moreWords'
  return { strength, bits: Math.round(bits), advice }
}

/** Steps of the meter, 0 to 4. */
export const stepsOf: Record<Strength, number> = { empty: 0, weak: 1, fair: 2, good: 3, strong: 4 }
