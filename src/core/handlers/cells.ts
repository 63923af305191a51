import type { Concept } from '../../contract/values.ts'
import { cellReader, UnitMismatch } from '../intake/check/validation.ts'
import type { ModelFeature } from '../study/model.ts'

/**
 * Reads a text of a file as an import would: labels and other capitals for a level's code, words for yes and no, a unit behind
 * a number. Gives the number, the level's code, or null where the text says neither. A number beyond the dictionary's range or
 * codes stays that number: the case is there and wants an answer.
 */
export const featureReader = (feature: ModelFeature): ((text: string) => number | string | null) => {
  const { name, label, kind, unit, levels, modifiable } = feature
  const concept: Concept = {
    name,
    label,
    kind,
    unit,
    levels,
    modifiable,
    role: 'observation',
    plausible: null,
    reference: null,
    coding: [],
    description: null,
  }
  const read = cellReader(concept, { decimal: '.', sourceUnit: null, dateFormat: null, openLevels: false })
  return (text) => {
    const { value, fault } = readOrFault(read, text)
    if (fault === null) return feature.seen ? (levels?.[value].code ?? null) : value
    const plain = kind === 'number' || kind === 'integer' ? Number(text) : Number.NaN
    return Number.isFinite(plain) && /^[-+.\d]/.test(text) && !/^[-+]?0x/i.test(text) ? plain : null
  }
}

const readOrFault = (read: ReturnType<typeof cellReader>, text: string) => {
  try {
    return read(text)
  } catch (error) {
    if (error instanceof UnitMismatch) return { value: Number.NaN, fault: error }
    throw error
  }
}
