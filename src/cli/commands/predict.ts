import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { csvLine } from '../../contract/csv.ts'
import { cancelled } from '../../contract/errors.ts'
import type { RowError } from '../../contract/intake.ts'
import type { PredictedRows, PredictionProblem } from '../../contract/predictions.ts'
import type { Command } from '../command.ts'
import { UsageError } from '../failure.ts'
import { inWords } from '../language.ts'
import { writeOutput } from '../output.ts'
import { dialectFrom, placeText, readingOptions, readMapping } from '../reading.ts'

const saidAtMost = 20

export const predictCommand: Command = {
  name: 'predict',
  says: 'Predict for the rows of a file: one output row for each, in the same order; what import would reject is rejected',
  options: {
    model: { value: 'ID', says: 'the model' },
    in: { value: 'FILE', says: 'cases, with the columns the model learned from' },
    out: { value: 'FILE', says: 'predictions, as CSV (default: stdout)' },
    times: { value: 'T,...', says: 'times to give the survival at, in the unit of the model' },
    mapping: { value: 'FILE', says: "what the columns mean, as JSON (default: as in the study's own files)" },
    ...readingOptions,
  },
  examples: ['predict --model 1 --in new.csv --out predictions.csv', 'predict --model 2 --in new.csv --times 365,1825'],
  unlocks: true,
  prepare: (options) => {
    const model = options.whole('model', 1, Number.MAX_SAFE_INTEGER)
    const path = resolve(options.required('in'))
    const out = options.text('out')
    const times = options.has('times') ? options.numbers('times') : null
    const dialect = dialectFrom(options)
    const mappingPath = options.text('mapping')
    return async ({ client, terminal, registerFile, signal }) => {
      if (out !== undefined && (await isSameFile(path, out)))
        throw new UsageError(`--out ${out} is the file of cases itself; name another, so that it is not lost.`)
      const mapping = mappingPath === undefined ? null : await readMapping(mappingPath)
      const { upload } = await registerFile(path)
      const all = emptyResult()
      // With --json and no file, the predictions are part of the document.
      const inDocument = terminal.json && out === undefined

      const predict = async (write: (line: string) => Promise<void>) => {
        for await (const slice of await client.predictions.file({ model, upload, mapping, dialect, times })) {
          if (signal.aborted) throw cancelled('nothingWritten')
          if (all.header.length === 0) {
            all.header = slice.header
            await write(csvLine(['row', 'key', ...slice.header, 'rejected'], '\n'))
          }
          const lines = linesOf(slice)
          await write(
            lines.map(({ row, key, values, rejected }) => csvLine([row, key, ...values, rejected], '\n')).join(''),
          )
          if (inDocument) all.predictions.push(...lines)
          all.rows += lines.length
          all.predicted += slice.rows.length
          all.rejected.push(...slice.rejected)
          all.problems.push(...slice.problems)
          all.warnings.push(...slice.warnings)
        }
      }
      if (inDocument) await predict(async () => {})
      else await writeOutput(out, terminal, (output) => predict((line) => output.write(line)))

      const { header, rows, predicted, predictions } = all
      const problems = all.problems.map((problem) => ({ ...problem, message: problemText(problem) }))
      const rejected = all.rejected.map((error) => ({ ...error, place: placeText(error.place) }))
      const said = [
        ...all.warnings.map(({ said, message }) => inWords(said, message)),
        ...problems.filter(({ row }) => row === 0).map(({ column, message }) => `${column ?? path} ${message}`),
        ...rejected.map(
          (error) => `row ${error.row} (${error.place}) is rejected: ${inWords(error.said, error.message)}`,
        ),
        ...problems
          .filter(({ row }) => row > 0)
          .map(({ row, column, message }) => `row ${row}${column === null ? '' : `, ${column}`}: ${message}`),
      ]
      for (const line of said.slice(0, saidAtMost)) terminal.warn(line)
      if (said.length > saidAtMost) terminal.warn(`and ${said.length - saidAtMost} more`)
      if (terminal.json)
        terminal.answer(
          {
            model,
            rows,
            predicted,
            columns: header,
            out: out === undefined ? null : resolve(out),
            ...(inDocument ? { predictions } : {}),
            rejected,
            problems,
          },
          [],
        )
      else if (out !== undefined)
        terminal.answer(null, [
          predicted === rows
            ? `${rows} predictions written to ${out}.`
            : `${predicted} predictions written to ${out}; ${rows - predicted} of ${rows} rows are rejected.`,
        ])
    }
  },
}

interface Line {
  row: number
  key: string | null
  values: (number | null)[]
  /** Place and reasons; null: predicted. */
  rejected: string | null
}

const emptyResult = () => ({
  header: [] as string[],
  rows: 0,
  predicted: 0,
  predictions: [] as Line[],
  rejected: [] as RowError[],
  problems: [] as PredictionProblem[],
  warnings: [] as PredictedRows['warnings'],
})

/** Rows of a slice, predicted and rejected, in the order of the file. */
const linesOf = ({ header, rows, rejected }: PredictedRows): Line[] => {
  const faults = new Map<number, RowError[]>()
  for (const error of rejected) faults.set(error.row, [...(faults.get(error.row) ?? []), error])
  const none = header.map(() => null)
  return [
    ...rows.map((row) => ({ ...row, rejected: null })),
    ...[...faults].map(([row, errors]) => ({
      row,
      key: null,
      values: none,
      rejected: `${placeText(errors[0]!.place)}: ${errors.map(({ message }) => message).join(' ')}`,
    })),
  ].sort((a, b) => a.row - b.row)
}

const problemText = ({ code, values }: PredictionProblem): string => {
  const filled = values.filling === undefined ? 'left missing' : `filled with ${values.filling}`
  switch (code) {
    case 'missing':
      return `missing; ${filled}`
    case 'unseen':
      return `"${values.text}" was not seen in training; ${filled}`
    case 'noneSeen':
      return `holds no value that was seen in training (${values.levels}); check how it is coded`
    case 'noCurve':
      return 'was not seen in training or is missing, so there is no curve to predict by; the row has no prediction'
    case 'beyondFollowUp':
      return `is beyond the longest follow-up of ${values.followUp}; the survival stands where it was then`
  }
}

const isSameFile = async (one: string, other: string): Promise<boolean> => {
  const [a, b] = await Promise.all([one, other].map((path) => stat(path).catch(() => null)))
  return a !== null && b !== null && a.isFile() && a.dev === b.dev && a.ino === b.ino
}
