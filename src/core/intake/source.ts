import { createDecipheriv, createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open, stat } from 'node:fs/promises'

/** Where a file's bytes come from. Plain data, so that a worker thread can be given it. */
export type FileSource =
  | { kind: 'bytes'; file: string; data: Uint8Array }
  | { kind: 'path'; file: string; path: string }
  /**
   * An upload at rest, hashed as it came: pieces encrypted with a key that lives in this process alone (uploads.ts).
   */
  | { kind: 'sealed'; file: string; path: string; key: Uint8Array; bytes: number; sha256: string }

const pieceBytes = 1 << 20

/** The file's bytes in pieces of about a megabyte, which are the reader's to keep. */
export async function* readSource(source: FileSource): AsyncGenerator<Uint8Array> {
  if (source.kind === 'bytes') {
    for (let at = 0; at < source.data.length; at += pieceBytes) yield source.data.subarray(at, at + pieceBytes)
    return
  }
  if (source.kind === 'sealed') {
    yield* readSealed(source.path, source.key)
    return
  }
  try {
    yield* createReadStream(source.path, { highWaterMark: pieceBytes })
  } catch (error) {
    throw await unreadable(source.file, error)
  }
}

/** A file as a reader gets it: to be gone through as often as it needs, though once is cheapest. */
export interface OpenSource {
  file: string
  bytes: number
  /** The bytes in pieces of about a megabyte, from the start. */
  pieces(): AsyncGenerator<Uint8Array>
  /**
   * SHA-256 in hex of the first pass that went through all of the file; where there was none, of an upload as it came,
   * of other files by a pass of its own.
   */
  sha256(): Promise<string>
}

/**
 * Opens a file. One of up to `keptBytes` stays in memory after its first pass, so that it is read once only. `hashed`:
 * its hash will be asked for, so it is taken along on the way. Throws as `sourceBytes`.
 */
export const openSource = async (
  source: FileSource,
  { keptBytes = 0, hashed = false }: { keptBytes?: number; hashed?: boolean } = {},
): Promise<OpenSource> => {
  const bytes = await sourceBytes(source)
  let kept: Uint8Array[] | null = null
  let digest: string | null = null
  async function* pieces(): AsyncGenerator<Uint8Array> {
    if (kept) return yield* kept
    const hash = hashed && digest === null ? createHash('sha256') : null
    const keeping: Uint8Array[] = []
    for await (const piece of readSource(source)) {
      hash?.update(piece)
      if (bytes <= keptBytes) keeping.push(piece)
      yield piece
    }
    digest ??= hash?.digest('hex') ?? null
    if (bytes <= keptBytes) kept = keeping
  }
  return {
    file: source.file,
    bytes,
    pieces,
    sha256: async () => {
      if (digest === null && source.kind === 'sealed') return source.sha256
      if (digest === null) {
        const hash = createHash('sha256')
        for await (const piece of pieces()) hash.update(piece)
        digest = hash.digest('hex')
      }
      return digest
    },
  }
}

/** Size in bytes. Throws `notFound` for a missing file, `invalidInput` for what is no file or cannot be read. */
export const sourceBytes = async (source: FileSource): Promise<number> => {
  if (source.kind === 'bytes') return source.data.length
  if (source.kind === 'sealed') return source.bytes
  try {
    const found = await stat(source.path)
    if (found.isFile()) return found.size
  } catch (error) {
    throw await unreadable(source.file, error)
  }
  throw (await failures()).invalidInput('notAFile', { file: source.file })
}

/** Bytes a sealed piece is longer than what it holds: length, nonce, tag. */
export const sealOverhead = 4 + 12 + 16

/**
 * One sealed piece: length (4 bytes), nonce (12), ciphertext, tag (16), AES-256-GCM; `index` is authenticated, so
 * pieces cannot change places.
 */
async function* readSealed(path: string, key: Uint8Array): AsyncGenerator<Uint8Array> {
  const handle = await open(path, 'r')
  try {
    const head = Buffer.alloc(16)
    let at = 0
    for (let index = 0; ; index++) {
      const { bytesRead } = await handle.read(head, 0, 16, at)
      if (bytesRead === 0) return
      const length = head.readUInt32LE(0)
      const sealed = Buffer.alloc(length + 16)
      const read = await handle.read(sealed, 0, sealed.length, at + 16)
      if (bytesRead < 16 || read.bytesRead < sealed.length) throw new Error('An upload at rest was cut short')
      const decipher = createDecipheriv('aes-256-gcm', key, head.subarray(4, 16))
      decipher.setAAD(pieceLabel(index))
      decipher.setAuthTag(sealed.subarray(length))
      yield Buffer.concat([decipher.update(sealed.subarray(0, length)), decipher.final()])
      at += sealOverhead + length
    }
  } finally {
    await handle.close()
  }
}

export const pieceLabel = (index: number): Buffer => {
  const label = Buffer.alloc(8)
  label.writeUInt32LE(index, 0)
  return label
}

/** `broken`: rows that are there, but fit the header in no way. */
export const emptyFile = async (file: string, broken = 0): Promise<Error> =>
  broken > 0
    ? (await failures()).invalidInput('rowsBroken', { file, broken })
    : (await failures()).invalidInput('emptyFile', { file })

/** Loaded when something fails: the thread that reads files starts a third faster without it. */
const failures = () => import('../../contract/errors.ts')

const unreadable = async (file: string, error: unknown): Promise<unknown> => {
  const { code } = error as NodeJS.ErrnoException
  const { invalidInput, notFound } = await failures()
  if (code === 'ENOENT' || code === 'ENOTDIR') return notFound('file', { file })
  if (code === 'EACCES' || code === 'EPERM') return invalidInput('fileNotReadable', { file })
  if (code === 'EISDIR') return invalidInput('notAFile', { file })
  return error
}
