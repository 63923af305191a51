import fc from 'fast-check'
import iconv from 'iconv-lite'
import { expect, test } from 'vitest'
import { createDecoder, createEncodingScan, type Encoding } from './encoding.ts'

const guess = (bytes: Uint8Array, piece = 7) => {
  const scan = createEncodingScan()
  for (let at = 0; at < bytes.length; at += piece) scan.push(bytes.subarray(at, at + piece))
  return scan.finish()
}

const decode = (bytes: Uint8Array, encoding: Encoding, piece: number): string => {
  const decoder = createDecoder(encoding)
  let text = ''
  for (let at = 0; at < bytes.length; at += piece) text += decoder.write(bytes.subarray(at, at + piece))
  return text + decoder.end()
}

const chinese = '姓名,性别,年龄\n张伟,男,45\n欧阳修,女,61\n朱镕基,男,70\n王𠮷,女,33\n'
const german = 'Name;Größe\nMüller;1,78\nJosé Ibáñez;1,80\nÇelik;1,65\n'

test('names from a hospital system in GB18030 are not mangled, wherever a piece of the file ends', () => {
  const bytes = iconv.encode(chinese, 'gb18030')
  expect(guess(bytes)).toMatchObject({ encoding: 'gb18030' })
  for (const piece of [1, 2, 3, 5, 1024]) expect(decode(bytes, 'gb18030', piece)).toBe(chinese)
})

test('umlauts from Excel in Windows-1252 are not taken for Chinese', () => {
  const bytes = iconv.encode(german, 'windows-1252')
  expect(guess(bytes)).toMatchObject({ encoding: 'windows-1252', malformed: 0 })
  expect(decode(bytes, 'windows-1252', 3)).toBe(german)
})

test.each([
  ['utf-8', false],
  ['utf-8', true],
  ['utf-16le', true],
  ['utf-16be', true],
  ['utf-16le', false],
  ['utf-16be', false],
] as const)(
  '%s, byte order mark %s, is recognised and its mark is not part of the first column name',
  (encoding, mark) => {
    for (const text of [german, chinese]) {
      const bytes = iconv.encode(text, encoding, { addBOM: mark })
      expect(guess(bytes)).toMatchObject({ encoding, marked: mark, malformed: 0 })
      for (const piece of [1, 2, 5, 4096]) expect(decode(bytes, encoding, piece)).toBe(text)
    }
  },
)

test('one Latin-1 name at the end of a long UTF-8 file does not slip through', () => {
  const rows = Array.from({ length: 200_000 }, (_, i) => `${i},Müller\n`).join('')
  const bytes = Buffer.concat([Buffer.from(rows), Buffer.from([0x39, 0x2c, 0x4d, 0xfc, 0x6c, 0x0a])])
  const found = guess(bytes, 65536)
  expect(found).toMatchObject({ encoding: 'utf-8', certain: false, malformed: 1 })
  expect(decode(bytes, 'utf-8', 65536).slice(-5)).toBe('M\uFFFDl\n'.padStart(5, ','))
})

test('an ASCII file with one late Latin-1 byte is not declared valid UTF-8', () => {
  const bytes = Buffer.concat([Buffer.from('id,name\n'.repeat(50_000)), Buffer.from('1,Ren\xe9,\n', 'latin1')])
  expect(guess(bytes, 4096)).toMatchObject({ encoding: 'windows-1252', certain: false })
})

test('malformed bytes become the replacement character in every encoding, never a plausible letter', () => {
  expect(decode(Buffer.from([0x61, 0xff, 0x62]), 'utf-8', 1)).toBe('a\uFFFDb')
  expect(decode(Buffer.from([0x61, 0xe4, 0xbd]), 'utf-8', 1)).toContain('\uFFFD')
  expect(decode(Buffer.from([0x61, 0x81, 0x62]), 'windows-1252', 1)).toBe('a\uFFFDb')
  expect(decode(Buffer.from([0x61, 0xb0, 0x2c, 0x62]), 'gb18030', 1)).toBe('a\uFFFD,b')
  expect(decode(Buffer.from([0x61, 0x00, 0x00, 0xd8, 0x62, 0x00]), 'utf-16le', 1)).toBe('a\uFFFDb')
  expect(decode(Buffer.from([0x61, 0x00, 0x62]), 'utf-16le', 1)).toBe('a\uFFFD')
})

test('malformed GB18030 never swallows a comma or a line ending, wherever a piece of the file ends', () => {
  const bytes = fc.array(
    fc.oneof(fc.constantFrom(0x2c, 0x0a, 0x22, 0x31, 0x61), fc.integer({ min: 0x80, max: 0xff })),
    {
      maxLength: 40,
    },
  )
  fc.assert(
    fc.property(bytes, fc.integer({ min: 1, max: 7 }), (given, piece) => {
      const whole = new TextDecoder('gb18030').decode(Uint8Array.from(given))
      const text = decode(Uint8Array.from(given), 'gb18030', piece)
      expect(text.replace(/[^,\n"]/g, '')).toBe(whole.replace(/[^,\n"]/g, ''))
    }),
    { numRuns: 2000 },
  )
})
