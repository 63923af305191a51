import type * as z from 'zod'
import type { BeliefSchema } from '../../../contract/predictions.ts'

export type Belief = z.infer<typeof BeliefSchema>
export type Verdict = 'good' | 'caution' | 'doubt'

const enoughCases = 20

/**
 * How much each question speaks against the prediction. Calibration speaks against it where what was observed, with its
 * interval, leaves out what was predicted; under 20 cases it cannot speak for it either.
 */
export const judge = (belief: Belief, inputs: number) => {
  const domain: Verdict =
    belief.domain.verdict === 'outside' ? 'doubt' : belief.domain.verdict === 'edge' ? 'caution' : 'good'
  const range: Verdict = belief.domain.outOfRange.length > 0 ? 'caution' : 'good'
  const share = inputs > 0 ? belief.missing.length / inputs : 0
  const missing: Verdict = share > 1 / 3 ? 'doubt' : belief.missing.length > 0 ? 'caution' : 'good'
  const measured = belief.calibration
  const calibration: Verdict =
    measured === null ? 'caution' : strays(measured) ? 'doubt' : measured.n < enoughCases ? 'caution' : 'good'
  const verdicts = [domain, range, missing, calibration]
  const overall: Verdict = verdicts.includes('doubt') ? 'doubt' : verdicts.includes('caution') ? 'caution' : 'good'
  return { domain, range, missing, calibration, overall, small: measured !== null && measured.n < enoughCases }
}

const strays = ({ observed, predicted }: NonNullable<Belief['calibration']>): boolean =>
  (observed.low !== null && predicted < observed.low) || (observed.high !== null && predicted > observed.high)
