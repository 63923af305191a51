import type { Estimate } from '../../../contract/values.ts'
import { wordsOf } from '../../language/formats.ts'
import { useLanguage, useTranslation } from '../../language/index.ts'

/** How often such intervals held, as measured; an empty text where that is not known. */
export const useCoverage = (): ((coverage: Estimate | null | undefined) => string) => {
  const { t } = useTranslation('prediction')
  const words = wordsOf(useLanguage())
  return (coverage) =>
    coverage && coverage.value !== null ? ` ${t('coverage', { coverage: words.withInterval(coverage) })}` : ''
}
