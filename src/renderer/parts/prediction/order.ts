import type { ModelCard } from '../../../contract/models.ts'

/** Metrics of which less is better. */
const errors = new Set(['rmse', 'mae', 'brier', 'integratedBrier', 'logLoss', 'ici', 'e50', 'e90'])
const lessIsBetter = (metric: string): boolean => errors.has(metric)

/**
 * Best first: within one question (study, target, metric) by the headline metric; questions in the order of their
 * newest model. A model without a figure comes last.
 */
export const bestFirst = (models: readonly ModelCard[]): ModelCard[] => {
  const question = (model: ModelCard) => `${model.task}\n${model.study}\n${model.target}\n${model.headline.metric}`
  const newest = new Map<string, string>()
  for (const model of models) {
    const at = newest.get(question(model))
    if (at === undefined || model.trainedAt > at) newest.set(question(model), model.trainedAt)
  }
  const goodness = ({ headline: { metric, estimate } }: ModelCard) =>
    estimate.value === null ? Number.NEGATIVE_INFINITY : lessIsBetter(metric) ? -estimate.value : estimate.value
  return [...models].sort((left, right) => {
    if (question(left) === question(right)) {
      const difference = goodness(right) - goodness(left)
      return Number.isNaN(difference) || difference === 0 ? right.model - left.model : difference
    }
    const [one, other] = [newest.get(question(left))!, newest.get(question(right))!]
    return one === other ? question(left).localeCompare(question(right)) : one < other ? 1 : -1
  })
}
