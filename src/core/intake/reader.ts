import type { DecimalMark, Dialect, DialectHint, Place, RowError } from '../../contract/intake.ts'
import type { Said } from '../../contract/say.ts'
import type { Warning } from '../../contract/warnings.ts'
import type { Resource } from './resource.ts'
import type { OpenSource } from './source.ts'

export type DialectOf<Format extends Dialect['format']> = Extract<Dialect, { format: Format }>
export type HintOf<Format extends Dialect['format']> = Extract<DialectHint, { format?: Format | undefined }>

/** What is wrong with a record that could not be read. */
export interface Fault {
  code: RowError['code']
  said: Said
  /** The record as it stood, where that is short. */
  text: string | null
}

/**
 * Where a reader puts what it reads, a call a record of the file, in order. Who listens counts the records: each is
 * imported or rejected, so a reader that calls once a record can lose none.
 */
export interface Sink {
  /** The header's cells as they stand, empty ones where the file names no columns; once, before the first row. */
  header(cells: readonly string[]): void
  /** A record of as many cells as the header. `suspect`: the text holds a NUL or a replacement character. */
  row(cells: readonly string[], place: Place, suspect: boolean): void
  /** A clinical record that needs no columns to be understood; a file has rows or these. */
  resource(resource: Resource, place: Place): void
  /** A record that is there but cannot be read. */
  broken(fault: Fault, place: Place): void
}

/**
 * One format of files. It runs in a worker thread without the vault, keeps no more than a slice of the file in memory,
 * and reports what it cannot read as broken, never by leaving it out.
 */
export interface Reader<Format extends Dialect['format']> {
  format: Format
  /** How likely a file is of this format, 0 to 1, by its first bytes and its name. 0: it is not. */
  recognise(head: Uint8Array, name: string): number
  /** The file's dialect: what is given stays as it is, the rest as the file looks. Throws `emptyFile`. */
  look(source: OpenSource, given: HintOf<Format>): Promise<{ dialect: DialectOf<Format>; warnings: Warning[] }>
  /**
   * Reads the file to its end into the sink, and yields the share read, 0 to 1, after each slice of some two thousand
   * records: there it waits until the slice is dealt with, and may be ended (`return`).
   */
  read(source: OpenSource, dialect: DialectOf<Format>, sink: Sink): AsyncGenerator<number, void>
}

/** A reader of whatever format, to be called with a dialect of its own. */
export interface AnyReader {
  format: Dialect['format']
  recognise(head: Uint8Array, name: string): number
  look(source: OpenSource, given: DialectHint): Promise<{ dialect: Dialect; warnings: Warning[] }>
  read(source: OpenSource, dialect: Dialect, sink: Sink): AsyncGenerator<number, void>
}

/** The decimal mark of the numbers that a file writes as text. */
export const decimalOf = (dialect: Dialect): DecimalMark => ('decimal' in dialect ? dialect.decimal : '.')
