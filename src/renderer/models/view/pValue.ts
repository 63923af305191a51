import type { Formats } from '../../language/formats.ts'

const least = 0.0001

/** A p value with four digits; below them only that it is below. */
export const pValue = (p: number | null, formats: Formats): string => {
  if (p === null) return '–'
  return p < least ? `< ${formats.number(least)}` : formats.fixed(p, 4)
}
