import type { Keychain } from '../core/app.ts'

/** What the core asks the keychain, over the channel that main and core have between them. */
export interface KeychainQuestion {
  call: number
  act: keyof Keychain
  name?: string
  secret?: Uint8Array
}
export interface KeychainAnswer {
  call: number
  /** Of `status` and `read`. */
  value?: unknown
  failed?: boolean
}

/** In the core: a keychain that asks main. Whoever waits when main is gone goes with it: the core ends then. */
export const askingKeychain = (
  ask: (question: KeychainQuestion) => void,
): { keychain: Keychain; answered(answer: KeychainAnswer): void } => {
  const waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>()
  let last = 0
  const call = (act: keyof Keychain, name?: string, secret?: Uint8Array) =>
    new Promise<unknown>((resolve, reject) => {
      last++
      waiting.set(last, { resolve, reject })
      ask({ call: last, act, ...(name === undefined ? {} : { name }), ...(secret ? { secret } : {}) })
    })
  return {
    keychain: {
      status: () => call('status') as ReturnType<Keychain['status']>,
      keep: (name, secret) => call('keep', name, secret) as Promise<void>,
      read: (name) => call('read', name) as Promise<Uint8Array | null>,
      forget: (name) => call('forget', name) as Promise<void>,
    },
    answered: ({ call: id, value, failed }) => {
      const one = waiting.get(id)
      waiting.delete(id)
      if (failed) one?.reject(new Error('The keychain of the system failed'))
      else one?.resolve(value)
    },
  }
}

/**
 * In main: what the keychain says. Errors of the system's are told as failed and no more: they may hold what was asked.
 */
export const answerOf = async (
  keychain: Keychain,
  { call, act, name = '', secret = new Uint8Array() }: KeychainQuestion,
): Promise<KeychainAnswer> => {
  try {
    if (act === 'status') return { call, value: await keychain.status() }
    if (act === 'read') return { call, value: await keychain.read(name) }
    if (act === 'keep') await keychain.keep(name, secret)
    else await keychain.forget(name)
    return { call }
  } catch {
    return { call, failed: true }
  }
}
