import type { ConceptKind } from '../../../contract/values.ts'

/**
 * The packed record of one case: one field a concept of the form, in order.
 *
 *     byte 0          0x10, plus 1 where extras follow
 *     ceil(n / 2)     a 4-bit code a field, the lower half of a byte first: how the value is written
 *     values          little-endian, of the width the code says
 *     extras          length in bytes (varint), then entries: field * 2 + (0 text, 1 raw) (varint),
 *                     length (varint), UTF-8
 *
 * A number is written in the fewest bytes that give back the very same double: integers, decimals as an integer over a
 * power of ten (an exact quotient rounds to the double the decimal text parses to), else binary32 or binary64.
 * No key is needed: worker threads encode.
 */
export interface RecordForm {
  kinds: readonly ConceptKind[]
}

export type SparseTexts = ArrayLike<string | null | undefined> | null | undefined

const version = 0x10
const missing = 0
const zero = 1
const one = 2
const byte = 3
const short = 4
const long = 5
const byteTenths = 6
const shortTenths = 7
const shortHundredths = 8
const longHundredths = 9
const longThousandths = 10
const single = 11
const double = 12
const text = 13
const byteHundredths = 14
const longHundredThousandths = 15
const widths = Uint8Array.of(0, 0, 0, 1, 2, 4, 1, 2, 2, 4, 4, 4, 8, 0, 1, 4)

const utf8 = new TextEncoder()
const fromUtf8 = new TextDecoder('utf-8', { fatal: false, ignoreBOM: true })
let scratch = new Uint8Array(4096)
let view = new DataView(scratch.buffer)

const grow = (needed: number): void => {
  if (needed <= scratch.length) return
  const larger = new Uint8Array(Math.max(needed, scratch.length * 2))
  larger.set(scratch)
  scratch = larger
  view = new DataView(scratch.buffer)
}

/**
 * Packs a case. `values`: one double a field, NaN missing; a category as its level's index, a boolean as 0 or 1, a date
 * as days since 1970-01-01; ignored for text fields. `texts`: the text of text fields. `raws`: the text as it stood in
 * the file, only where the normalised value does not read the same.
 */
export const encodeRecord = (
  { kinds }: RecordForm,
  values: ArrayLike<number>,
  texts?: SparseTexts,
  raws?: SparseTexts,
): Uint8Array => {
  const fields = kinds.length
  const codes = 1
  let at = 1 + ((fields + 1) >> 1)
  grow(at + fields * 8)
  scratch[0] = version
  scratch.fill(0, 1, at)
  let extras = 0
  for (let field = 0; field < fields; field++) {
    let code = missing
    if (kinds[field] === 'text') {
      const written = texts?.[field]
      if (written !== null && written !== undefined) {
        code = text
        extras++
      }
    } else {
      const value = values[field]
      code = codeOf(value)
      switch (code) {
        case byte:
          scratch[at] = value
          break
        case short:
          view.setInt16(at, value, true)
          break
        case long:
          view.setInt32(at, value, true)
          break
        case byteTenths:
          scratch[at] = Math.round(value * 10)
          break
        case shortTenths:
          view.setInt16(at, Math.round(value * 10), true)
          break
        case byteHundredths:
          scratch[at] = Math.round(value * 100)
          break
        case shortHundredths:
          view.setInt16(at, Math.round(value * 100), true)
          break
        case longHundredths:
          view.setInt32(at, Math.round(value * 100), true)
          break
        case longThousandths:
          view.setInt32(at, Math.round(value * 1000), true)
          break
        case longHundredThousandths:
          view.setInt32(at, Math.round(value * 100000), true)
          break
        case single:
          view.setFloat32(at, value, true)
          break
        case double:
          view.setFloat64(at, value, true)
          break
      }
      at += widths[code]
    }
    if (raws && raws[field] !== null && raws[field] !== undefined) extras++
    scratch[codes + (field >> 1)] |= field & 1 ? code << 4 : code
  }
  if (extras > 0) {
    scratch[0] |= 1
    const entries: Uint8Array[] = []
    let length = 0
    const add = (field: number, raw: 0 | 1, written: string) => {
      const bytes = utf8.encode(written)
      const head = Uint8Array.from([...varint(field * 2 + raw), ...varint(bytes.length)])
      entries.push(head, bytes)
      length += head.length + bytes.length
    }
    for (let field = 0; field < fields; field++) {
      const written = kinds[field] === 'text' ? texts?.[field] : null
      if (written !== null && written !== undefined) add(field, 0, written)
      const raw = raws?.[field]
      if (raw !== null && raw !== undefined) add(field, 1, raw)
    }
    const head = varint(length)
    grow(at + head.length + length)
    for (const entry of [head, ...entries]) {
      scratch.set(entry, at)
      at += entry.length
    }
  }
  return scratch.slice(0, at)
}

export interface DecodedRecord {
  /** NaN: not recorded, or a text field. */
  values: Float64Array
  texts: (string | null)[]
  raws: (string | null)[]
}

export const decodeRecord = (form: RecordForm, bytes: Uint8Array): DecodedRecord => {
  const fields = form.kinds.length
  const values = new Float64Array(fields)
  const texts = new Array<string | null>(fields).fill(null)
  const raws = new Array<string | null>(fields).fill(null)
  const targets = Array.from({ length: fields }, (_, field) => values.subarray(field, field + 1))
  decodeRecords(form, bytes, 1, targets, 0, (_row, field, isRaw, written) => {
    if (isRaw) raws[field] = written
    else texts[field] = written
  })
  return { values, texts, raws }
}

export type ExtraSink = (row: number, field: number, isRaw: boolean, written: string) => void

/**
 * Unpacks `count` records that lie one after another in `bytes` into columns: `targets[field][at + i]` takes record i's
 * value (NaN missing); fields whose target is null are skipped. Texts and raws go to `onExtra`, where given.
 */
export const decodeRecords = (
  { kinds }: RecordForm,
  bytes: Uint8Array,
  count: number,
  targets: readonly (Float64Array | null)[],
  at: number,
  onExtra?: ExtraSink,
): void => {
  const fields = kinds.length
  const codeBytes = (fields + 1) >> 1
  const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let next = 0
  for (let row = at; row < at + count; row++) {
    const head = bytes[next]
    if ((head & 0xfe) !== version) throw malformed()
    const codes = next + 1
    let p = codes + codeBytes
    for (let field = 0; field < fields; field++) {
      const pair = bytes[codes + (field >> 1)]
      const code = field & 1 ? pair >> 4 : pair & 15
      const target = targets[field]
      if (target === null) {
        p += widths[code]
        continue
      }
      switch (code) {
        case zero:
          target[row] = 0
          break
        case one:
          target[row] = 1
          break
        case byte:
          target[row] = bytes[p]
          p += 1
          break
        case short:
          target[row] = ((bytes[p] | (bytes[p + 1] << 8)) << 16) >> 16
          p += 2
          break
        case long:
          target[row] = bytes[p] | (bytes[p + 1] << 8) | (bytes[p + 2] << 16) | (bytes[p + 3] << 24)
          p += 4
          break
        case byteTenths:
          target[row] = bytes[p] / 10
          p += 1
          break
        case shortTenths:
          target[row] = (((bytes[p] | (bytes[p + 1] << 8)) << 16) >> 16) / 10
          p += 2
          break
        case byteHundredths:
          target[row] = bytes[p] / 100
          p += 1
          break
        case shortHundredths:
          target[row] = (((bytes[p] | (bytes[p + 1] << 8)) << 16) >> 16) / 100
          p += 2
          break
        case longHundredths:
          target[row] = (bytes[p] | (bytes[p + 1] << 8) | (bytes[p + 2] << 16) | (bytes[p + 3] << 24)) / 100
          p += 4
          break
        case longThousandths:
          target[row] = (bytes[p] | (bytes[p + 1] << 8) | (bytes[p + 2] << 16) | (bytes[p + 3] << 24)) / 1000
          p += 4
          break
        case longHundredThousandths:
          target[row] = (bytes[p] | (bytes[p + 1] << 8) | (bytes[p + 2] << 16) | (bytes[p + 3] << 24)) / 100000
          p += 4
          break
        case single:
          if (p + 4 > bytes.length) throw malformed()
          target[row] = data.getFloat32(p, true)
          p += 4
          break
        case double:
          if (p + 8 > bytes.length) throw malformed()
          target[row] = data.getFloat64(p, true)
          p += 8
          break
        default:
          target[row] = Number.NaN
      }
    }
    next = head & 1 ? readExtras(bytes, p, fields, row, onExtra) : p
    if (next > bytes.length) throw malformed()
  }
  if (next !== bytes.length) throw malformed()
}

const malformed = () => new RangeError('A packed case record does not fit its form.')

const readExtras = (
  bytes: Uint8Array,
  start: number,
  fields: number,
  row: number,
  onExtra: ExtraSink | undefined,
): number => {
  let p = start
  const read = (): number => {
    let value = 0
    for (let shift = 1; ; shift *= 128) {
      if (p >= bytes.length || shift > 2 ** 42) throw malformed()
      const piece = bytes[p++]
      value += (piece & 127) * shift
      if (piece < 128) return value
    }
  }
  const length = read()
  const end = p + length
  if (end > bytes.length) throw malformed()
  if (!onExtra) return end
  while (p < end) {
    const tag = read()
    const size = read()
    const field = tag >> 1
    if (p + size > end || field >= fields) throw malformed()
    onExtra(row, field, (tag & 1) === 1, fromUtf8.decode(bytes.subarray(p, p + size)))
    p += size
  }
  return end
}

const varint = (value: number): number[] => {
  const bytes: number[] = []
  let rest = value
  while (rest >= 128) {
    bytes.push((rest % 128) | 128)
    rest = Math.floor(rest / 128)
  }
  bytes.push(rest)
  return bytes
}

const codeOf = (value: number): number => {
  if (Number.isInteger(value)) {
    if (value === 0) return Object.is(value, -0) ? double : zero
    if (value === 1) return one
    if (value > 0 && value < 256) return byte
    if (value >= -32768 && value < 32768) return short
    if (value >= -2147483648 && value < 2147483648) return long
  } else if (Number.isNaN(value)) return missing
  else if (value > -21474836 && value < 21474836) {
    const tenths = Math.round(value * 10)
    if (tenths / 10 === value) {
      if (tenths > 0 && tenths < 256) return byteTenths
      if (tenths >= -32768 && tenths < 32768) return shortTenths
      return longHundredths
    }
    const hundredths = Math.round(value * 100)
    if (hundredths / 100 === value) {
      if (hundredths > 0 && hundredths < 256) return byteHundredths
      return hundredths >= -32768 && hundredths < 32768 ? shortHundredths : longHundredths
    }
    if (value > -2147483 && value < 2147483 && Math.round(value * 1000) / 1000 === value) return longThousandths
    if (value > -21474 && value < 21474 && Math.round(value * 100000) / 100000 === value) return longHundredThousandths
  }
  return Math.fround(value) === value ? single : double
}
