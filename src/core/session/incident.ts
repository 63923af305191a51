import { randomUUID } from 'node:crypto'
import { type Failure, failure } from '../../contract/errors.ts'

/**
 * A frame of V8's, by its end: a file with line and column, or what has none. What a message holds does not look so.
 */
const frame = /^\s+at .{1,500}(?::\d+:\d+\)?|<anonymous>\)?|\(native\))$/

/**
 * Logs an unexpected error under an incident id: its kind and place, without its message (which may hold patient data),
 * and returns what the user sees.
 */
export const incidentOf = (error: unknown, log: (line: string) => void): Failure => {
  const incident = randomUUID().slice(0, 8)
  log(`incident ${incident}: ${kindOf(error)}\n${framesOf(error)}`)
  return failure('incident', 'incident', { incident })
}

/**
 * An error that nobody caught ends the process, as it would anyway, but is logged as an incident: Node would print its
 * message and the line of source. The shell starts the core anew; what was not committed is not there.
 */
export const endOnIncident = (log: (line: string) => void): void => {
  process.on('uncaughtException', (error) => {
    incidentOf(error, log)
    process.exit(70)
  })
}

/** The error's class or code; a name that somebody composed is not told. */
const kindOf = (error: unknown): string => {
  if (!(error instanceof Error)) return typeof error
  const { code } = error as { code?: unknown }
  const name = /^[A-Za-z]\w{0,60}$/.test(error.name) ? error.name : 'Error'
  return typeof code === 'string' && /^[A-Z][A-Z0-9_]{2,60}$/.test(code) ? `${name} ${code}` : name
}

const framesOf = (error: unknown): string => {
  if (!(error instanceof Error) || typeof error.stack !== 'string') return ''
  // A message may have lines that begin like frames.
  const at = error.message === '' ? -1 : error.stack.indexOf(error.message)
  const below = at < 0 ? error.stack : error.stack.slice(at + error.message.length)
  return below
    .split('\n')
    .filter((line) => frame.test(line))
    .slice(0, 12)
    .join('\n')
}
