import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { rolesDocument, rolesTable } from './roles.ts'

test('the table an auditor reads is that of the API map; `node scripts/roles.ts` makes it current', () => {
  expect(readFileSync(rolesDocument, 'utf8')).toBe(rolesTable())
})
