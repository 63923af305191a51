import type { VaultRows } from '../../cohort/snapshot.ts'
import type { Table } from '../../cohort/table.ts'
import { decodeArtifact, encodeArtifact } from '../../numbers/bytes.ts'

/**
 * A model's reference with the vault's numbers of its snapshot's rows. They stand here, outside of what is hashed,
 * because the same snapshot comes from other rows once its cases are taken back and imported again.
 */
export const keepVaultRows = (reference: Uint8Array, { patients, encounters }: VaultRows): Uint8Array => {
  const { header, arrays } = decodeArtifact(reference)
  return encodeArtifact({ header, arrays: { ...arrays, vaultPatients: patients, vaultEncounters: encounters } })
}

/** Those numbers; null in references of before, whose snapshots hold them. */
export const vaultRowsOf = (reference: Uint8Array): VaultRows | null => {
  const { vaultPatients: patients, vaultEncounters: encounters } = decodeArtifact(reference).arrays
  return patients && encounters ? { patients: patients as Int32Array, encounters: encounters as Int32Array } : null
}

/** A model's snapshot with the vault's numbers, so that a similar case leads to its patient. */
export const inVault = (snapshot: Table, reference: Uint8Array): Table => ({ ...snapshot, ...vaultRowsOf(reference) })
