import type { RestoreEvent } from '../../contract/backup.ts'
import { Channel } from '../async.ts'
import { restoreBackup } from '../vault/backup/restore.ts'

/**
 * Restores a backup, and tells as a stream how far it is; a stage that comes again replaces the one that nobody has
 * read yet.
 */
export async function* restoring(
  options: Omit<Parameters<typeof restoreBackup>[0], 'report'>,
): AsyncGenerator<RestoreEvent> {
  const stages = new Channel<RestoreEvent>({ latest: true })
  const ended = restoreBackup({
    ...options,
    report: (stage, progress) => stages.push({ stage, progress, result: null }),
  })
  const end = () => stages.end()
  ended.then(end, end)
  yield* stages
  yield { stage: 'done', progress: 1, result: await ended }
}
