import { randomUUID } from 'node:crypto'
import { open, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { storageFailed } from '../contract/errors.ts'
import { UsageError } from './failure.ts'
import type { Terminal } from './terminal.ts'

export interface Output {
  write(text: string | Uint8Array): Promise<void>
}

/**
 * Writes a file so that it is there whole or not at all: into a hidden file beside it, which takes the name at the end.
 * On failure what stood there before still does. Something that is no plain file (a pipe, /dev/stdout) is written to as
 * it is; no path means stdout.
 */
export const writeOutput = async <T>(
  path: string | undefined,
  terminal: Terminal,
  fill: (output: Output) => Promise<T>,
): Promise<T> => {
  if (path === undefined) return fill(terminal)
  const there = await stat(path).catch(() => null)
  if (there?.isDirectory()) throw new UsageError(`--out ${path} is a folder; name a file.`)
  const plain = !there || there.isFile()
  const written = plain ? join(dirname(path), `.${basename(path)}.${randomUUID().slice(0, 8)}.part`) : path
  // Patient data: for its owner alone.
  const file = await open(written, plain ? 'wx' : 'w', 0o600).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') throw new UsageError(`--out ${path}: the folder is not there.`)
    throw Object.assign(error, { path })
  })
  try {
    const result = await fill({ write: async (text) => void (await file.appendFile(text)) })
    if (plain) await file.sync()
    await file.close()
    if (plain) await rename(written, path)
    return result
  } catch (error) {
    await file.close().catch(() => {})
    if (plain) await rm(written, { force: true })
    throw writeError(path, error)
  }
}

/** A disk that is full, told with what it was full for; anything else as it came. */
export const writeError = (path: string, error: unknown): unknown => {
  const { code } = (error ?? {}) as NodeJS.ErrnoException
  if (code !== 'ENOSPC' && code !== 'EDQUOT') return error
  return storageFailed('outputDiskFull', { path }, { cause: error })
}
