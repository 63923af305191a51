import { timeUnits } from '../../contract/values.ts'
import type { Command } from '../command.ts'
import { finish } from '../job.ts'
import { inWords } from '../language.ts'
import { metricLines } from '../metrics.ts'
import { outcomeFrom, outcomeNames } from './train.ts'

export const evaluateCommand: Command = {
  name: 'evaluate',
  says: 'Assess a model on another study (external validation)',
  options: {
    model: { value: 'ID', says: 'the model' },
    study: { value: 'NAME', says: 'the study to assess it on' },
    target: { value: 'COLUMN', says: 'the class or value there (default: as in the model)' },
    positive: { value: 'VALUE', says: 'the class that metrics of two classes are about' },
    time: { value: 'COLUMN', says: 'follow-up time there (default: as in the model)' },
    'time-unit': { value: 'UNIT', says: `${timeUnits.join(', ')} (default: as in the model)` },
    event: { value: 'COLUMN=V,...', says: 'column and values that mean the event there (default: as in the model)' },
    competing: { value: '[COLUMN=]V,...', says: 'values that mean a competing event there (default: as in the model)' },
    from: { value: 'COLUMN', says: 'time from which a row counts there (default: as in the model)' },
    entry: { value: 'COLUMN', says: 'time a row comes under observation there (default: as in the model)' },
  },
  examples: [
    'evaluate --model 3 --study pima-test --json',
    'evaluate --model 4 --study gbsg --time rfstime --event status=1',
  ],
  unlocks: true,
  prepare: (options) => {
    const model = options.whole('model', 1, Number.MAX_SAFE_INTEGER)
    const study = options.required('study')
    return async (run) => {
      const { client, terminal } = run
      // Where the other study calls its outcome otherwise.
      const outcome = outcomeNames.some((name) => options.has(name))
        ? outcomeFrom(options, (await client.models.get({ model })).design.outcome)
        : null
      const made = await finish(run, (await client.models.evaluate({ model, study, outcome })).job)
      const evaluations = await client.models.evaluations({ model })
      const evaluation =
        evaluations.find((known) => known.evaluation === made.evaluation) ??
        evaluations.filter((known) => known.study === study).sort((a, b) => b.evaluation - a.evaluation)[0]
      if (!evaluation) throw new Error('The evaluation was not kept')
      const { assessment, flow, warnings } = evaluation
      for (const { said, message } of warnings) terminal.warn(inWords(said, message))
      const { rows, events, metrics, horizon } = assessment
      terminal.answer(
        { evaluation: evaluation.evaluation, model, study, rows, events, horizon, metrics, flow, warnings },
        [
          `Model ${model} on ${study}: ${rows} cases${events === null ? '' : `, ${events} events`}`,
          ...metricLines(metrics),
        ],
      )
    }
  },
}
