import { randomBytes } from 'node:crypto'
import { defaultKeyDerivation, derive, type KeyDerivation } from './slots.ts'

const targetMilliseconds = 500
const mostPasses = 24

let found: Promise<KeyDerivation> | undefined

/**
 * Argon2id costs that take about half a second here: as many passes over 64 MiB as fit, never fewer than the default's
 * three. Measured once a process, when the first key is made.
 */
export const calibratedKeyDerivation = (): Promise<KeyDerivation> => {
  found ??= measure()
  return found
}

/** Passes that take the target, where `passes` took `milliseconds`. The filling of memory counts as one of them. */
export const passesFor = (milliseconds: number, passes = defaultKeyDerivation.iterations): number =>
  Math.min(
    mostPasses,
    Math.max(defaultKeyDerivation.iterations, Math.floor((passes * targetMilliseconds) / Math.max(milliseconds, 1))),
  )

const measure = async (): Promise<KeyDerivation> => {
  const start = performance.now()
  const key = await derive('calibration', { ...defaultKeyDerivation, salt: randomBytes(16).toString('base64') })
  key.fill(0)
  return { ...defaultKeyDerivation, iterations: passesFor(performance.now() - start) }
}
