import { invalidInput } from '../../contract/errors.ts'
import { canonicalJson } from './digest.ts'

export { sha256 } from './digest.ts'

/** What fitting leaves: JSON and typed arrays, nothing executable. */
export interface ModelState {
  header: Record<string, unknown>
  arrays: Record<string, Float64Array | Float32Array | Int32Array | Uint32Array | Uint16Array | Uint8Array>
}

const arrayTypes = {
  float64: Float64Array,
  float32: Float32Array,
  int32: Int32Array,
  uint32: Uint32Array,
  uint16: Uint16Array,
  uint8: Uint8Array,
} as const
type ArrayType = keyof typeof arrayTypes

const typeOf = (array: ModelState['arrays'][string]): ArrayType => {
  for (const [name, made] of Object.entries(arrayTypes)) if (array instanceof made) return name as ArrayType
  throw new TypeError('not an array type of a model artifact')
}

const magic = 'BEDSIDE-MODEL-1\n'
const align = (n: number) => (n + 7) & ~7

/**
 * Model artifact as bytes: 16 bytes of magic, the length of the JSON header (uint32, little-endian), the header
 * (canonical JSON, UTF-8), then each array at a multiple of 8 bytes from the start, little-endian.
 */
export const encodeArtifact = (state: ModelState): Uint8Array => {
  const names = Object.keys(state.arrays).sort()
  const layout: Record<string, { type: ArrayType; length: number; offset: number }> = {}
  let offset = 0
  for (const name of names) {
    const array = state.arrays[name]
    layout[name] = { type: typeOf(array), length: array.length, offset }
    offset = align(offset + array.byteLength)
  }
  const header = Buffer.from(canonicalJson({ ...state.header, arrays: layout }), 'utf8')
  const start = align(magic.length + 4 + header.length)
  const bytes = new Uint8Array(start + offset)
  bytes.set(Buffer.from(magic, 'latin1'), 0)
  new DataView(bytes.buffer).setUint32(magic.length, header.length, true)
  bytes.set(header, magic.length + 4)
  for (const name of names) {
    const array = state.arrays[name]
    bytes.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), start + layout[name].offset)
  }
  return bytes
}

/** Reads an artifact; throws `invalidInput` where the bytes are not one or are cut short. */
export const decodeArtifact = (bytes: Uint8Array): ModelState => {
  const bad = (what: string) => invalidInput('badArtifact', { what })
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.length < magic.length + 4 || Buffer.from(bytes.subarray(0, magic.length)).toString('latin1') !== magic)
    throw bad('it does not begin with its mark')
  const length = view.getUint32(magic.length, true)
  const start = align(magic.length + 4 + length)
  if (start > bytes.length) throw bad('its header is cut short')
  let header: Record<string, unknown>
  try {
    header = JSON.parse(Buffer.from(bytes.subarray(magic.length + 4, magic.length + 4 + length)).toString('utf8'))
  } catch {
    throw bad('its header is not JSON')
  }
  const layout = header.arrays as Record<string, { type: ArrayType; length: number; offset: number }>
  const arrays: ModelState['arrays'] = {}
  for (const [name, { type, length: count, offset }] of Object.entries(layout ?? {})) {
    const made = arrayTypes[type]
    if (!made) throw bad(`array ${name} has an unknown type`)
    const size = count * made.BYTES_PER_ELEMENT
    if (start + offset + size > bytes.length) throw bad(`array ${name} is cut short`)
    const copy = new Uint8Array(size)
    copy.set(bytes.subarray(start + offset, start + offset + size))
    arrays[name] = new made(copy.buffer)
  }
  const { arrays: _layout, ...rest } = header
  return { header: rest, arrays }
}
