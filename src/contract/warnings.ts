import faults from '../../resources/texts/faults.en.json' with { type: 'json' }
import reasons from '../../resources/texts/reasons.en.json' with { type: 'json' }
import sentences from '../../resources/texts/warnings.en.json' with { type: 'json' }
import type chinese from '../../resources/texts/warnings.zh-CN.json'
import { fallbackLanguage } from './languages.ts'
import { type Said, type Spoken, say, type Values } from './say.ts'
import { createTexts } from './texts.ts'

/**
 * What a reader of a model, a file or a design should know. `said` is its text (`warnings:<key>`, with values),
 * `message` that text in English, for the API. What was stored before texts had keys has the message alone.
 */
export interface Warning {
  reason: string
  message: string
  said?: Said | undefined
}

/** Texts of warnings, in `resources/texts/warnings.<language>.json`; one without Chinese does not compile. */
export type WarningText = keyof typeof sentences
type Complete<Texts extends Record<WarningText, string>> = keyof Texts
/** @public read by the compiler alone */
export type TranslatedWarnings = Complete<typeof chinese>

const english = createTexts({ en: { warnings: sentences, reasons, faults } }).in(fallbackLanguage)

export const warningText = (text: WarningText, values?: Values): Said => ({
  text: `warnings:${text}`,
  ...(values ? { values } : {}),
})

/** A warning with the text of its reason. */
export const warn = (reason: WarningText, values?: Values): Warning => warnAs(reason, reason, values)

/** A warning whose reason has several texts. */
export const warnAs = (reason: string, text: WarningText, values?: Values): Warning => {
  const said = warningText(text, values)
  return { reason, message: say(said, english, fallbackLanguage), said }
}

/** The warning to show: its text, else the sentence that was stored. */
export const spokenWarning = ({ said, message }: Omit<Warning, 'reason'>): Spoken => said ?? message

/** A warning within another: of a base of a stack, of one column. */
export const within = (warning: Warning, text: WarningText, values?: Values): Warning =>
  warnAs(warning.reason, text, { ...values, warning: warning.said ?? warning.message })
