import type english from '../../resources/texts/rejections.en.json'
import type chinese from '../../resources/texts/rejections.zh-CN.json'
import type { RowError } from './intake.ts'
import type { Said, Values } from './say.ts'

/** Texts of rejected rows, in `resources/texts/rejections.<language>.json`; one without Chinese does not compile. */
export type RejectionText = keyof typeof english
type Complete<Texts extends Record<RejectionText, string>> = keyof Texts
/** @public read by the compiler alone */
export type TranslatedRejections = Complete<typeof chinese>

/** A rejected row before its English sentence is filled in, which only those that are shown or kept need. */
export type RowFault = Omit<RowError, 'message' | 'said'> & { said: Said }

/** Why a row is rejected. */
export const rejection = (text: RejectionText, values?: Values): Said => ({
  text: `rejections:${text}`,
  ...(values ? { values } : {}),
})
