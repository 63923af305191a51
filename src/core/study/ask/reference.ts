import type { Outcome } from '../../cohort/matrix.ts'
import type { Predictions } from '../../learn/predictions.ts'
import { decodeArtifact, encodeArtifact } from '../../numbers/bytes.ts'
import { takePredictions } from '../tasks/assessment.ts'

/**
 * What the vault keeps beside a model to say, for one patient, who the model learned from and how predictions like this
 * one turned out. Patient-level: it stays in the vault and is in no export.
 */
export interface Reference {
  /** Rows of the snapshot the model learned from. */
  rows: Int32Array
  /** Where the honest predictions come from. */
  source: 'outOfFold' | 'heldOut' | 'both' | 'apparent'
  predictions: Predictions
  outcome: Outcome
}

interface Predicted {
  rows: Int32Array
  predictions: Predictions
}

interface ReferenceParts {
  model: { rows: Int32Array }
  outOfFold: Predicted | null
  heldOut: Predicted | null
  /** Predictions of the model's own rows: used only where there is nothing better. */
  apparent: () => Predicted
  outcomeOf: (rows: Int32Array) => Outcome
}

/** Predictions of several sets of rows, one after another; all of one task. */
export const joinPredictions = (parts: readonly Predictions[]): Predictions => {
  const [first] = parts
  const join = (pick: (part: Predictions) => Float64Array | null): Float64Array => {
    const arrays = parts.map(pick).filter((array) => array !== null)
    const joined = new Float64Array(arrays.reduce((total, array) => total + array.length, 0))
    let at = 0
    for (const array of arrays) {
      joined.set(array, at)
      at += array.length
    }
    return joined
  }
  if (first.task === 'diagnosis')
    return { ...first, probabilities: join((part) => (part.task === 'diagnosis' ? part.probabilities : null)) }
  if (first.task === 'regression')
    return { ...first, values: join((part) => (part.task === 'regression' ? part.values : null)) }
  return {
    ...first,
    risk: join((part) => (part.task === 'survival' ? part.risk : null)),
    survival: join((part) => (part.task === 'survival' ? part.survival : null)),
  }
}

const mostHonest = 20_000

/** Every n-th row where there are more than a view needs; even, so that no range of predictions is favoured. */
const thin = ({ rows, predictions }: Predicted): Predicted => {
  if (rows.length <= mostHonest) return { rows, predictions }
  const step = rows.length / mostHonest
  const kept = Int32Array.from({ length: mostHonest }, (_, i) => Math.floor(i * step))
  return { rows: kept.map((at) => rows[at]), predictions: takePredictions(predictions, kept) }
}

export const encodeReference = ({ model, outOfFold, heldOut, apparent, outcomeOf }: ReferenceParts): Uint8Array => {
  const honest = [outOfFold, heldOut].filter((part) => part !== null)
  const source = honest.length === 2 ? 'both' : outOfFold ? 'outOfFold' : heldOut ? 'heldOut' : 'apparent'
  const parts = honest.length > 0 ? honest : [apparent()]
  const { rows, predictions } = thin({
    rows: Int32Array.from(parts.flatMap((part) => Array.from(part.rows))),
    predictions: joinPredictions(parts.map((part) => part.predictions)),
  })
  const outcome = outcomeOf(rows)
  const arrays: Parameters<typeof encodeArtifact>[0]['arrays'] = { rows: model.rows }
  if (outcome.task === 'survival') {
    arrays.time = outcome.time
    arrays.event = outcome.event
    if (outcome.entry) arrays.entry = outcome.entry
    if (outcome.competing) arrays.competing = outcome.competing
  } else arrays.y = outcome.y
  if (predictions.task === 'diagnosis') arrays.probabilities = predictions.probabilities
  if (predictions.task === 'regression') arrays.values = predictions.values
  if (predictions.task === 'survival') {
    arrays.times = predictions.times
    arrays.risk = predictions.risk
    arrays.survival = predictions.survival
  }
  const classes = outcome.task === 'diagnosis' ? outcome.classes : null
  return encodeArtifact({ header: { format: 'bedside-reference/1', source, task: predictions.task, classes }, arrays })
}

export const decodeReference = (bytes: Uint8Array): Reference => {
  const { header, arrays } = decodeArtifact(bytes)
  const rows = arrays.rows as Int32Array
  const source = header.source as Reference['source']
  if (header.task === 'diagnosis') {
    const classes = header.classes as string[]
    return {
      rows,
      source,
      predictions: { task: 'diagnosis', classes: classes.length, probabilities: arrays.probabilities as Float64Array },
      outcome: { task: 'diagnosis', classes, y: arrays.y as Int32Array },
    }
  }
  if (header.task === 'regression')
    return {
      rows,
      source,
      predictions: { task: 'regression', values: arrays.values as Float64Array },
      outcome: { task: 'regression', y: arrays.y as Float64Array },
    }
  return {
    rows,
    source,
    predictions: {
      task: 'survival',
      times: arrays.times as Float64Array,
      risk: arrays.risk as Float64Array,
      survival: arrays.survival as Float64Array,
    },
    outcome: {
      task: 'survival',
      time: arrays.time as Float64Array,
      event: arrays.event as Uint8Array,
      ...(arrays.entry ? { entry: arrays.entry as Float64Array } : {}),
      ...(arrays.competing ? { competing: arrays.competing as Uint8Array } : {}),
    },
  }
}
