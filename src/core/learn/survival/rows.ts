export interface SurvivalRows {
  time: Float64Array
  event: Uint8Array
  entry?: Float64Array
  strata?: Int32Array
}
