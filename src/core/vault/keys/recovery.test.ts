import { expect, test } from 'vitest'
import { makeRecoveryCode, readRecoveryCode, recoveryText } from './recovery.ts'

const code = makeRecoveryCode()

test('a code read off paper is understood in any case, spacing and with look-alike letters', () => {
  expect(code).toMatch(/^([0-9A-HJKMNP-TV-Z]{4}-){6}[0-9A-HJKMNP-TV-Z]{4}$/)
  expect(readRecoveryCode(code)).toBe(code)
  expect(readRecoveryCode(` ${code.toLowerCase().replaceAll('-', ' ')}\n`)).toBe(code)
  expect(readRecoveryCode(code.replaceAll('-', '—'))).toBe(code)
  expect(readRecoveryCode(code.replaceAll('0', 'o').replaceAll('1', 'l'))).toBe(code)
})

test('a mistyped code is told before it costs a try', () => {
  const characters = code.replaceAll('-', '')
  let slipped = 0
  let all = 0
  for (let at = 0; at < characters.length; at++) {
    for (const other of '0123456789ABCDEFGHJKMNPQRSTVWXYZ') {
      if (other === characters[at]) continue
      all++
      if (readRecoveryCode(characters.slice(0, at) + other + characters.slice(at + 1))) slipped++
    }
  }
  // One in 1,024 by chance.
  expect(all).toBe(28 * 31)
  expect(slipped).toBeLessThan(8)
  for (const wrong of ['', code.slice(0, -1), `${code}0`, code.replace(/^./, 'U'), 'correct horse battery staple'])
    expect(readRecoveryCode(wrong)).toBeNull()
})

test('codes are never alike, and the page to print holds the code in both languages', () => {
  expect(new Set(Array.from({ length: 100 }, makeRecoveryCode)).size).toBe(100)
  const { en, zh } = recoveryText({ code, vault: 'v', displayName: '林医生', createdAt: '2026-03-01T08:00:00.000Z' })
  expect(en.join('\n')).toContain(code)
  expect(zh.join('\n')).toContain(code)
  expect(zh.join('\n')).toContain('林医生')
  expect(en).toHaveLength(zh.length)
})
