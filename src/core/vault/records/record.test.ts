import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ConceptKind } from '../../../contract/values.ts'
import { decodeRecord, decodeRecords, encodeRecord } from './record.ts'

const kinds: ConceptKind[] = ['number', 'integer', 'boolean', 'category', 'date', 'text']

/** Doubles of all sorts, decimals as laboratories write them, and nothing. */
const anyValue = fc.oneof(
  fc.double(),
  fc.integer(),
  fc.constantFrom(0, -0, 1, 255, 256, -1, -32768, 32767, 32768, -2147483648, 2147483647, 2147483648, Number.NaN),
  fc.constantFrom(Number.MAX_VALUE, Number.MIN_VALUE, Number.POSITIVE_INFINITY, 2 ** 53, 0.1 + 0.2, 25.5, 25.6),
  fc.tuple(fc.integer({ min: -(10 ** 7), max: 10 ** 7 }), fc.integer({ min: 0, max: 6 })).map(([n, d]) => n / 10 ** d),
)

const anyCase = fc.array(
  fc.record({
    kind: fc.constantFrom(...kinds),
    value: anyValue,
    text: fc.option(fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('', '肝硬化', 'x'.repeat(5000)))),
    raw: fc.option(fc.string({ unit: 'grapheme' }), { freq: 3 }),
  }),
  { maxLength: 40 },
)

test('a case comes back from the vault with the very numbers and texts that went in', () => {
  fc.assert(
    fc.property(anyCase, (fields) => {
      const form = { kinds: fields.map(({ kind }) => kind) }
      const packed = encodeRecord(
        form,
        fields.map(({ value }) => value),
        fields.map(({ text }) => text),
        fields.map(({ raw }) => raw),
      )
      const { values, texts, raws } = decodeRecord(form, packed)
      fields.forEach(({ kind, value, text, raw }, field) => {
        expect(Object.is(values[field], kind === 'text' ? Number.NaN : value)).toBe(true)
        expect(texts[field]).toBe(kind === 'text' ? text : null)
        expect(raws[field]).toBe(raw)
      })
    }),
    { numRuns: 500 },
  )
})

test('columns read from many records at once are those of each record, also of some columns only', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 12 }),
      fc.integer({ min: 1, max: 20 }),
      fc.infiniteStream(anyValue),
      fc.nat(),
      (fields, rows, stream, skip) => {
        const form = { kinds: Array.from({ length: fields }, (_, at) => kinds[at % kinds.length]) }
        const cases = Array.from({ length: rows }, () =>
          Array.from({ length: fields }, () => stream.next().value as number),
        )
        const packed = cases.map((values, row) =>
          encodeRecord(form, values, values.map(String), row % 2 ? ['raw'] : null),
        )
        const columns = form.kinds.map((_, field) => (field === skip % fields ? null : new Float64Array(rows + 3)))
        decodeRecords(form, Buffer.concat(packed), rows, columns, 3)
        columns.forEach((column, field) => {
          if (!column) return
          for (let row = 0; row < rows; row++)
            expect(Object.is(column[row + 3], form.kinds[field] === 'text' ? Number.NaN : cases[row][field])).toBe(true)
        })
      },
    ),
  )
})

test('a number with the decimals of a laboratory takes a few bytes, not eight', () => {
  const form = { kinds: Array<ConceptKind>(10).fill('number') }
  const packed = encodeRecord(form, [14.5, 261, 2.6, 156, 1718, 137.95, 172, 190, 12.2, 4])
  expect(packed.length).toBeLessThan(1 + 5 + 10 * 2)
})

test('a record that is cut short or lengthened is told, not read as other values', () => {
  const form = { kinds: ['number', 'text', 'number'] as ConceptKind[] }
  const packed = encodeRecord(form, [0.1 + 0.2, Number.NaN, 7e300], [null, 'ascites', null], ['0,3', null, null])
  for (let length = 0; length < packed.length; length++)
    expect(() => decodeRecord(form, packed.subarray(0, length))).toThrow(RangeError)
  expect(() => decodeRecord(form, Buffer.concat([packed, packed]))).toThrow(RangeError)
  expect(() => decodeRecord(form, Buffer.from([0x20, 0, 0]))).toThrow(RangeError)
})
