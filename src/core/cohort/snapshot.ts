import { decodeArtifact, encodeArtifact, sha256 } from '../numbers/bytes.ts'
import type { Grids, Sequences } from './matrix.ts'
import { type Column, sharedFloats, sharedIntegers, type Table } from './table.ts'

/** The vault's numbers of each row's patient and encounter. Another vault has other numbers for the same cases. */
export interface VaultRows {
  patients: Int32Array
  encounters: Int32Array
}

/**
 * A table without the vault's numbers, and these by themselves: patients count from 1 in the order of their first row,
 * which says as well who has several rows, and encounters are 0. The same cases give the same table in every vault.
 */
export const withoutVaultRows = (table: Table): { table: Table; vaultRows: VaultRows } => {
  const ordinals = new Map<number, number>()
  const patients = sharedIntegers(table.rows)
  table.patients.forEach((patient, row) => {
    const known = ordinals.get(patient)
    patients[row] = known ?? ordinals.size + 1
    if (known === undefined) ordinals.set(patient, ordinals.size + 1)
  })
  const { patients: own, encounters } = table
  return {
    table: { ...table, patients, encounters: sharedIntegers(table.rows) },
    vaultRows: { patients: own, encounters },
  }
}

/**
 * A table as bytes with their SHA-256: what a model was trained on, kept in the vault. Of encounters it has nothing.
 */
export const encodeSnapshot = (table: Table): { bytes: Uint8Array; hash: string } =>
  encodeAs('bedside-snapshot/2', table, { patients: table.patients })

/**
 * The hash that a table with the vault's numbers had as a snapshot until version 0.1, by which trainings of then are
 * known.
 */
export const hashWithVaultRows = (table: Table): string =>
  encodeAs('bedside-snapshot/1', table, { patients: table.patients, encounters: table.encounters }).hash

const encodeAs = (
  format: string,
  table: Table,
  rows: Record<string, Int32Array>,
): { bytes: Uint8Array; hash: string } => {
  const arrays: Record<string, Float64Array | Float32Array | Int32Array> = { ...rows }
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
    format,
    rows: table.rows,
    columns,
    ...(sequences ? { sequences: sequences.channels } : {}),
    ...(grids ? { grids: { height: grids.height, width: grids.width, channels: grids.channels } } : {}),
  }
  const bytes = encodeArtifact({ header, arrays })
  return { bytes, hash: sha256(bytes) }
}

/** Snapshots of before hold the vault's numbers of patients and encounters; those of now have ordinals and zeros. */
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
    encounters: arrays.encounters
      ? shareIntegers(arrays.encounters as Int32Array)
      : sharedIntegers(header.rows as number),
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
