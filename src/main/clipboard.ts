import { createHash } from 'node:crypto'

/** Electron's clipboard, as far as it is needed here. */
export interface Clipboard {
  readText(): Promise<string>
  clear(): void
}

/** Each resolves when it has looked; one after another. */
export interface ClipboardWatch {
  /** A window of ours was brought to the front. */
  focused(): Promise<void>
  /** No window of ours is at the front any more. */
  blurred(): Promise<void>
  /** Empties the clipboard where it still holds what was copied here. */
  locked(): Promise<void>
}

/**
 * What was copied out of a window must not outlast the lock; what was copied elsewhere is none of our business. A text
 * that came into the clipboard while a window of ours was in front is taken as ours. Of texts only hashes are kept.
 */
export const watchClipboard = (clipboard: Clipboard): ClipboardWatch => {
  let atFocus: string | null = null
  let ours: string | null = null
  let tail: Promise<void> = Promise.resolve()
  const inTurn = (work: () => Promise<void>) => {
    // A clipboard that another program holds cannot be read: nothing to say about it then.
    tail = tail.then(work).catch(() => {})
    return tail
  }
  const now = async () =>
    createHash('sha256')
      .update(await clipboard.readText())
      .digest('base64')
  const look = async () => {
    if (atFocus === null) return
    const found = await now()
    if (found !== atFocus) ours = found
  }
  return {
    focused: () =>
      inTurn(async () => {
        atFocus ??= await now()
      }),
    blurred: () =>
      inTurn(async () => {
        await look()
        atFocus = null
      }),
    locked: () =>
      inTurn(async () => {
        await look()
        if (ours !== null && (await now()) === ours) clipboard.clear()
        ours = null
        if (atFocus !== null) atFocus = await now()
      }),
  }
}
