import type { ModelDetail } from '../../contract/models.ts'
import { decodeSnapshot } from '../cohort/snapshot.ts'
import { type ModelAtHand, takeInHand } from '../study/ask/hand.ts'
import { inVault } from '../study/ask/vaultRows.ts'
import { getModel, modelArtifact, modelDetail, modelReference } from '../vault/models/models.ts'
import { readSnapshot } from '../vault/models/snapshots.ts'
import type { Vault } from '../vault/store/vault.ts'

/** Models that were asked lately stay opened; all are forgotten when the vault is locked. */
export interface ModelCache {
  take(model: number): Promise<ModelAtHand>
  forget(model: number): void
  clear(): void
}

const places = 4

export const createModelCache = (vault: () => Vault): ModelCache => {
  const opened = new Map<number, Promise<ModelAtHand>>()

  const open = async (model: number): Promise<ModelAtHand> => {
    const { read } = vault()
    const { snapshotHash } = getModel(read, model)
    const { setCoverage } = modelDetail(read, model) as Pick<ModelDetail, 'setCoverage'>
    const reference = modelReference(read, model)
    const snapshot = inVault(decodeSnapshot(readSnapshot(read, snapshotHash)), reference)
    return takeInHand(modelArtifact(read, model), reference, snapshot, setCoverage)
  }

  return {
    take: (model) => {
      const known = opened.get(model)
      opened.delete(model)
      const taken = known ?? open(model)
      opened.set(model, taken)
      taken.catch(() => opened.delete(model))
      for (const oldest of opened.keys()) {
        if (opened.size <= places) break
        opened.delete(oldest)
      }
      return taken
    },
    forget: (model) => opened.delete(model),
    clear: () => opened.clear(),
  }
}
