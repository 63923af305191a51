import { expect, test } from 'vitest'
import { api } from '../../contract/api.ts'
import { auditFaults, checkpointReasons } from '../../contract/audit.ts'
import { metaOf } from '../../contract/procedure.ts'
import english from './locales/en.json'

test('an auditor reads what was done in words: every act of the API map has a name, and so has its kind', () => {
  const acts = Object.values(api).flatMap((room) =>
    Object.values(room).flatMap((each) => {
      const { audit } = metaOf(each)
      return audit === false ? [] : [audit]
    }),
  )
  expect(acts.length).toBeGreaterThan(40)
  expect(acts.filter((act) => !(act.replaceAll('.', '_') in english.acts))).toEqual([])
  expect(acts.filter((act) => !((act.split('.')[0] ?? '') in english.kinds))).toEqual([])
})

test('every fault that a verification may find, and every reason for a checkpoint, has its text', () => {
  expect(auditFaults.filter((fault) => !(fault in english.faults))).toEqual([])
  expect(checkpointReasons.filter((reason) => !(reason in english.checkpoints.reasons))).toEqual([])
})
