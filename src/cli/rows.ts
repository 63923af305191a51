import { createReadStream } from 'node:fs'
import { parse } from 'csv-parse'
import iconv from 'iconv-lite'
import type { Dialect } from '../contract/intake.ts'
import { UsageError } from './failure.ts'

/** Header and rows of a delimited file, in chunks; every row as long as the header, decimal commas as points. */
export async function* rowsOf(
  path: string,
  dialect: Dialect,
  size: number,
): AsyncGenerator<{ header: string[]; rows: string[][] }> {
  if (!dialect.header)
    throw new UsageError(`${path} has no header line; the columns must be named as the model knows them.`)
  const parser = createReadStream(path)
    .pipe(iconv.decodeStream(dialect.encoding))
    .pipe(
      parse({
        bom: true,
        delimiter: dialect.delimiter,
        quote: dialect.quote,
        relax_column_count: true,
        skip_empty_lines: true,
        relax_quotes: true,
      }),
    )
  let header: string[] | null = null
  let rows: string[][] = []
  let count = 0
  for await (const cells of parser as AsyncIterable<string[]>) {
    if (!header) {
      header = cells.map((name) => name.trim())
      const twice = header.find((name, index) => header?.indexOf(name) !== index)
      if (twice !== undefined) throw new UsageError(`${path} has two columns named ${twice}; name each once.`)
      continue
    }
    count++
    // A shifted row would be a wrong prediction for the right patient.
    if (cells.length !== header.length)
      throw new UsageError(
        `${path}, row ${count}: ${cells.length} cells under ${header.length} column names; mend the file.`,
      )
    rows.push(dialect.decimal === ',' ? cells.map(withPoint) : cells)
    if (rows.length === size) {
      yield { header, rows }
      rows = []
    }
  }
  if (!header) throw new UsageError(`${path} is empty.`)
  if (rows.length > 0 || count === 0) yield { header, rows }
}

const withPoint = (cell: string) => (/^\s*[-+]?\d*,\d+(e[-+]?\d+)?\s*$/i.test(cell) ? cell.replace(',', '.') : cell)
