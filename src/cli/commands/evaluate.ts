import type { Command } from '../command.ts'
import { finish } from '../job.ts'
import { metricLines } from '../metrics.ts'

export const evaluateCommand: Command = {
  name: 'evaluate',
  says: 'Assess a model on another study (external validation)',
  options: {
    model: { value: 'ID', says: 'the model' },
    study: { value: 'NAME', says: 'the study to assess it on' },
  },
  examples: ['evaluate --model 3 --study gbsg --json'],
  unlocks: true,
  prepare: (options) => {
    const model = options.whole('model', 1, Number.MAX_SAFE_INTEGER)
    const study = options.required('study')
    return async (run) => {
      const { client, terminal } = run
      const made = await finish(run, (await client.models.evaluate({ model, study })).job)
      const evaluations = await client.models.evaluations({ model })
      const evaluation =
        evaluations.find((known) => known.evaluation === made.evaluation) ??
        evaluations.filter((known) => known.study === study).sort((a, b) => b.evaluation - a.evaluation)[0]
      if (!evaluation) throw new Error('The evaluation was not kept')
      const { assessment, flow, warnings } = evaluation
      for (const { message } of warnings) terminal.warn(message)
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
