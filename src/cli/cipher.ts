import { ciphers } from '../contract/vault.ts'
import type { Options } from './command.ts'
import { UsageError } from './failure.ts'
import { nearest } from './nearest.ts'

/** The cipher that `--cipher` names; null where it is not given. */
export const cipherOf = (options: Options): (typeof ciphers)[number] | null => {
  const named = options.text('cipher')
  if (named === undefined) return null
  const cipher = ciphers.find((each) => each === named)
  if (cipher) return cipher
  const like = nearest(named, [...ciphers])
  throw new UsageError(
    `There is no cipher ${named}${like ? ` (do you mean ${like}?)` : ''}. The ciphers are ${ciphers.join(', ')}.`,
  )
}
