/** The worklist is read in pages of this many rows; only the pages in sight are asked for. */
export const pageSize = 100

/** Pages that rows `first` to `last` (both included) lie on. */
export const pagesOf = (first: number, last: number): number[] => {
  if (last < first) return []
  const from = Math.floor(Math.max(0, first) / pageSize)
  const to = Math.floor(last / pageSize)
  return Array.from({ length: to - from + 1 }, (_, step) => from + step)
}

/**
 * Rows a browser can lay out at this height: taller elements than 2^24 pixels are cut off. Beyond it the search has to
 * be narrowed, which nobody who looks for a patient minds.
 */
export const mostRows = (rowHeight: number): number => Math.floor(2 ** 24 / rowHeight)

/** Row after a key is pressed; the same where the key moves nothing. */
export const moved = (key: string, active: number, total: number, visible: number): number => {
  const last = total - 1
  const to: Record<string, number> = {
    ArrowDown: active + 1,
    ArrowUp: active - 1,
    PageDown: active + visible,
    PageUp: active - visible,
    Home: 0,
    End: last,
  }
  return Math.max(0, Math.min(last, to[key] ?? active))
}
