import type { StudyDesign } from '../../../contract/design.ts'

type SurvivalOutcome = Extract<StudyDesign['outcome'], { task: 'survival' }>

/** Whether rows enter under observation late, or are stratified: what Fine-Gray does not take. */
export const entersLateOrInStrata = ({ entry, strata }: SurvivalOutcome): boolean => Boolean(entry || strata)
