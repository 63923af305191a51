import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { createThrottle, longestWaitSeconds, waitAfter } from './throttle.ts'

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})
const at = (clock: { now: number }) => {
  const folder = mkdtempSync(join(tmpdir(), 'bedside-throttle-'))
  folders.push(folder)
  return { folder, file: join(folder, 'attempts.json'), open: () => createThrottle(folder, () => clock.now) }
}
const start = 1_700_000_000_000

test('three slips cost nothing, then every further guess waits longer, up to a quarter of an hour', () => {
  expect([0, 1, 2, 3, 4, 5, 6, 10, 11, 1000].map(waitAfter)).toEqual([0, 0, 0, 5, 10, 20, 40, 640, 900, 900])
  const clock = { now: start }
  const throttle = at(clock).open()
  for (let i = 0; i < 3; i++) {
    expect(throttle.waitSeconds()).toBe(0)
    throttle.begin()
  }
  expect(throttle.waitSeconds()).toBe(5)
  clock.now += 4_001
  expect(throttle.waitSeconds()).toBe(1)
  clock.now += 1_000
  expect(throttle.waitSeconds()).toBe(0)
  throttle.begin()
  expect(throttle.waitSeconds()).toBe(10)
})

test('starting Bedside again does not end the wait, and neither does removing the file while it runs', () => {
  const clock = { now: start }
  const { open, file } = at(clock)
  const first = open()
  for (let i = 0; i < 5; i++) first.begin()
  expect(open().waitSeconds()).toBe(20)
  rmSync(file)
  expect(first.waitSeconds()).toBe(20)
})

test('killed while the key was derived, the try counts', () => {
  const clock = { now: start }
  const { open } = at(clock)
  for (let i = 0; i < 4; i++) open().begin()
  expect(open().waitSeconds()).toBe(10)
})

test('winding the clock back starts the wait again instead of ending it', () => {
  const clock = { now: start }
  const { open } = at(clock)
  const throttle = open()
  for (let i = 0; i < 4; i++) throttle.begin()
  clock.now = start - 86_400_000
  expect(throttle.waitSeconds()).toBe(10)
  expect(open().waitSeconds()).toBe(10)
  clock.now += 10_000
  expect(throttle.waitSeconds()).toBe(0)
})

test('a file that somebody edited or cut is not a way out', () => {
  const clock = { now: start }
  const { open, file } = at(clock)
  for (let i = 0; i < 3; i++) open().begin()
  for (const text of [readFileSync(file, 'utf8').replace('"failures":3', '"failures":0'), '', '{"failures":0}']) {
    writeFileSync(file, text)
    expect(open().waitSeconds()).toBe(longestWaitSeconds)
    clock.now += longestWaitSeconds * 1000
    expect(open().waitSeconds()).toBe(0)
  }
})

test('the right passphrase clears the count, and a try that failed for another reason is not held against anybody', () => {
  const clock = { now: start }
  const { open } = at(clock)
  const throttle = open()
  for (let i = 0; i < 3; i++) {
    throttle.begin()
    if (i < 2) throttle.forgive()
  }
  expect(throttle.failures()).toBe(1)
  throttle.succeed()
  expect(open().failures()).toBe(0)
  expect(open().waitSeconds()).toBe(0)
})
