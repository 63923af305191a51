import type { ModelState } from '../learner.ts'
import type { LossKind } from './net.ts'

/** What a net is to learn of its rows, and how its outputs become the stored net's. */
export interface Target {
  loss: LossKind
  outputs: number
  targets: Float32Array
  events?: Uint8Array
  /** Factor of each row's weight, where classes are balanced. */
  balance?: Float64Array
  outputBias: number[]
  /** Outputs of the stored net are scale * (output / temperature) + shift of each. */
  scale: number
  shifts: number[]
  /** Groups of rows that validation rows are taken from alike, and of rows that must not part. */
  strata: ArrayLike<number>
  cluster?: Int32Array
  header: Record<string, unknown>
  arrays?: ModelState['arrays']
}
