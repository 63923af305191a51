import { isContractProcedure } from '@orpc/contract'
import { expect, test } from 'vitest'
import { api } from './api.ts'
import { metaOf, procedure, recordKinds, roles } from './procedure.ts'

const all = Object.entries(api).flatMap(([room, procedures]) =>
  Object.entries(procedures).map(([name, one]) => ({ path: `${room}.${name}`, one })),
)

test('a procedure without a role does not compile, and neither does one that does not say what is audited', () => {
  // @ts-expect-error access is missing
  expect(() => procedure({ audit: false, summary: 'x' })).not.toThrow()
  // @ts-expect-error audit is missing
  expect(() => procedure({ access: ['doctor'], summary: 'x' })).not.toThrow()
  // @ts-expect-error an act that does not say which records it is about
  expect(() => procedure({ access: ['doctor'], audit: 'report.read', summary: 'x' })).not.toThrow()
  // @ts-expect-error there is no such kind of record
  expect(() => procedure({ access: ['doctor'], audit: 'report.read', record: ['ghost'], summary: 'x' })).not.toThrow()
  // @ts-expect-error there is no such role
  expect(() => procedure({ access: ['visitor'], audit: false, summary: 'x' })).not.toThrow()
})

test('only what is needed to open the vault, or to have one at all, can be called by anyone', () => {
  const open = all.filter(({ one }) => metaOf(one).access === 'anyone').map(({ path }) => path)
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
  const { outputSchema, route } = one['~orpc']
  const { access, audit } = metaOf(one)
  if (access !== 'anyone') {
    expect(access.length).toBeGreaterThan(0)
    for (const role of access) expect(roles).toContain(role)
  }
  expect(audit === false || /^[a-z]+\.[a-zA-Z]+$/.test(audit)).toBe(true)
  expect(outputSchema).toBeDefined()
  expect(route.summary).toBeTruthy()
})

test('whatever reads a patient, or is shown to a doctor, is written to the audit log', () => {
  const silent = all.filter(({ one }) => metaOf(one).audit === false).map(({ path }) => path)
  for (const path of [
    'patients.chart',
    'patients.search',
    'predictions.diagnose',
    'predictions.survive',
    'studies.export',
  ])
    expect(silent).not.toContain(path)
})

/** Fields of an object schema, whatever it is wrapped in. */
const fieldsOf = (schema: unknown): string[] => {
  const { def } = (schema ?? {}) as {
    def?: { type: string; shape?: object; innerType?: unknown; in?: unknown; options?: unknown[] }
  }
  if (!def) return []
  if (def.shape) return Object.keys(def.shape)
  return [...fieldsOf(def.innerType), ...fieldsOf(def.in), ...(def.options ?? []).flatMap(fieldsOf)]
}

const audited = all.filter(({ one }) => metaOf(one).audit !== false)

test.each(audited)(
  'what $path is about stands in its input or its answer, and nothing that does is passed over',
  ({ path, one }) => {
    const { record } = metaOf(one)
    const { inputSchema, outputSchema } = one['~orpc']
    const [declared, fields] =
      record && 'output' in record ? [record.output, fieldsOf(outputSchema)] : [record ?? [], fieldsOf(inputSchema)]
    for (const kind of declared) expect(fields).toContain(kind)
    // At unlock and restore `user` is what was typed, which may be a passphrase in the wrong field.
    const typed = ['vault.unlock', 'backup.restore'].includes(path) ? ['user'] : []
    const named = recordKinds.filter((kind) => fieldsOf(inputSchema).includes(kind) && !typed.includes(kind))
    if (!(record && 'output' in record)) expect([...declared].sort()).toEqual([...named].sort())
  },
)
