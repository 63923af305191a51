import type english from '../../../resources/texts/export.en.json'
import type chinese from '../../../resources/texts/export.zh-CN.json'
import type { Said, Values } from '../../contract/say.ts'

/** Keys of the texts, `group.code`: one without its text does not compile. */
type KeysOf<Texts> = { [Group in keyof Texts & string]: `${Group}.${keyof Texts[Group] & string}` }[keyof Texts &
  string]
export type ExportTextKey = KeysOf<typeof english>
type Complete<Keys extends string, Same extends Keys> = Same
/** @public read by the compiler alone */
export type TranslatedExport = Complete<KeysOf<typeof chinese>, ExportTextKey>

/** A text of `resources/texts/export.<language>.json`; values name columns and counts, never what was recorded. */
export const exportText = (key: ExportTextKey, values?: Values): Said => ({
  text: `export:${key}`,
  ...(values ? { values } : {}),
})
