import { useEffect } from 'react'
import { client } from '../api.ts'
import { forgetRecords } from '../parts/session.ts'

/** Told to the core no more often than this that somebody is here. */
const presenceMilliseconds = 30_000
const again = 5_000

/**
 * While somebody is signed in: hears from the core when the session ends (left alone, the system locked, shut out), and
 * tells it that somebody is at the window, for reading a chart asks nothing of it.
 */
export const usePresence = (): void => {
  useEffect(() => {
    const controller = new AbortController()
    const { signal } = controller
    void follow(signal)
    let told = Date.now()
    const here = () => {
      if (Date.now() - told < presenceMilliseconds) return
      told = Date.now()
      client.vault.active().catch(() => {})
    }
    for (const kind of ['pointerdown', 'pointermove', 'keydown', 'wheel'] as const)
      window.addEventListener(kind, here, { passive: true, signal })
    return () => controller.abort()
  }, [])
}

const follow = async (signal: AbortSignal): Promise<void> => {
  while (!signal.aborted) {
    try {
      for await (const { state, reason } of await client.vault.watch(undefined, { signal })) {
        if (state === 'open') continue
        forgetRecords(reason)
        return
      }
    } catch {
      // The connection broke; whoever asks next learns it, and a session that ended meanwhile shows then.
    }
    await new Promise((resolve) => setTimeout(resolve, again))
  }
}
