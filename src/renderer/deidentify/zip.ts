/**
 * Files as one ZIP archive (PKWARE APPNOTE 6.3.10), deflated by the browser, so that what belongs together is saved
 * together. Names are ASCII or UTF-8; an archive stays below 4 GiB and 65,535 files, beyond which it throws a
 * RangeError.
 */
export const zip = async (files: readonly { name: string; content: Blob }[], moment = new Date()): Promise<Blob> => {
  const parts: BlobPart[] = []
  const directory: Uint8Array<ArrayBuffer>[] = []
  let offset = 0
  for (const { name, content } of files) {
    const path = new TextEncoder().encode(name)
    const crc = await crc32(content)
    const packed = await new Response(content.stream().pipeThrough(new CompressionStream('deflate-raw'))).blob()
    if (Math.max(content.size, packed.size, offset) > 0xffff_ffff - 65_536 || files.length > 0xffff)
      throw new RangeError('The archive would be larger than a ZIP file can be.')
    const facts = (header: DataView, at: number) => {
      header.setUint16(at, 20, true)
      header.setUint16(at + 2, utf8Names, true)
      header.setUint16(at + 4, deflated, true)
      header.setUint16(at + 6, timeOf(moment), true)
      header.setUint16(at + 8, dateOf(moment), true)
      header.setUint32(at + 10, crc, true)
      header.setUint32(at + 14, packed.size, true)
      header.setUint32(at + 18, content.size, true)
      header.setUint16(at + 22, path.length, true)
    }
    const local = new DataView(new ArrayBuffer(30))
    local.setUint32(0, 0x0403_4b50, true)
    facts(local, 4)
    const central = new DataView(new ArrayBuffer(46))
    central.setUint32(0, 0x0201_4b50, true)
    central.setUint16(4, 20, true)
    facts(central, 6)
    central.setUint32(42, offset, true)
    parts.push(local.buffer, path, packed)
    directory.push(new Uint8Array(central.buffer), path)
    offset += 30 + path.length + packed.size
  }
  const size = directory.reduce((sum, { length }) => sum + length, 0)
  const end = new DataView(new ArrayBuffer(22))
  end.setUint32(0, 0x0605_4b50, true)
  end.setUint16(8, files.length, true)
  end.setUint16(10, files.length, true)
  end.setUint32(12, size, true)
  end.setUint32(16, offset, true)
  return new Blob([...parts, ...directory, end.buffer], { type: 'application/zip' })
}

const utf8Names = 0x0800
const deflated = 8
const timeOf = (at: Date) => (at.getHours() << 11) | (at.getMinutes() << 5) | (at.getSeconds() >> 1)
const dateOf = (at: Date) => ((at.getFullYear() - 1980) << 9) | ((at.getMonth() + 1) << 5) | at.getDate()

const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb8_8320 : value >>> 1
  return value
})

/** CRC-32 (ISO 3309) of a file, piece by piece. */
const crc32 = async (content: Blob): Promise<number> => {
  let crc = 0xffff_ffff
  const reader = content.stream().getReader()
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return (crc ^ 0xffff_ffff) >>> 0
    for (const byte of value) crc = (crc >>> 8) ^ (table[(crc ^ byte) & 0xff] ?? 0)
  }
}
