import { invalidInput } from '../../../contract/errors.ts'
import type { Matrix } from '../../cohort/matrix.ts'

/**
 * Reads monotone constraints, `age:+, albumin:-`: the outcome (log odds of the second class, value, log hazard) may only rise with age
 * and only fall with albumin. Names are the matrix's columns. Throws `invalidInput` where one is unknown or a category, or a sign is missing.
 */
export const directionsOf = (text: string, { terms, columns, levels }: Matrix): Int8Array => {
  const directions = new Int8Array(columns)
  for (const part of text.split(',')) {
    const written = part.trim()
    if (written === '') continue
    const [, name = '', sign = ''] = /^(.+?)\s*:\s*([+-])$/.exec(written) ?? []
    const refuse = (reason: string) =>
      invalidInput('badParameter', `Monotone constraint "${written}": ${reason}.`, [{ path: 'monotone', reason }])
    if (name === '') throw refuse('write a column and its direction, such as age:+ or albumin:-')
    const column = terms.indexOf(name)
    if (column < 0) throw refuse(`there is no column ${name}; there are ${terms.slice(0, 20).join(', ')}`)
    if ((levels?.[column] ?? 0) > 0) throw refuse(`${name} is a category, whose levels have no order`)
    directions[column] = sign === '+' ? 1 : -1
  }
  return directions
}
