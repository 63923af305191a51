import { type Fault, faultOf, invalidInput, issue } from '../../../contract/errors.ts'
import type { Values } from '../../../contract/say.ts'
import type { Matrix } from '../../cohort/matrix.ts'

/**
 * Reads monotone constraints, `age:+, albumin:-`: the outcome (log odds of the second class, value, log hazard) may
 * only rise with age and only fall with albumin. Names are the matrix's columns. Throws `invalidInput` where one is
 * unknown or a category, or a sign is missing.
 */
export const directionsOf = (text: string, { terms, columns, levels }: Matrix): Int8Array => {
  const directions = new Int8Array(columns)
  for (const part of text.split(',')) {
    const written = part.trim()
    if (written === '') continue
    const [, name = '', sign = ''] = /^(.+?)\s*:\s*([+-])$/.exec(written) ?? []
    const refuse = (fault: Fault, values?: Values) =>
      invalidInput('badMonotone', { written, fault: faultOf(fault, values) }, [issue('monotone', fault, values)])
    if (name === '') throw refuse('monotoneForm')
    const column = terms.indexOf(name)
    if (column < 0) throw refuse('monotoneColumn', { name, known: terms.slice(0, 20) })
    if ((levels?.[column] ?? 0) > 0) throw refuse('monotoneCategory', { name })
    directions[column] = sign === '+' ? 1 : -1
  }
  return directions
}
