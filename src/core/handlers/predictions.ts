import { invalidInput, issue, notFound } from '../../contract/errors.ts'
import type { ModelDetail } from '../../contract/models.ts'
import type { Task } from '../../contract/values.ts'
import { diagnosePatient, estimateForPatient, modelsFor, survivalOfPatient, whatIfPatient } from '../models/predict.ts'
import { predictFile, predictRows } from '../models/predictFile.ts'
import { modelDetail } from '../vault/models/models.ts'
import { predictionHistory, respondToPrediction } from '../vault/models/predictions.ts'
import { type Implementer, sessionOf } from './implementer.ts'
import type { Services } from './services.ts'

type PredictionHistory = (ReturnType<typeof predictionHistory>[number] & { task: Task })[]

export const predictionHandlers = (
  services: Pick<Services, 'modelCache' | 'options' | 'uploads' | 'vault'>,
  os: Implementer,
) => {
  const read = () => services.vault().read
  return {
    predictions: {
      models: os.predictions.models.handler(({ input }) => modelsFor(read(), input.patient)),
      diagnose: os.predictions.diagnose.handler(({ input, context }) =>
        diagnosePatient(services, input, sessionOf(context).user),
      ),
      survive: os.predictions.survive.handler(({ input, context }) =>
        survivalOfPatient(services, input, sessionOf(context).user),
      ),
      estimate: os.predictions.estimate.handler(({ input, context }) =>
        estimateForPatient(services, input, sessionOf(context).user),
      ),
      whatIf: os.predictions.whatIf.handler(({ input }) => whatIfPatient(services, input)),

      modifiable: os.predictions.modifiable.handler(({ input }) => {
        const { features } = modelDetail(read(), input.model) as ModelDetail
        return features.filter(({ modifiable }) => modifiable)
      }),

      respond: os.predictions.respond.handler(async ({ input, context }) => {
        if (input.outcome === 'overridden' && input.reason === null)
          throw invalidInput('reasonNeeded', {}, [issue('reason', 'missing')])
        await services.vault().write((store) => respondToPrediction(store, { ...input, user: sessionOf(context).user }))
        return {}
      }),

      history: os.predictions.history.handler(
        ({ input }) => predictionHistory(read(), input.patient) as PredictionHistory,
      ),

      rows: os.predictions.rows.handler(async ({ input, signal }) => {
        const { model, times } = input
        const hand = await services.modelCache.take(model)
        if (input.header.length === 0) throw notFound('noTableHeader')
        return predictRows(
          { store: read(), hand, times, thread: { workerUrl: null, ...(signal ? { signal } : {}) } },
          input,
        )
      }),

      file: os.predictions.file.handler(async function* ({ input, signal }) {
        const { model, upload, mapping, dialect, times } = input
        const source = services.uploads.open(upload)
        const hand = await services.modelCache.take(model)
        const thread = { workerUrl: services.options.workers.rows, ...(signal ? { signal } : {}) }
        yield* predictFile({ store: read(), hand, source, mapping, dialect, times, thread })
      }),
    },
  }
}
