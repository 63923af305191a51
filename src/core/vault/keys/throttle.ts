import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import * as z from 'zod'
import { canonicalJson, sha256 } from '../../numbers/digest.ts'
import { storageError } from '../store/failures.ts'

/** Wrong passphrases in a row that cost no waiting. */
const free = 3
const firstWaitSeconds = 5
export const longestWaitSeconds = 900

const StateSchema = z.strictObject({
  format: z.literal('bedside-attempts-1'),
  failures: z.int().min(0),
  /** Milliseconds since 1970. */
  lastAt: z.int().min(0),
})

export interface Throttle {
  /** Seconds until the next try is let through; 0: now. */
  waitSeconds(): number
  /** Failures in a row. */
  failures(): number
  /**
   * Counts a try as failed before its key is derived: whoever kills the process while it derives gains nothing.
   * Throws `readOnly`, `diskFull` where it cannot be kept: then there is no try.
   */
  begin(): void
  succeed(): void
  /** A try that ended for another reason than a wrong passphrase does not count. */
  forgive(): void
}

/** Seconds after this many failures in a row: 3 for nothing, then 5, 10, 20 and so on, up to a quarter of an hour. */
export const waitAfter = (failures: number): number =>
  failures < free ? 0 : Math.min(longestWaitSeconds, firstWaitSeconds * 2 ** Math.min(failures - free, 20))

/**
 * Growing delays between wrong passphrases, kept in `attempts.json` beside the vault so that a restart does not end
 * them. This keeps people at the keyboard from guessing; against a copy of the files only the key derivation helps. A
 * file that was tampered with or damaged counts as the longest wait once; a clock that was set back does not shorten
 * one.
 */
export const createThrottle = (dir: string, now: () => number = Date.now): Throttle => {
  const path = join(dir, 'attempts.json')
  let failures = 0
  let lastAt = 0
  let before = { failures: 0, lastAt: 0 }

  const read = (): void => {
    let text: string
    try {
      text = readFileSync(path, 'utf8')
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw storageError(dir, error)
      // Removing the file while Bedside runs ends no wait.
      return
    }
    const state = parse(text)
    if (state) {
      if (state.failures >= failures) ({ failures, lastAt } = state)
      return
    }
    failures = Math.max(failures, Math.ceil(Math.log2(longestWaitSeconds / firstWaitSeconds)) + free)
    lastAt = now()
    write()
  }

  const write = (): void => {
    const content = { format: 'bedside-attempts-1', failures, lastAt }
    const beside = `${path}.new`
    try {
      const file = openSync(beside, 'w', 0o600)
      try {
        writeSync(file, `${JSON.stringify({ ...content, checksum: sha256(canonicalJson(content)) })}\n`)
        fsyncSync(file)
      } finally {
        closeSync(file)
      }
      renameSync(beside, path)
    } catch (error) {
      rmSync(beside, { force: true })
      throw storageError(dir, error)
    }
  }

  const wait = (): number => {
    read()
    const whole = waitAfter(failures)
    if (whole === 0) return 0
    if (lastAt > now()) {
      // The clock went back: the wait starts again, so that it cannot be skipped by winding the clock to and fro.
      lastAt = now()
      write()
    }
    return Math.max(0, Math.ceil(whole - (now() - lastAt) / 1000))
  }

  const clear = (): void => {
    failures = 0
    lastAt = 0
    rmSync(path, { force: true })
  }

  return {
    waitSeconds: wait,
    failures: () => failures,
    begin: () => {
      read()
      before = { failures, lastAt }
      failures++
      lastAt = now()
      write()
    },
    succeed: clear,
    forgive: () => {
      ;({ failures, lastAt } = before)
      if (failures === 0) clear()
      else write()
    },
  }
}

const parse = (text: string): z.infer<typeof StateSchema> | null => {
  try {
    const { checksum, ...content } = JSON.parse(text) as Record<string, unknown>
    return checksum === sha256(canonicalJson(content)) ? StateSchema.parse(content) : null
  } catch {
    return null
  }
}
