import { resolve } from 'node:path'
import { cancelled } from '../../contract/errors.ts'
import type { Command } from '../command.ts'
import { UsageError } from '../failure.ts'
import { writeOutput } from '../output.ts'
import { deidentifyOptions, prepareDeidentify } from './deidentify.ts'

export const exportCommand: Command = {
  name: 'export',
  says: 'Write the cases of a study as CSV, or a model as its artifact',
  options: {
    study: { value: 'NAME', says: 'the study' },
    measurements: { says: 'repeated measurements, one a row, instead of cases (default: where there are no cases)' },
    model: { value: 'ID', says: 'the model' },
    out: { value: 'FILE', says: 'where to (default: stdout); with --deidentify FILE.csv or a folder' },
    ...deidentifyOptions,
  },
  examples: [
    'export --study pbc --out pbc.csv',
    'export --model 1 --out pbc-cox.bedside-model',
    'export --study pbc --deidentify --minimum-k 5 --out pbc-shared',
  ],
  unlocks: true,
  prepare: (options) => {
    if (options.has('study') === options.has('model'))
      throw new UsageError('export needs either --study NAME or --model ID.')
    if (options.flag('deidentify')) return prepareDeidentify(options)
    const stray = Object.keys(deidentifyOptions).find((name) => options.has(name))
    if (stray !== undefined) throw new UsageError(`--${stray} is for export --deidentify.`)
    const out = options.text('out')
    if (options.flag('json') && out === undefined) throw new UsageError('export --json needs --out FILE.')
    const where = out === undefined ? null : resolve(out)
    if (options.has('study')) {
      const study = options.required('study')
      const what = options.flag('measurements') ? 'measurements' : null
      return async ({ client, terminal, signal }) => {
        const bytes = await writeOutput(out, terminal, async ({ write }) => {
          let written = 0
          for await (const text of await client.studies.export({ study, what })) {
            if (signal.aborted) throw cancelled('nothingWritten')
            await write(text)
            written += Buffer.byteLength(text)
          }
          return written
        })
        if (out !== undefined)
          terminal.answer({ study, out: where, bytes }, [`${study} written to ${out} (${bytes} bytes).`])
      }
    }
    const model = options.whole('model', 1, Number.MAX_SAFE_INTEGER)
    return async ({ client, terminal }) => {
      const { bytes, sha256 } = await client.models.artifact({ model })
      const content = new Uint8Array(await bytes.arrayBuffer())
      await writeOutput(out, terminal, ({ write }) => write(content))
      if (out !== undefined)
        terminal.answer({ model, out: where, bytes: content.length, sha256 }, [
          `Model ${model} written to ${out} (${content.length} bytes, SHA-256 ${sha256}).`,
        ])
    }
  },
}
