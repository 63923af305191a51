/** Predictions of rows, as assessment, comparison and the vault keep them. */
export type Predictions =
  /** `probabilities` is row-major rows x classes. */
  | { task: 'diagnosis'; classes: number; probabilities: Float64Array }
  | { task: 'regression'; values: Float64Array }
  /** `survival` is row-major rows x times. */
  | { task: 'survival'; times: Float64Array; risk: Float64Array; survival: Float64Array }
