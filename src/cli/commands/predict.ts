import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { cancelled } from '../../contract/errors.ts'
import type { Command } from '../command.ts'
import { UsageError } from '../failure.ts'
import { csvLine, writeOutput } from '../output.ts'
import { rowsOf } from '../rows.ts'

/** Rows a call: within what `predictions.rows` takes, and often enough to stop at an interrupt. */
const chunk = 5000
const saidAtMost = 20

export const predictCommand: Command = {
  name: 'predict',
  says: 'Predict for the rows of a file: one output row for each, in the same order',
  options: {
    model: { value: 'ID', says: 'the model' },
    in: { value: 'FILE', says: 'cases, with the columns the model learned from' },
    out: { value: 'FILE', says: 'predictions, as CSV (default: stdout)' },
    times: { value: 'T,...', says: 'times to give the survival at, in the unit of the model' },
  },
  examples: ['predict --model 1 --in new.csv --out predictions.csv', 'predict --model 2 --in new.csv --times 365,1825'],
  unlocks: true,
  prepare: (options) => {
    const model = options.whole('model', 1, Number.MAX_SAFE_INTEGER)
    const path = resolve(options.required('in'))
    const out = options.text('out')
    const times = options.has('times') ? options.numbers('times') : null
    return async ({ client, terminal, registerFile, signal }) => {
      if (out !== undefined && (await isSameFile(path, out)))
        throw new UsageError(`--out ${out} is the file of cases itself; name another, so that it is not lost.`)
      const { upload } = await registerFile(path)
      const { dialect } = await client.intake.preview({ upload })
      const problems: { row: number; column: string | null; message: string }[] = []
      const kept: (number | null)[][] = []
      let columns: string[] = []
      let rows = 0
      // With --json and no file, the predictions are part of the document.
      const inDocument = terminal.json && out === undefined

      const predict = async (write: (line: string) => Promise<void>) => {
        for await (const { header, rows: cells } of rowsOf(path, dialect, chunk)) {
          if (signal.aborted) throw cancelled('cancelled', 'Interrupted; nothing was written.')
          const reply = await client.predictions.rows({ model, header, rows: cells, times })
          if (rows === 0) {
            columns = reply.header
            await write(csvLine(columns))
          }
          await write(reply.rows.map(csvLine).join(''))
          if (inDocument) kept.push(...reply.rows)
          for (const problem of reply.problems)
            if (problem.row > 0) problems.push({ ...problem, row: problem.row + rows })
            else if (rows === 0) problems.push(problem)
          rows += cells.length
        }
      }
      if (inDocument) await predict(async () => {})
      else await writeOutput(out, terminal, (output) => predict((line) => output.write(line)))

      for (const { row, column, message } of problems.slice(0, saidAtMost))
        terminal.warn(
          row === 0 ? `${column ?? path} ${message}` : `row ${row}${column === null ? '' : `, ${column}`}: ${message}`,
        )
      if (problems.length > saidAtMost) terminal.warn(`and ${problems.length - saidAtMost} more`)
      if (terminal.json)
        terminal.answer(
          {
            model,
            rows,
            columns,
            out: out === undefined ? null : resolve(out),
            ...(inDocument ? { predictions: kept } : {}),
            problems,
          },
          [],
        )
      else if (out !== undefined) terminal.answer(null, [`${rows} predictions written to ${out}.`])
    }
  },
}

const isSameFile = async (one: string, other: string): Promise<boolean> => {
  const [a, b] = await Promise.all([one, other].map((path) => stat(path).catch(() => null)))
  return a !== null && b !== null && a.isFile() && a.dev === b.dev && a.ino === b.ino
}
