import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { BedsideError } from '../../../contract/errors.ts'
import { openSource, readSource, sealOverhead } from '../source.ts'
import { createUploads, type Uploads } from './uploads.ts'

let folder: string
let uploads: Uploads

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bedside-uploads-test-'))
  uploads = createUploads({ folder, mostBytes: 20_000_000, mostUploads: 3 })
})
afterEach(() => {
  uploads.close()
  rmSync(folder, { recursive: true, force: true })
})

const filesIn = (at: string): string[] =>
  readdirSync(at, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? filesIn(join(at, entry.name)) : [join(at, entry.name)],
  )
const bytesOf = async (id: string): Promise<Buffer> => {
  const pieces: Uint8Array[] = []
  for await (const piece of readSource(uploads.open(id))) pieces.push(piece)
  return Buffer.concat(pieces)
}
const reasonOf = async (work: () => unknown): Promise<string> => {
  try {
    await work()
  } catch (error) {
    if (error instanceof BedsideError) return error.failure.reason
    throw error
  }
  return 'nothing was thrown'
}
const secret = Buffer.from('id,name\n1,Margarethe von Beispiel\n'.repeat(50_000))

const send = async (file = 'patients.csv', bytes = secret) => {
  let upload: string | null = null
  for (let at = 0; at < bytes.length; at += 600_000) {
    const piece = bytes.subarray(at, at + 600_000)
    upload = (await uploads.append({ upload, file, bytes: piece, last: at + 600_000 >= bytes.length })).upload
  }
  return upload ?? ''
}

test('an upload that lost its end at rest is not taken for the file that came', async () => {
  const source = uploads.open(await send())
  const known = createHash('sha256').update(secret).digest('hex')
  expect(await (await openSource(source)).sha256()).toBe(known)
  const read = await openSource(source, { hashed: true })
  for await (const piece of read.pieces()) void piece
  expect(await read.sha256()).toBe(known)

  if (source.kind !== 'sealed') throw new Error('An upload is sealed')
  const last = (secret.length % 600_000) + sealOverhead
  truncateSync(source.path, statSync(source.path).size - last)
  const cut = await openSource(source, { hashed: true })
  for await (const piece of cut.pieces()) void piece
  expect(await cut.sha256()).not.toBe(known)
})

test('no patient lies on the disk in clear, and only this user can read what does', async () => {
  const id = await send()
  expect(await bytesOf(id)).toEqual(secret)
  const [path] = filesIn(folder)
  expect(readFileSync(path).includes('Margarethe')).toBe(false)
  expect(readFileSync(path).includes('name')).toBe(false)
  expect(statSync(path).mode & 0o077).toBe(0)
  expect(statSync(join(path, '..')).mode & 0o077).toBe(0)
  expect(path).not.toContain('patients')
})

test('nothing is left after an upload is discarded, or after all is closed', async () => {
  const one = await send()
  await send('two.csv')
  await uploads.discard(one)
  expect(filesIn(folder)).toHaveLength(1)
  expect(await reasonOf(() => uploads.open(one))).toBe('upload')
  uploads.close()
  expect(readdirSync(folder)).toEqual([])
})

test('a file altered on the disk is not imported as if it were whole', async () => {
  const id = await send()
  const [path] = filesIn(folder)
  const bytes = readFileSync(path)
  bytes[bytes.length >> 1] ^= 1
  writeFileSync(path, bytes)
  await expect(bytesOf(id)).rejects.toThrow()
  writeFileSync(path, bytes.subarray(0, 100_000))
  await expect(bytesOf(id)).rejects.toThrow()
})

test('ids cannot be guessed, and an unfinished upload cannot be read', async () => {
  const { upload } = await uploads.append({ upload: null, file: 'a.csv', bytes: Buffer.from('a'), last: false })
  expect(upload.length).toBeGreaterThanOrEqual(32)
  expect(await reasonOf(() => uploads.open(upload))).toBe('uploadUnfinished')
  expect(await reasonOf(() => uploads.open('nonsense'))).toBe('upload')
})

test('limits hold: piece, file, number of files, and no piece after the last', async () => {
  const piece = (bytes: number, upload: string | null = null, last = false) =>
    uploads.append({ upload, file: 'a.csv', bytes: Buffer.alloc(bytes), last })
  expect(await reasonOf(() => piece((4 << 20) + 1))).toBe('pieceTooLarge')
  const { upload } = await piece(4 << 20)
  for (let i = 0; i < 3; i++) await piece(4 << 20, upload)
  expect(await reasonOf(() => piece(4 << 20, upload))).toBe('uploadTooLarge')
  const done = (await piece(5, null, true)).upload
  expect(await reasonOf(() => piece(5, done))).toBe('uploadFinished')
  expect(await bytesOf(done)).toEqual(Buffer.alloc(5))
  await piece(5)
  await piece(5)
  expect(await reasonOf(() => piece(5))).toBe('tooManyUploads')
})

test('a file of this machine is used in place; one that is not there is said', async () => {
  const path = join(folder, 'local.csv')
  writeFileSync(path, 'id\n1\n')
  const id = await uploads.register(path)
  expect((await bytesOf(id)).toString()).toBe('id\n1\n')
  await uploads.discard(id)
  expect(existsSync(path)).toBe(true)
  expect(await reasonOf(() => uploads.register(join(folder, 'no.csv')))).toBe('file')
  expect(await reasonOf(() => uploads.register(folder))).toBe('notAFile')
})

test('what a crash left behind yesterday is swept away, what runs beside is not', async () => {
  const [old, fresh] = ['bedside-uploads-old', 'bedside-uploads-fresh'].map((name) => join(folder, name))
  for (const at of [old, fresh]) mkdirSync(at)
  const yesterday = new Date(Date.now() - 90_000_000)
  utimesSync(old, yesterday, yesterday)
  await send()
  expect(existsSync(old)).toBe(false)
  expect(existsSync(fresh)).toBe(true)
})
