import type { Transport } from '../jobs/transport/transport.ts'
import type { Vault } from '../vault/store/vault.ts'

/** What training and its like are handed. */
export interface ModelServices {
  /** The open vault; throws `locked`. */
  vault(): Vault
  transport: Transport
  options: {
    /** What models are made by. */
    build: string
    threads: number
    freeBytes?: () => number
  }
  /** Whether other work is going on, after which there will be more memory. */
  jobs: { readonly busy: boolean }
  /** What neural nets were last trained on; null until then. */
  neuralBackend: string | null
}
