import { readFile } from 'node:fs/promises'
import * as z from 'zod'
import {
  type CsvDialect,
  type Dialect,
  type DialectHint,
  encodings,
  type Mapping,
  MappingSchema,
  type Place,
} from '../contract/intake.ts'
import type { OptionRule, Options } from './command.ts'
import { UsageError } from './failure.ts'
import { nearest } from './nearest.ts'

/** Options of every command that reads a file of cases. */
export const readingOptions: Record<string, OptionRule> = {
  delimiter: { value: 'CHAR', says: "',', ';', '|' or 'tab' (default: as the file looks)" },
  encoding: { value: 'NAME', says: `${encodings.join(', ')} (default: as the file looks)` },
  decimal: { value: 'CHAR', says: "'.' or ',' (default: as the file looks)" },
}

/** A mapping from a file of JSON. Throws `UsageError` that names its first fault. */
export const readMapping = async (path: string): Promise<Mapping> => {
  const text = await readFile(path, 'utf8')
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new UsageError(`--mapping ${path} is not JSON: ${(error as Error).message}`)
  }
  const parsed = MappingSchema.safeParse(value)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw new UsageError(
    `--mapping ${path}: ${z.core.toDotPath(issue?.path ?? []) || 'the document'}: ${issue?.message ?? 'invalid'}`,
  )
}

/** What `readingOptions` say of the file. */
export const dialectFrom = (options: Options): DialectHint => ({
  ...oneOf(options, 'delimiter', { ',': ',', ';': ';', '|': '|', tab: '\t', '\t': '\t', '\\t': '\t' } as const),
  ...oneOf(
    options,
    'encoding',
    Object.fromEntries(encodings.map((name) => [name, name])) as Record<string, CsvDialect['encoding']>,
  ),
  ...oneOf(options, 'decimal', { '.': '.', ',': ',' } as const),
})

/** A mapping's own dialect, with what the options say instead. */
export const dialectWith = (dialect: Dialect, said: DialectHint): DialectHint =>
  dialect.format === 'csv' ? { ...dialect, ...said } : dialect

const oneOf = <K extends 'delimiter' | 'encoding' | 'decimal'>(
  options: Options,
  name: K,
  allowed: Record<string, CsvDialect[K]>,
): DialectHint => {
  const value = options.text(name)
  if (value === undefined) return {}
  const found = allowed[value.toLowerCase()]
  if (found === undefined) {
    const near = nearest(value.toLowerCase(), Object.keys(allowed))
    throw new UsageError(`--${name} ${value} is not known${near ? `; did you mean ${near}` : ''}.`)
  }
  return { [name]: found }
}

/** A place in a file as a person would say it. */
export const placeText = (place: Place): string =>
  place.kind === 'line' ? `line ${place.line}` : place.kind === 'cell' ? place.cell : place.path
