import { roleHeaders } from '../../terminology/roles.ts'
import { sexCodes } from '../../terminology/sex.ts'
import { choiceInput, measured } from '../score.ts'

/** Inputs that several scores take. */
export const age = measured('age', { unit: 'a', low: 0, high: 120, names: ['age0'] })

export const sex = choiceInput({
  id: 'sex',
  choices: [
    { code: 'female', value: 0 },
    { code: 'male', value: 1 },
  ],
  loinc: sexCodes,
  names: roleHeaders.sex,
})

export const bilirubin = measured('bilirubin', { unit: 'mg/dL', low: 0.05, high: 80 })
export const albumin = measured('albumin', { unit: 'g/dL', low: 0.5, high: 7 })
export const aspartateAminotransferase = measured('ast', { unit: 'U/L', low: 1, high: 20000 })
export const alanineAminotransferase = measured('alt', { unit: 'U/L', low: 1, high: 20000 })
export const platelets = measured('platelets', { unit: '10*9/L', low: 1, high: 3000 })
