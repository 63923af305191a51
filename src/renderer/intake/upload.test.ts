import { expect, test } from 'vitest'
import { pieceBytes, uploadFile } from './upload.ts'

const bytesOf = (size: number) => Uint8Array.from({ length: size }, (_, at) => at % 251)

const received = () => {
  const pieces: { upload: string | null; last: boolean; bytes: Blob }[] = []
  let total = 0
  const send = async (piece: { upload: string | null; file: string; bytes: Blob; last: boolean }) => {
    pieces.push(piece)
    total += piece.bytes.size
    return { upload: 'u1', received: total }
  }
  return { pieces, send }
}

test('a file of several pieces arrives whole, in order, with the last one marked', async () => {
  const content = bytesOf(pieceBytes * 2 + 17)
  const { pieces, send } = received()
  const shares: number[] = []
  const upload = await uploadFile(new File([content], 'a.csv'), {
    send: send as never,
    signal: new AbortController().signal,
    onProgress: (share) => shares.push(share),
  })
  expect(upload).toBe('u1')
  expect(pieces.map((piece) => [piece.upload, piece.bytes.size, piece.last])).toEqual([
    [null, pieceBytes, false],
    ['u1', pieceBytes, false],
    ['u1', 17, true],
  ])
  const joined = new Uint8Array(await new Blob(pieces.map((piece) => piece.bytes)).arrayBuffer())
  expect(joined.length === content.length && joined.every((byte, at) => byte === content[at])).toBe(true)
  expect(shares.at(-1)).toBe(1)
})

test('a file of exactly one piece is not followed by an empty one; an empty file is still handed over', async () => {
  for (const [size, count] of [
    [pieceBytes, 1],
    [0, 1],
  ] as const) {
    const { pieces, send } = received()
    await uploadFile(new File([bytesOf(size)], 'a.csv'), {
      send: send as never,
      signal: new AbortController().signal,
      onProgress: () => {},
    })
    expect(pieces.map((piece) => piece.last)).toEqual(Array(count).fill(true))
  }
})

test('cancelling stops the handing over', async () => {
  const controller = new AbortController()
  const { pieces, send } = received()
  const going = uploadFile(new File([bytesOf(pieceBytes * 3)], 'a.csv'), {
    send: send as never,
    signal: controller.signal,
    onProgress: () => controller.abort(),
  })
  await expect(going).rejects.toThrow(/abort/i)
  expect(pieces.length).toBe(1)
})
