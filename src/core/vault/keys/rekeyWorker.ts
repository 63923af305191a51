import { parentPort, workerData } from 'node:worker_threads'
import { BedsideError } from '../../../contract/errors.ts'
import { storageError } from '../store/failures.ts'
import { encryptHere, type RekeyOrder, type RekeyReply } from './rekey.ts'

/**
 * The one thread that is ever given the vault's key: it encrypts the copy of a database under a new one, wipes both and
 * ends. Threads that compute models never see a key.
 */
const answer = (): RekeyReply => {
  const order = workerData as RekeyOrder
  try {
    encryptHere(order)
    return { done: true }
  } catch (thrown) {
    const error = storageError(order.file, thrown)
    if (error instanceof BedsideError) return { failure: error.failure }
    const { name, stack = '' } = error as Error
    return { error: { name, stack } }
  }
}

parentPort?.postMessage(answer())
