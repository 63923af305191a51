import { ORPCError } from '@orpc/client'
import { BedsideError, type Failure, FailureSchema, sentenceIn } from '../contract/errors.ts'
import { inWords } from './language.ts'

/** The command line itself was wrong. */
export class UsageError extends Error {}

/** The failure an error of the core carries, or null where it is none. */
const failureOf = (error: unknown): Failure | null => {
  if (error instanceof BedsideError) return error.failure
  const parsed = FailureSchema.safeParse(error instanceof ORPCError ? error.data : null)
  return parsed.success ? parsed.data : null
}

/** What is said of an error: one line, whatever it was. */
export const sentenceOf = (error: unknown): string => oneLine(wordsOf(error)).replace(/([^.!?)。])$/, '$1.')

export const exitCodeOf = (error: unknown): number => {
  if (error instanceof UsageError) return 2
  return failureOf(error)?.code === 'cancelled' ? 130 : 1
}

const wordsOf = (error: unknown): string => {
  if (error instanceof UsageError) return error.message
  const failure = failureOf(error)
  if (failure) {
    const message = inWords(sentenceIn(failure), failure.message)
    const hint = hints[failure.reason]
    if (hint) return `${message} ${hint}`
    const unsaid = (failure.issues ?? []).filter(
      ({ path, reason }) => !failure.message.includes(reason) && !(path && failure.message.includes(path)),
    )
    if (unsaid.length === 0) return message
    const issues = unsaid
      .map(({ path, reason, said }) => ({ path, fault: inWords(said, reason) }))
      .map(({ path, fault }) => (path ? `${path}: ${fault}` : fault))
    return `${message} (${issues.slice(0, 5).join('; ')}${issues.length > 5 ? `; and ${issues.length - 5} more` : ''})`
  }
  const { code, path, message } = (error ?? {}) as NodeJS.ErrnoException
  if (code && path) return `${path}: ${systemReasons[code] ?? code}`
  return message || 'Something went wrong'
}

/** How what a failure asks for is done here. */
const hints: Record<string, string> = {
  sameFile: 'On the command line: undo BATCH, or import --again.',
}

const oneLine = (text: string) => text.replace(/\s+/g, ' ').trim()

const systemReasons: Record<string, string> = {
  ENOENT: 'there is no such file or folder',
  EACCES: 'you may not read or write this',
  EPERM: 'you may not read or write this',
  EISDIR: 'this is a folder, not a file',
  ENOTDIR: 'a part of this path is a file, not a folder',
  ENOSPC: 'the disk is full',
  EROFS: 'this disk can only be read',
}
