import type { Sex } from '../../contract/values.ts'

const sexWords = new Map<string, Sex>([
  ...['f', 'female', 'w', 'woman', 'women', 'girl', '女', '女性'].map((word) => [word, 'female'] as const),
  ...['m', 'male', 'man', 'men', 'boy', '男', '男性'].map((word) => [word, 'male'] as const),
  ...['o', 'other', 'x', 'd', 'diverse', 'intersex', '其他'].map((word) => [word, 'other'] as const),
  ...['u', 'unknown', 'unk', '未知', '不详'].map((word) => [word, 'unknown'] as const),
])

/** The sex a word means, or null; numeric codes mean nothing without their labels. */
export const parseSex = (text: string): Sex | null => sexWords.get(text.toLowerCase()) ?? null

/** LOINC codes of a person's sex: as such, and as assigned at birth. */
export const sexCodes: readonly string[] = ['46098-0', '76689-9']
