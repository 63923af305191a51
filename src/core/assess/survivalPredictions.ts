export interface SurvivalPredictions {
  /** Follow-up of each row in the outcome's unit, and whether the event was seen at its end. */
  time: Float64Array
  event: ArrayLike<number>
  /** 1 where a competing event ended the follow-up; `survival` is then one less the incidence of the event. */
  competing?: ArrayLike<number> | null
  /** Late entry and start-stop rows: only Harrell's C and the observed risk are defined then. */
  entry?: ArrayLike<number> | null
  /** Patient of each row, where some have several. */
  cluster?: ArrayLike<number> | null
  /** Risk score, higher is worse. */
  risk: Float64Array
  /** Row-major rows x times: S(t) at `times`, ascending. A fine grid, the horizon among it. */
  survival: Float64Array
  times: Float64Array
  horizon: number
  /** Rows the censoring distribution is estimated from; null: the assessed rows themselves (external validation). */
  training: { time: ArrayLike<number>; event: ArrayLike<number>; competing?: ArrayLike<number> | null } | null
  /** Events after it do not count in Uno's C; null: the last of `times`. Reported as the metric `tau`. */
  tau?: number | null
  seed: number
  /** Bootstrap samples for intervals that have no formula. */
  replicates?: number
}
