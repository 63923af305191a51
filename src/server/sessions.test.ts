import { expect, test } from 'vitest'
import { createSessions } from './sessions.ts'

const sessionsAt = (clock: { now: number }, more: { most?: number } = {}) => {
  let opened = 0
  const ended: number[] = []
  const sessions = createSessions<number>({
    open: () => ++opened,
    end: (kept) => ended.push(kept),
    now: () => clock.now,
    inviteFor: 1000,
    idleFor: 5000,
    ...more,
  })
  return { sessions, ended }
}

test('an address that was used once lets nobody else in', () => {
  const { sessions } = sessionsAt({ now: 0 })
  const token = sessions.invite()
  const cookie = sessions.redeem(token)
  expect(cookie).toMatch(/^[\w-]{43}$/)
  expect(sessions.redeem(token)).toBeNull()
  expect(sessions.find(cookie ?? '')).toBe(1)
})

test('a wrong, empty or outdated token lets nobody in', () => {
  const clock = { now: 0 }
  const { sessions } = sessionsAt(clock)
  const token = sessions.invite()
  expect(sessions.redeem('')).toBeNull()
  expect(sessions.redeem(`${token}x`)).toBeNull()
  clock.now = 1001
  expect(sessions.invites()).toBe(false)
  expect(sessions.redeem(token)).toBeNull()
})

test('a newer address makes the unused older one worthless', () => {
  const { sessions } = sessionsAt({ now: 0 })
  const older = sessions.invite()
  const newer = sessions.invite()
  expect(sessions.redeem(older)).toBeNull()
  expect(sessions.redeem(newer)).not.toBeNull()
})

test('a browser left alone loses its session, one in use keeps it', () => {
  const clock = { now: 0 }
  const { sessions, ended } = sessionsAt(clock)
  const cookie = sessions.redeem(sessions.invite()) ?? ''
  clock.now = 4000
  expect(sessions.find(cookie)).toBe(1)
  clock.now = 8999
  expect(sessions.find(cookie)).toBe(1)
  clock.now = 14_000
  expect(sessions.find(cookie)).toBeNull()
  expect(ended).toEqual([1])
})

test('sessions do not pile up: the one used longest ago gives way', () => {
  const clock = { now: 0 }
  const { sessions, ended } = sessionsAt(clock, { most: 2 })
  const first = sessions.redeem(sessions.invite()) ?? ''
  clock.now = 1
  const second = sessions.redeem(sessions.invite()) ?? ''
  clock.now = 2
  sessions.find(first)
  clock.now = 3
  sessions.redeem(sessions.invite())
  expect(ended).toEqual([2])
  expect(sessions.find(second)).toBeNull()
  expect(sessions.find(first)).toBe(1)
})

test('stopping the server ends every session', () => {
  const { sessions, ended } = sessionsAt({ now: 0 })
  const cookie = sessions.redeem(sessions.invite()) ?? ''
  sessions.redeem(sessions.invite())
  sessions.close()
  expect(ended).toEqual([1, 2])
  expect(sessions.find(cookie)).toBeNull()
})
