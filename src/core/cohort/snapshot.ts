import { decodeArtifact, encodeArtifact, sha256 } from '../numbers/bytes.ts'
import type { Grids, Sequences } from './matrix.ts'
import { type Column, sharedFloats, sharedIntegers, type Table } from './table.ts'

/** A table as bytes with their SHA-256: what a model was trained on, kept in the vault. */
export const encodeSnapshot = (table: Table): { bytes: Uint8Array; hash: string } => {
  const arrays: Record<string, Float64Array | Float32Array | Int32Array> = {
    patients: table.patients,
    encounters: table.encounters,
  }
  const columns = table.columns.map(({ name, kind, unit, levels }, index) => {
    arrays[`column${index}`] = table.columns[index].values
    return { name, kind, unit, levels }
  })
  const { sequences, grids } = table
  if (sequences) {
    arrays.sequenceOffsets = sequences.offsets
    arrays.sequenceTimes = sequences.times
    arrays.sequenceValues = sequences.values
  }
  if (grids) arrays.grids = grids.values
  const header = {
    format: 'bedside-snapshot/1',
    rows: table.rows,
    columns,
    ...(sequences ? { sequences: sequences.channels } : {}),
    ...(grids ? { grids: { height: grids.height, width: grids.width, channels: grids.channels } } : {}),
  }
  const bytes = encodeArtifact({ header, arrays })
  return { bytes, hash: sha256(bytes) }
}

export const decodeSnapshot = (bytes: Uint8Array): Table => {
  const { header, arrays } = decodeArtifact(bytes)
  const share = (values: Float64Array) => {
    const shared = sharedFloats(values.length)
    shared.set(values)
    return shared
  }
  const shareIntegers = (values: Int32Array) => {
    const shared = sharedIntegers(values.length)
    shared.set(values)
    return shared
  }
  const sharePixels = (values: Float32Array) => {
    const shared = new Float32Array(new SharedArrayBuffer(values.byteLength))
    shared.set(values)
    return shared
  }
  const channels = header.sequences as Sequences['channels'] | undefined
  const grids = header.grids as Omit<Grids, 'values'> | undefined
  const described = header.columns as Omit<Column, 'values'>[]
  return {
    rows: header.rows as number,
    columns: described.map((column, index) => ({ ...column, values: share(arrays[`column${index}`] as Float64Array) })),
    patients: shareIntegers(arrays.patients as Int32Array),
    encounters: shareIntegers(arrays.encounters as Int32Array),
    ...(channels
      ? {
          sequences: {
            channels,
            offsets: shareIntegers(arrays.sequenceOffsets as Int32Array),
            times: share(arrays.sequenceTimes as Float64Array),
            values: share(arrays.sequenceValues as Float64Array),
          },
        }
      : {}),
    ...(grids ? { grids: { ...grids, values: sharePixels(arrays.grids as Float32Array) } } : {}),
  }
}
