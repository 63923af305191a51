import type { client } from '../api.ts'

type Send = typeof client.intake.upload

/** Largest piece the core takes at once. */
export const pieceBytes = 4 * 1024 * 1024

/**
 * Hands a file to the core piece by piece, so that a large one neither fills a message nor the memory of this window.
 *
 * @param onProgress share handed over, 0 to 1
 * @returns the id of the upload
 */
export const uploadFile = async (
  file: File,
  { send, signal, onProgress }: { send: Send; signal: AbortSignal; onProgress: (share: number) => void },
): Promise<string> => {
  let upload: string | null = null
  let offset = 0
  do {
    signal.throwIfAborted()
    const bytes = file.slice(offset, offset + pieceBytes)
    offset += bytes.size
    const reply: { upload: string } = await send(
      { upload, file: file.name, bytes, last: offset >= file.size },
      { signal },
    )
    upload = reply.upload
    onProgress(file.size === 0 ? 1 : offset / file.size)
  } while (offset < file.size)
  return upload
}
