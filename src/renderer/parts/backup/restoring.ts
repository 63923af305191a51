import { useEffect, useRef, useState } from 'react'
import type { RestoreEvent } from '../../../contract/backup.ts'
import { client } from '../../api.ts'

export type Restoring =
  | { at: 'asking'; error: unknown }
  | { at: 'running'; stage: RestoreEvent['stage']; progress: number | null }
  | { at: 'done'; result: NonNullable<RestoreEvent['result']> }

interface Request {
  path: string
  into: string | null
  user: string | null
  passphrase: string
}

/** A restore as it goes; leaving the view cancels it, and then nothing is left of it. */
export const useRestore = () => {
  const [state, setState] = useState<Restoring>({ at: 'asking', error: null })
  const running = useRef<AbortController | null>(null)
  useEffect(() => () => running.current?.abort(), [])
  const start = async (request: Request) => {
    const controller = new AbortController()
    running.current = controller
    setState({ at: 'running', stage: 'readingKeys', progress: null })
    try {
      const events = await client.backup.restore(request, { signal: controller.signal })
      for await (const { stage, progress, result } of events)
        setState(result ? { at: 'done', result } : { at: 'running', stage, progress })
    } catch (error) {
      setState({ at: 'asking', error: controller.signal.aborted ? null : error })
    } finally {
      running.current = null
    }
  }
  return { state, start, cancel: () => running.current?.abort() }
}
