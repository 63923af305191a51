import { decodeArtifact, encodeArtifact, sha256 } from '../learn/artifact.ts'
import { type Column, sharedFloats, sharedIntegers, type Table } from './table.ts'

/** A table as bytes with their SHA-256: what a model was trained on, kept in the vault. */
export const encodeSnapshot = (table: Table): { bytes: Uint8Array; hash: string } => {
  const arrays: Record<string, Float64Array | Int32Array> = { patients: table.patients, encounters: table.encounters }
  const columns = table.columns.map(({ name, kind, unit, levels }, index) => {
    arrays[`column${index}`] = table.columns[index].values
    return { name, kind, unit, levels }
  })
  const bytes = encodeArtifact({ header: { format: 'bedside-snapshot/1', rows: table.rows, columns }, arrays })
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
  const described = header.columns as Omit<Column, 'values'>[]
  return {
    rows: header.rows as number,
    columns: described.map((column, index) => ({ ...column, values: share(arrays[`column${index}`] as Float64Array) })),
    patients: shareIntegers(arrays.patients as Int32Array),
    encounters: shareIntegers(arrays.encounters as Int32Array),
  }
}
