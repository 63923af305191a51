import { cancelled } from '../contract/errors.ts'
import { UsageError } from './failure.ts'

/**
 * The passphrase: from BEDSIDE_PASSPHRASE, else typed in without echo. The variable is forgotten once read, so that
 * nothing started from here inherits it.
 */
export const askPassphrase = async (prompt: string, signal: AbortSignal): Promise<string> => {
  const { BEDSIDE_PASSPHRASE: known } = process.env
  delete process.env.BEDSIDE_PASSPHRASE
  if (known !== undefined && known !== '') return known
  return typeHidden(prompt, signal)
}

/**
 * A passphrase that is new, typed in twice: from `variable` where that is set. BEDSIDE_NEW_PASSPHRASE where another one
 * opens the vault first.
 */
export const askNewPassphrase = async (
  signal: AbortSignal,
  variable: 'BEDSIDE_PASSPHRASE' | 'BEDSIDE_NEW_PASSPHRASE' = 'BEDSIDE_PASSPHRASE',
): Promise<string> => {
  const known = process.env[variable]
  delete process.env[variable]
  if (known) return known
  if (!process.stdin.isTTY) throw new UsageError(`No new passphrase: set ${variable}, or run this in a terminal.`)
  const first = await typeHidden('New passphrase: ', signal)
  if ((await typeHidden('Once more: ', signal)) !== first) throw new UsageError('The two passphrases are not the same.')
  return first
}

/** The code of a recovery kit: from BEDSIDE_RECOVERY_CODE, else typed in. */
export const askRecoveryCode = async (signal: AbortSignal): Promise<string> => {
  const { BEDSIDE_RECOVERY_CODE: known } = process.env
  delete process.env.BEDSIDE_RECOVERY_CODE
  if (known) return known
  if (!process.stdin.isTTY)
    throw new UsageError('No recovery code: set BEDSIDE_RECOVERY_CODE, or run this in a terminal.')
  return typeHidden('Recovery code: ', signal)
}

const typeHidden = (prompt: string, signal: AbortSignal): Promise<string> => {
  const { stdin, stderr } = process
  if (!stdin.isTTY) throw new UsageError('No passphrase: set BEDSIDE_PASSPHRASE, or run this in a terminal.')
  return new Promise((resolve, reject) => {
    let typed: string[] = []
    stderr.write(prompt)
    stdin.setRawMode(true)
    stdin.setEncoding('utf8')
    stdin.resume()
    const end = (settle: () => void) => {
      stdin.setRawMode(false)
      stdin.pause()
      stdin.off('data', receive)
      signal.removeEventListener('abort', stop)
      stderr.write('\n')
      settle()
    }
    const stop = () => end(() => reject(cancelled('cancelled')))
    const receive = (text: string) => {
      // Arrow keys and the like: not part of a passphrase.
      if (text.startsWith('\x1b')) return
      for (const letter of text) {
        if (letter === '\r' || letter === '\n') return end(() => resolve(typed.join('')))
        if (letter === '\x03' || letter === '\x04') return stop()
        if (letter === '\x7f' || letter === '\b') typed.pop()
        else if (letter === '\x15') typed = []
        else if (letter >= ' ') typed.push(letter)
      }
    }
    stdin.on('data', receive)
    signal.addEventListener('abort', stop)
  })
}
