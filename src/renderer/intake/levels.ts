import type { Concept } from '../../contract/values.ts'

/** `1 = treated = 已治疗`, one a line; the label is the code where none is given. Null where nothing is written. */
export const levelsOf = (text: string): Concept['levels'] => {
  const levels = text
    .split('\n')
    .map((line) => line.split('=').map((part) => part.trim()))
    .filter(([code]) => code !== undefined && code !== '')
    .map(([code = '', en, zh]) => ({ code, label: { en: en || code, ...(zh ? { zh } : {}) } }))
  return levels.length > 0 ? levels : null
}

export const levelsText = (levels: Concept['levels']): string =>
  (levels ?? []).map(({ code, label }) => [code, label.en, ...(label.zh ? [label.zh] : [])].join(' = ')).join('\n')
