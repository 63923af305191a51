import type { Cell } from '../../contract/values.ts'
import { type Convert, computeScore, type Recorded } from '../advise/score.ts'
import { scores } from '../advise/scores/index.ts'
import { fieldCell } from '../extract/tables.ts'
import { parseSex } from '../terminology/sex.ts'
import { loadUnits } from '../terminology/units.ts'
import { readCase } from '../vault/records/cases.ts'
import { encountersOf } from '../vault/records/encounters.ts'
import { personOf } from '../vault/records/patients.ts'
import type { ReadStore } from '../vault/store/store.ts'
import type { Implementer } from './implementer.ts'
import type { Services } from './services.ts'

const convert: Convert = (value, from, to, molarMass) => {
  const found = loadUnits().conversion(from, to, molarMass)
  return found ? value * found.factor + found.offset : null
}

/** What the record holds of a patient, the latest value of each quantity first. */
const recordedOf = (store: ReadStore, patient: number): Recorded[] => {
  const cases = encountersOf(store, patient).map(({ encounter }) => readCase(store, encounter))
  const recorded = cases.flatMap(({ fields }) =>
    fields.map((field): Recorded => {
      const { concept } = field
      const cell = fieldCell(field)
      const value: Cell = concept.role === 'sex' ? (parseSex(String(cell)) ?? cell) : cell
      return { concept, value, unit: concept.unit }
    }),
  )
  const { sex } = personOf(store, patient)
  const person = recorded.find(({ concept }) => concept.role === 'sex')
  if (person && (sex === 'female' || sex === 'male')) person.value = sex
  return recorded
}

export const adviceHandlers = (services: Pick<Services, 'vault'>, os: Implementer) => ({
  advice: {
    scores: os.advice.scores.handler(({ input }) => {
      const recorded = recordedOf(services.vault().read, input.patient)
      const computed = scores.map((definition) =>
        computeScore(definition, recorded, input.entered[definition.score] ?? {}, convert),
      )
      const lacking = (score: (typeof computed)[number]) =>
        score.inputs.filter(({ from }) => from === 'missing').length / score.inputs.length
      return computed.sort((a, b) => Number(b.result !== null) - Number(a.result !== null) || lacking(a) - lacking(b))
    }),
  },
})
