import { expect, test } from 'vitest'
import { zip } from './zip.ts'

/** The archive read back from the directory at its end, as unpacking programs do. */
const unzip = async (archive: Blob) => {
  const view = new DataView(await archive.arrayBuffer())
  const text = (at: number, length: number) => new TextDecoder().decode(new Uint8Array(view.buffer, at, length))
  const end = view.byteLength - 22
  expect(view.getUint32(end, true)).toBe(0x0605_4b50)
  let at = view.getUint32(end + 16, true)
  const files: { name: string; content: string; crc: number }[] = []
  for (let left = view.getUint16(end + 10, true); left > 0; left--) {
    expect(view.getUint32(at, true)).toBe(0x0201_4b50)
    const length = view.getUint16(at + 28, true)
    const local = view.getUint32(at + 42, true)
    expect(view.getUint32(local, true)).toBe(0x0403_4b50)
    const start = local + 30 + view.getUint16(local + 26, true) + view.getUint16(local + 28, true)
    const packed = archive.slice(start, start + view.getUint32(at + 20, true))
    const content = await new Response(packed.stream().pipeThrough(new DecompressionStream('deflate-raw'))).blob()
    expect(content.size).toBe(view.getUint32(at + 24, true))
    files.push({ name: text(at + 46, length), content: await content.text(), crc: view.getUint32(at + 16, true) })
    at += 46 + length
  }
  expect(at).toBe(end)
  return files
}

test('an export of several files arrives whole, in any program that reads ZIP', async () => {
  const long = 'pseudonym,age\r\n'.repeat(20_000)
  const files: [string, string][] = [
    ['cases.csv', long],
    ['空.csv', ''],
    ['report.json', '{"k": 5}'],
  ]
  const archive = await zip(files.map(([name, text]) => ({ name, content: new Blob([text]) })))
  expect((await unzip(archive)).map(({ name, content }) => [name, content])).toEqual(files)
  expect(archive.size).toBeLessThan(long.length / 20)
})

test('an archive that was damaged on its way is noticed: each file carries the CRC-32 that unpacking programs expect', async () => {
  // The check value of CRC-32/ISO-HDLC.
  const [file] = await unzip(await zip([{ name: 'check', content: new Blob(['123456789']) }]))
  expect(file?.crc).toBe(0xcbf4_3926)
})
