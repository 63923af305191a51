import { type Warning, warn } from '../../../contract/warnings.ts'
/** Column names of a file, in order, with what had to be made clear. */
export interface Header {
  names: string[]
  warnings: Warning[]
}

/** Names for the columns: trimmed, empty ones numbered, repeated ones told apart, so that no two columns are one. */
export const nameColumns = (fields: readonly string[]): Header => {
  const warnings: Header['warnings'] = []
  const given = fields.map((field) => field.trim().replace(/\s*[\r\n]+\s*/g, ' '))
  const taken = new Set(given.filter((name) => name !== ''))
  const used = new Set<string>()
  const names = given.map((name, index) => {
    let unique = name
    if (name === '') {
      unique = numbered(`column${index + 1}`, taken, used)
      warnings.push(warn('emptyHeader', { at: index + 1, name: unique }))
    } else if (used.has(name)) {
      unique = numbered(`${name} (2)`, taken, used)
      warnings.push(warn('duplicateHeader', { at: index + 1, name, called: unique }))
    }
    used.add(unique)
    return unique
  })
  return { names, warnings }
}

const numbered = (wanted: string, taken: ReadonlySet<string>, used: ReadonlySet<string>): string => {
  let name = wanted
  for (let n = 2; taken.has(name) || used.has(name); n++) name = `${wanted.replace(/ \(\d+\)$/, '')} (${n})`
  return name
}
