import type { Command } from '../command.ts'
import { UsageError } from '../failure.ts'

export const undoCommand: Command = {
  name: 'undo',
  operands: 'BATCH',
  says: 'Take an imported batch back: its cases are removed',
  options: {},
  examples: ['undo 12'],
  unlocks: true,
  prepare: (_options, operands) => {
    const batch = Number(operands[0])
    if (!Number.isSafeInteger(batch) || batch < 1)
      throw new UsageError(`undo takes the number that import gave the batch, not ${JSON.stringify(operands[0])}.`)
    return async ({ client, terminal }) => {
      const undone = await client.intake.undo({ batch })
      const { study, file, imported, undoneAt } = undone
      terminal.answer({ batch, study, file, imported, undoneAt }, [
        `Batch ${batch} is taken back: the ${imported} rows of ${file} are no longer in ${study}.`,
      ])
    }
  },
}
