import type { Command } from '../command.ts'
import { table } from '../terminal.ts'

export const studiesCommand: Command = {
  name: 'studies',
  says: 'List the studies in the vault',
  options: {},
  examples: ['studies --json'],
  unlocks: true,
  prepare:
    () =>
    async ({ client, terminal }) => {
      const studies = (await client.studies.list()).map(({ name, cases, columns, patients, title }) => ({
        name,
        cases,
        columns,
        patients,
        title,
      }))
      terminal.answer(
        studies,
        studies.length === 0
          ? ['There are no studies yet. Import a file with: bedside import FILE.csv --study NAME']
          : table(
              ['study', 'cases', 'columns', 'patients', 'title'],
              studies.map(({ name, cases, columns, patients, title }) => [
                name,
                String(cases),
                String(columns),
                String(patients),
                title,
              ]),
            ),
      )
    },
}
