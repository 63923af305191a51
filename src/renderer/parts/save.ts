/** Hands the user a file, by way of the browser's own download. */
export const saveFile = (name: string, parts: BlobPart[], type = 'application/octet-stream'): void => {
  const url = URL.createObjectURL(new Blob(parts, { type }))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  document.body.append(link)
  link.click()
  link.remove()
  setTimeout(() => URL.revokeObjectURL(url), 60_000)
}

/**
 * Gathers a stream of text as a file. A blob lies outside the heap, on disk where it is large, so the log of years does
 * not have to fit into the page's memory. Throws what the stream throws, also when it is aborted.
 */
export const gather = async (
  pieces: AsyncIterable<string>,
  type: string,
  onBytes: (bytes: number) => void = () => {},
): Promise<Blob> => {
  let whole = new Blob([], { type })
  let waiting: string[] = []
  let length = 0
  const flush = () => {
    whole = new Blob([whole, ...waiting], { type })
    waiting = []
    length = 0
    onBytes(whole.size)
  }
  for await (const piece of pieces) {
    waiting.push(piece)
    length += piece.length
    if (length > 1_000_000) flush()
  }
  flush()
  return whole
}

/** A moment as a part of a file's name: `2026-03-01-1405`. */
export const stamp = (moment = new Date()): string => {
  const two = (value: number) => String(value).padStart(2, '0')
  const day = [moment.getFullYear(), two(moment.getMonth() + 1), two(moment.getDate())].join('-')
  return `${day}-${two(moment.getHours())}${two(moment.getMinutes())}`
}

/** Copies a text; where the clipboard is denied, through a selection. */
export const copyText = async (text: string): Promise<boolean> => {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    const area = document.createElement('textarea')
    area.value = text
    area.setAttribute('readonly', '')
    document.body.append(area)
    area.select()
    const copied = document.execCommand('copy')
    area.remove()
    return copied
  }
}
