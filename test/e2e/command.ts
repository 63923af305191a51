import { spawn } from 'node:child_process'
import { dirname, join } from 'node:path'

const entry = join(dirname(dirname(import.meta.dirname)), 'src/cli/bedside.ts')

export interface Answer {
  code: number
  stdout: string
  stderr: string
}

export const passphrase = 'correct horse battery staple'

/** Runs the CLI as a shell would, with the passphrase in its environment unless another is given (null: none). */
export const bedside = (
  vault: string,
  words: string[],
  { secret = passphrase }: { secret?: string | null } = {},
): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const { BEDSIDE_PASSPHRASE: _, ...env } = process.env
    const child = spawn(process.execPath, [entry, '--vault', vault, ...words], {
      env: secret === null ? env : { ...env, BEDSIDE_PASSPHRASE: secret },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const answer: Answer = { code: 0, stdout: '', stderr: '' }
    child.stdout.on('data', (chunk) => {
      answer.stdout += chunk
    })
    child.stderr.on('data', (chunk) => {
      answer.stderr += chunk
    })
    child.on('error', reject)
    child.on('close', (code) => resolve({ ...answer, code: code ?? -1 }))
  })

/** The JSON document of a command that has to succeed. */
// biome-ignore lint/suspicious/noExplicitAny: each test reads the keys it is about
export const answerOf = async (vault: string, words: string[]): Promise<any> => {
  const { code, stdout, stderr } = await bedside(vault, [...words, '--json'])
  if (code !== 0) throw new Error(`bedside ${words.join(' ')} ended with code ${code}: ${stderr}`)
  return JSON.parse(stdout)
}
