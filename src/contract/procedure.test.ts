import { isContractProcedure } from '@orpc/contract'
import { expect, test } from 'vitest'
import { api } from './api.ts'
import { type ProcedureMeta, procedure, roles } from './procedure.ts'

const all = Object.entries(api).flatMap(([room, procedures]) =>
  Object.entries(procedures).map(([name, one]) => ({ path: `${room}.${name}`, one })),
)

test('a procedure without a role does not compile, and neither does one that does not say what is audited', () => {
  // @ts-expect-error access is missing
  expect(() => procedure({ audit: false, summary: 'x' })).not.toThrow()
  // @ts-expect-error audit is missing
  expect(() => procedure({ access: ['doctor'], summary: 'x' })).not.toThrow()
  // @ts-expect-error there is no such role
  expect(() => procedure({ access: ['visitor'], audit: false, summary: 'x' })).not.toThrow()
})

test('only what is needed to open the vault, or to have one at all, can be called by anyone', () => {
  const open = all.filter(({ one }) => (one['~orpc'].meta as ProcedureMeta).access === 'anyone').map(({ path }) => path)
  expect(open.sort()).toEqual([
    // On a new computer nobody can sign in yet; where there is a vault it refuses (test/contract/backup.test.ts).
    'backup.restore',
    'system.info',
    'vault.create',
    'vault.recover',
    'vault.status',
    'vault.unlock',
    'vault.watch',
  ])
})

test.each(all)('$path names known roles, its audit act, its output and what it is for', ({ one }) => {
  expect(isContractProcedure(one)).toBe(true)
  const { meta, outputSchema, route } = one['~orpc']
  const { access, audit } = meta as ProcedureMeta
  if (access !== 'anyone') {
    expect(access.length).toBeGreaterThan(0)
    for (const role of access) expect(roles).toContain(role)
  }
  expect(audit === false || /^[a-z]+\.[a-zA-Z]+$/.test(audit)).toBe(true)
  expect(outputSchema).toBeDefined()
  expect(route.summary).toBeTruthy()
})

test('whatever reads a patient, or is shown to a doctor, is written to the audit log', () => {
  const silent = all.filter(({ one }) => (one['~orpc'].meta as ProcedureMeta).audit === false).map(({ path }) => path)
  for (const path of [
    'patients.chart',
    'patients.search',
    'predictions.diagnose',
    'predictions.survive',
    'studies.export',
  ])
    expect(silent).not.toContain(path)
})
