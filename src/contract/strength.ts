import type { ZxcvbnFactory } from '@zxcvbn-ts/core'

/** What would help a passphrase most; null: nothing needs to. */
export type Advice = 'longer' | 'lessRepetition' | 'tooCommon' | 'notYourName' | 'moreWords' | null

export interface Strength {
  /** 0 to 4, as zxcvbn gives it: below 10^3, 10^6, 10^8, 10^10 guesses, and above. */
  score: 0 | 1 | 2 | 3 | 4
  /** log10 of the guesses an attacker needs who knows words, names, keyboards, dates and leaked passwords. */
  guesses: number
  advice: Advice
}

/**
 * The least score of a new passphrase. 10^8 guesses are 19 months on one such machine at half a second each (the key
 * derivation), and out of reach at the unlock view, whose delays grow.
 */
export const leastScore = 3

/** Heavily used in Chinese-speaking countries, or about this product; not in the lists that come with zxcvbn. */
const own = [
  ...[
    'woaini',
    'woaini1314',
    'woaini520',
    '5201314',
    '1314520',
    '7758521',
    '147258369',
    'a123456',
    'qq123456',
    'zxcvbnm',
  ],
  ...['wodemima', 'mima', 'nihao', 'zhongguo', 'beijing', 'shanghai', 'yisheng', 'yiyuan', 'hushi', 'taobao'],
  ...['bedside', 'vault', 'hospital', 'clinic', 'patient', 'doctor', 'nurse', 'passphrase', 'medical'],
]

let judge: Promise<ZxcvbnFactory> | undefined

/** Its dictionaries are 1.6 MB: read when the first new passphrase is typed, and only then. */
const loadJudge = async (): Promise<ZxcvbnFactory> => {
  const [{ ZxcvbnFactory }, common, english] = await Promise.all([
    import('@zxcvbn-ts/core'),
    import('@zxcvbn-ts/language-common'),
    import('@zxcvbn-ts/language-en'),
  ])
  return new ZxcvbnFactory({
    dictionary: { ...common.dictionary, ...english.dictionary, own },
    graphs: common.adjacencyGraphs,
    maxLength: judgedLength,
  })
}

/** Only so much is judged: what follows cannot make it weaker, and judging takes time that grows with the length. */
const judgedLength = 100

/**
 * How hard a passphrase is to guess, as zxcvbn sees it (Wheeler, USENIX Security 2016); kinds of characters are not
 * asked for (NIST SP 800-63B, 3.1.1.2). `inputs`: names that an attacker would try first. One judge for the core, which
 * refuses, and for the view, which shows it while one types.
 */
export const strengthOf = async (passphrase: string, inputs: readonly string[] = []): Promise<Strength> => {
  const judged = [...passphrase.normalize('NFKC')].slice(0, judgedLength).join('')
  if (judged === '') return { score: 0, guesses: 0, advice: 'longer' }
  judge ??= loadJudge()
  const names = inputs.flatMap((input) => [input, ...input.split(/[\s._@-]+/u)]).filter((part) => [...part].length >= 2)
  const { score, guessesLog10, sequence } = (await judge).check(judged, names)
  const has = (test: (match: (typeof sequence)[number]) => boolean) => sequence.some(test)
  const advice: Advice =
    score >= leastScore
      ? null
      : has(({ dictionaryName }) => dictionaryName === 'userInputs')
        ? 'notYourName'
        : has(({ pattern }) => pattern === 'repeat' || pattern === 'sequence')
          ? 'lessRepetition'
          : has(({ dictionaryName }) => dictionaryName === 'passwords' || dictionaryName === 'own')
            ? 'tooCommon'
            : [...judged].length < 12
              ? 'longer'
              : 'moreWords'
  return { score, guesses: guessesLog10, advice }
}
