import { createCipheriv, createHash, type Hash, randomBytes } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { type FileHandle, open, rm } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { dayMilliseconds } from '../../../contract/days.ts'
import { conflict, invalidInput, notFound } from '../../../contract/errors.ts'
import { Mutex } from '../../async.ts'
import { type FileSource, pieceLabel, sourceBytes } from '../source.ts'

export interface Uploads {
  /**
   * Takes the next piece of a file; `upload` null starts one. Pieces of one upload come one after another. `last`
   * closes the file. Throws `invalidInput` (`pieceTooLarge`, `uploadTooLarge`), `conflict` (`tooManyUploads`,
   * `uploadFinished`).
   */
  append(piece: { upload: string | null; file: string; bytes: Uint8Array; last: boolean }): Promise<{
    upload: string
    received: number
  }>
  /** Names a file that is on this machine already, without copying it. Throws `notFound`, `invalidInput`. */
  register(path: string): Promise<string>
  /** The upload's bytes, to read as often as needed. Throws `notFound`, `conflict` (`uploadUnfinished`). */
  open(upload: string): FileSource
  discard(upload: string): Promise<void>
  /** Deletes all that was uploaded. Call on lock and on exit. */
  close(): void
}

export interface UploadsOptions {
  /** Folder to make the private one in. */
  folder: string
  mostBytes?: number
  mostUploads?: number
}

const prefix = 'bedside-uploads-'
const mostPieceBytes = 4 << 20

/**
 * Files on their way in. They hold patient data, so nothing of them lies on the disk in clear: each piece is encrypted
 * with a random key per upload that is in this process's memory alone. What a crash leaves behind cannot be read by
 * anyone; a discarded upload is deleted, and so is everything on `close`.
 */
export const createUploads = ({ folder, mostBytes = 4 * 2 ** 30, mostUploads = 32 }: UploadsOptions): Uploads => {
  interface Upload {
    source: FileSource
    handle: FileHandle | null
    hash: Hash
    pieces: number
    finished: boolean
    /** Its pieces, in the order they came. */
    queue: Mutex
  }
  const uploads = new Map<string, Upload>()
  let privateFolder: string | null = null

  const makeFolder = (): string => {
    if (privateFolder === null || !existsSync(privateFolder)) {
      mkdirSync(folder, { recursive: true, mode: 0o700 })
      sweep(folder)
      privateFolder = mkdtempSync(join(folder, prefix))
      chmodSync(privateFolder, 0o700)
    }
    return privateFolder
  }

  const find = (id: string): Upload => {
    const upload = uploads.get(id)
    if (!upload) throw notFound('upload')
    return upload
  }

  const add = (source: FileSource, handle: FileHandle | null): string => {
    const id = randomBytes(24).toString('base64url')
    uploads.set(id, {
      ...{ source, handle, pieces: 0, finished: handle === null, queue: new Mutex() },
      hash: createHash('sha256'),
    })
    return id
  }

  const begin = async (file: string): Promise<string> => {
    if (uploads.size >= mostUploads) throw conflict('tooManyUploads', { most: mostUploads })
    const path = join(makeFolder(), randomBytes(16).toString('hex'))
    const handle = await open(path, 'wx', 0o600)
    return add(
      { kind: 'sealed', file: basename(file) || file, path, key: randomBytes(32), bytes: 0, sha256: '' },
      handle,
    )
  }

  const write = async (upload: Upload, bytes: Uint8Array, last: boolean): Promise<number> => {
    const { source, handle } = upload
    if (source.kind !== 'sealed' || handle === null || upload.finished) throw conflict('uploadFinished')
    if (source.bytes + bytes.length > mostBytes)
      throw invalidInput('uploadTooLarge', { most: Math.floor(mostBytes / 2 ** 20) })
    if (bytes.length > 0) {
      await handle.appendFile(seal(bytes, source.key, upload.pieces++))
      source.bytes += bytes.length
      upload.hash.update(bytes)
    }
    if (last) {
      upload.finished = true
      upload.handle = null
      source.sha256 = upload.hash.digest('hex')
      await handle.close()
    }
    return source.bytes
  }

  const forget = async (upload: Upload): Promise<void> => {
    if (upload.source.kind !== 'sealed') return
    await upload.queue.run(() => {})
    await upload.handle?.close().catch(() => {})
    upload.source.key.fill(0)
    await rm(upload.source.path, { force: true })
  }

  return {
    append: async ({ upload: given, file, bytes, last }) => {
      if (bytes.length > mostPieceBytes) throw invalidInput('pieceTooLarge', { most: mostPieceBytes })
      const id = given ?? (await begin(file))
      const upload = find(id)
      try {
        return { upload: id, received: await upload.queue.run(() => write(upload, bytes, last)) }
      } catch (error) {
        // A piece too many does no harm to a file that is complete; any other fault leaves one that never will be.
        if (!upload.finished) {
          uploads.delete(id)
          await forget(upload)
        }
        throw error
      }
    },
    register: async (path) => {
      const source: FileSource = { kind: 'path', file: basename(path), path: resolve(path) }
      await sourceBytes(source)
      return add(source, null)
    },
    open: (id) => {
      const { source, finished } = find(id)
      if (!finished) throw conflict('uploadUnfinished', { file: source.file })
      return { ...source }
    },
    discard: async (id) => {
      const upload = uploads.get(id)
      uploads.delete(id)
      if (upload) await forget(upload)
    },
    close: () => {
      for (const { source, handle } of uploads.values()) {
        handle?.close().catch(() => {})
        if (source.kind === 'sealed') source.key.fill(0)
      }
      uploads.clear()
      if (privateFolder !== null) rmSync(privateFolder, { recursive: true, force: true })
      privateFolder = null
    },
  }
}

/** Removes what a crash left a day ago or longer; younger folders may be another running Bedside's. */
const sweep = (folder: string): void => {
  for (const name of readdirSync(folder)) {
    if (!name.startsWith(prefix)) continue
    const path = join(folder, name)
    try {
      if (Date.now() - statSync(path).mtimeMs > dayMilliseconds) rmSync(path, { recursive: true, force: true })
    } catch {
      // Another user's, or gone already: not ours to remove.
    }
  }
}

const seal = (bytes: Uint8Array, key: Uint8Array, index: number): Buffer => {
  const nonce = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', key, nonce)
  cipher.setAAD(pieceLabel(index))
  const length = Buffer.alloc(4)
  length.writeUInt32LE(bytes.length)
  const sealed = Buffer.concat([cipher.update(bytes), cipher.final()])
  return Buffer.concat([length, nonce, sealed, cipher.getAuthTag()])
}
