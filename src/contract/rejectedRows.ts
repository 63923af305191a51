import texts from '../../resources/texts/rejections.en.json' with { type: 'json' }
import type { RowError } from './intake.ts'
import { fallbackLanguage } from './languages.ts'
import type { RowFault } from './rejections.ts'
import { say } from './say.ts'
import { createTexts } from './texts.ts'

const english = createTexts({ en: { rejections: texts } }).in(fallbackLanguage)

/** A rejected row with its English sentence, as the API gives it. */
export const rejectedRow = (fault: RowFault): RowError => ({
  ...fault,
  message: say(fault.said, english, fallbackLanguage),
})
