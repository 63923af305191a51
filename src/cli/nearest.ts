/** The name closest to what was typed, or null where none is close enough to be meant. */
export const nearest = (typed: string, names: readonly string[]): string | null => {
  let best: string | null = null
  let least = Math.max(2, Math.floor(typed.length / 2))
  for (const name of names) {
    const away = distance(typed.toLowerCase(), name.toLowerCase())
    const begins = typed.length >= 2 && name.startsWith(typed)
    if (away < least || (begins && best === null) || (away === least && best === null)) {
      best = name
      least = Math.min(least, away)
    }
  }
  return best
}

/** Edits between two words: insert, delete, replace, swap neighbours (optimal string alignment). */
const distance = (a: string, b: string): number => {
  const rows = Array.from({ length: a.length + 1 }, (_, i) =>
    Array.from({ length: b.length + 1 }, (_, j) => (i === 0 ? j : j === 0 ? i : 0)),
  )
  for (let i = 1; i <= a.length; i++)
    for (let j = 1; j <= b.length; j++) {
      const replace = (rows[i - 1]?.[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      let least = Math.min((rows[i - 1]?.[j] ?? 0) + 1, (rows[i]?.[j - 1] ?? 0) + 1, replace)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        least = Math.min(least, (rows[i - 2]?.[j - 2] ?? 0) + 1)
      const row = rows[i]
      if (row) row[j] = least
    }
  return rows[a.length]?.[b.length] ?? 0
}
