import { ORPCError } from '@orpc/client'
import { expect, test } from 'vitest'
import type { Failure } from '../../contract/errors.ts'
import { failureOf, incidentOf, sentenceOf } from './failure.ts'

const wrong: Failure = {
  code: 'notAllowed',
  reason: 'wrongPassphrase',
  message: 'This passphrase does not open the vault.',
}

test('the failure the core sent arrives whole, with its faults and details', () => {
  const failure: Failure = { ...wrong, details: { attempts: 2 }, issues: [{ path: 'passphrase', reason: 'wrong' }] }
  expect(failureOf(new ORPCError('notAllowed', { status: 403, data: failure }))).toEqual(failure)
})

test('an unknown error is said to be a fault of Bedside, without its inner text, which may hold patient data', () => {
  const failure = failureOf(new Error('constraint failed for Mary Miller'))
  expect(failure.code).toBe('incident')
  expect(JSON.stringify(failure)).not.toContain('Mary')
})

test('a cancelled call is not shown as a failure', () => {
  expect(failureOf(new DOMException('aborted', 'AbortError')).code).toBe('cancelled')
})

test('a dropped connection is told from a bug', () => {
  expect(failureOf(new TypeError('Failed to fetch')).reason).toBe('connectionLost')
  expect(failureOf(new TypeError('x is not a function')).reason).toBe('unexpected')
})

test('faults found at the boundary name their field', () => {
  const error = new ORPCError('BAD_REQUEST', {
    data: { issues: [{ path: ['mapping', { key: 'columns' }, 0], message: 'Expected string' }] },
  })
  expect(failureOf(error).issues).toEqual([{ path: 'mapping.columns.0', reason: 'Expected string' }])
})

test('an incident shows its id, so that a report can be found in the log', () => {
  const failure: Failure = { code: 'incident', reason: 'incident', message: '…', details: { incident: 'a1b2c3d4' } }
  expect(incidentOf(failure)).toBe('a1b2c3d4')
  expect(incidentOf(wrong)).toBeNull()
})

test("a reason without a translation falls back to the core's own sentence", () => {
  const known: Record<string, string> = { 'reasons:wrongPassphrase': '口令短语不正确。' }
  const translate = (key: string, options: Record<string, unknown> = {}) => known[key] ?? String(options.defaultValue)
  expect(sentenceOf(wrong, translate, 'zh-CN')).toBe('口令短语不正确。')
  expect(sentenceOf({ ...wrong, reason: 'somethingNew' }, translate, 'zh-CN')).toBe(wrong.message)
})
