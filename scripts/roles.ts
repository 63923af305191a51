import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { api } from '../src/contract/api.ts'
import { metaOf, type Records, roles } from '../src/contract/procedure.ts'

/**
 * docs/roles.md: who may call what, made from the API map. `node scripts/roles.ts` writes it; a test fails where it is
 * not current, another where the core does anything else.
 */
export const rolesDocument = join(dirname(import.meta.dirname), 'docs', 'roles.md')

export const rolesTable = (): string => {
  const lines = [
    '# Who may do what',
    '',
    'Made from the API map by `node scripts/roles.ts`; `scripts/roles.test.ts` fails where this file is not current. The core',
    'checks the role before each procedure, whoever asks and however (`src/core/handlers/guard.ts`);',
    '`test/contract/roles.test.ts` calls every procedure as every role and without one, in process, over HTTP and over a',
    'MessagePort, and expects what stands here.',
    '',
    '*anyone*: also before the vault is unlocked. *audit*: what is written to the audit log, with user, record and outcome;',
    'refusals are written too. *about*: the records that the entry names, by their numbers.',
    '',
    `| procedure | what it does | ${roles.join(' | ')} | audit | about |`,
    `|---|---|${roles.map(() => ':-:|').join('')}---|---|`,
  ]
  for (const [room, procedures] of Object.entries(api)) {
    for (const [name, procedure] of Object.entries(procedures)) {
      const { route } = procedure['~orpc']
      const { access, audit, record } = metaOf(procedure)
      const cells = roles.map((role) => (access === 'anyone' ? 'anyone' : access.includes(role) ? 'yes' : '–'))
      lines.push(
        `| \`${room}.${name}\` | ${route.summary} | ${cells.join(' | ')} | ${audit ? `\`${audit}\`` : '–'} | ${recordText(record)} |`,
      )
    }
  }
  return `${lines.join('\n')}\n`
}

const recordText = (record: Records | undefined): string => {
  const kinds = record === undefined ? [] : 'output' in record ? record.output : record
  return kinds.length === 0 ? '–' : kinds.join(', ')
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  writeFileSync(rolesDocument, rolesTable())
  console.log('docs/roles.md is written.')
}
