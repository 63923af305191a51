import type { Catalogues, TextTree } from '../../contract/texts.ts'
import type { Text } from '../../contract/values.ts'
import { type AnalyteId, ids } from './analytes.ts'

/** What columns and levels are called that the vocabulary knows; plain data, so that threads take it. */
export interface Labels {
  analyte: Readonly<Partial<Record<AnalyteId, Text>>>
  answer: Readonly<Partial<Record<Answer, Text>>>
}

/** Words that answer a question, and what a file may write for them. */
export const answers = {
  yes: ['yes', 'y', '是', '有'],
  no: ['no', 'n', '否', '无'],
  positive: ['positive', 'pos', '阳性'],
  negative: ['negative', 'neg', '阴性'],
  female: ['female', 'f', '女', '女性'],
  male: ['male', 'm', '男', '男性'],
} as const
export type Answer = keyof typeof answers

const byWord = new Map(
  Object.entries(answers).flatMap(([answer, words]) => words.map((word): [string, Answer] => [word, answer as Answer])),
)

/** The answer a level means by its word, or null. */
export const answerOf = (word: string): Answer | null => byWord.get(word.toLowerCase()) ?? null

/** Where no catalogue is at hand: headers and words stand for themselves. */
export const noLabels: Labels = { analyte: {}, answer: {} }

/**
 * Labels in every language that has texts. They are stored in a study's dictionary, by the tag's first part (`zh`), as
 * dictionaries have it since before texts had catalogues, so that those and new ones read alike.
 */
export const labelsFrom = (catalogues: Catalogues): Labels => {
  const textOf = (group: string, id: string): Text => {
    const text: Text = { en: id }
    for (const [language, rooms] of Object.entries(catalogues)) {
      const found = (rooms.analytes?.[group] as TextTree | undefined)?.[id]
      if (typeof found === 'string') text[language.split('-')[0] as string] ??= found
      if (typeof found === 'string' && language === 'en') text.en = found
    }
    return text
  }
  const all = <K extends string>(group: string, names: readonly K[]) =>
    Object.fromEntries(names.map((name) => [name, textOf(group, name)])) as Record<K, Text>
  return { analyte: all('analyte', ids), answer: all('answer', Object.keys(answers) as Answer[]) }
}
