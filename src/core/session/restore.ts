import type { RestoreEvent } from '../../contract/backup.ts'
import { restoreBackup } from '../vault/backup/restore.ts'

/**
 * Restores a backup, and tells as a stream how far it is; a stage that comes again replaces the one that nobody has
 * read yet.
 */
export async function* restoring(
  options: Omit<Parameters<typeof restoreBackup>[0], 'report'>,
): AsyncGenerator<RestoreEvent> {
  let next: RestoreEvent | null = null
  let over = false
  let wake = () => {}
  const report = (stage: RestoreEvent['stage'], progress: number | null) => {
    next = { stage, progress, result: null }
    wake()
  }
  const end = () => {
    over = true
    wake()
  }
  const ended = restoreBackup({ ...options, report })
  ended.then(end, end)
  while (!over) {
    if (next) {
      const event = next
      next = null
      yield event
    } else
      await new Promise<void>((resolve) => {
        wake = resolve
      })
  }
  yield { stage: 'done', progress: 1, result: await ended }
}
