import type { StudyDesignInput } from '../../contract/design.ts'
import type { Command, Options } from '../command.ts'
import { UsageError } from '../failure.ts'

type Terms = NonNullable<StudyDesignInput['terms']>

/** Options of `train` for effects that bend, and that differ by another column. */
export const termOptions: Command['options'] = {
  splines: {
    value: 'A:4,B:1/5/9',
    says: 'restricted cubic splines: columns with their number of knots (3 to 7; default: 4), or the knots themselves',
  },
  interactions: { value: 'A*B,...', says: 'products of two columns' },
}

/** The terms that the options describe, in place of those in `base`. */
export const termsFrom = (options: Options, base: StudyDesignInput['terms']): StudyDesignInput['terms'] => {
  if (!options.has('splines') && !options.has('interactions')) return base
  return {
    ...base,
    ...(options.has('splines') ? { splines: options.list('splines').map(splineFrom) } : {}),
    ...(options.has('interactions') ? { interactions: options.list('interactions').map(interactionFrom) } : {}),
  }
}

/** `bili`, `bili:5` or `bili:1/3/9`. */
const splineFrom = (text: string): NonNullable<Terms['splines']>[number] => {
  const at = text.lastIndexOf(':')
  if (at < 0) return { column: text }
  const column = text.slice(0, at)
  const numbers = text
    .slice(at + 1)
    .split('/')
    .map((part) => (part.trim() === '' ? Number.NaN : Number(part)))
  const one = numbers.length === 1
  const fits = one
    ? Number.isInteger(numbers[0]) && numbers[0] >= 3 && numbers[0] <= 7
    : numbers.length >= 3 && numbers.length <= 7 && numbers.every(Number.isFinite)
  if (column === '' || !fits)
    throw new UsageError(
      `--splines ${text} is not of the form COLUMN, COLUMN:KNOTS (3 to 7) or COLUMN:K1/K2/K3 with three knots to seven.`,
    )
  return { column, knots: one ? numbers[0] : numbers }
}

const interactionFrom = (text: string): [string, string] => {
  const [left, right, ...more] = text.split('*').map((part) => part.trim())
  if (!left || !right || more.length > 0)
    throw new UsageError(`--interactions ${text} is not of the form COLUMN*COLUMN.`)
  return [left, right]
}
