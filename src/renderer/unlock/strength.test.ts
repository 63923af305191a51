import { expect, test } from 'vitest'
import { hintOf } from './strength.ts'

const strengthOf = (passphrase: string, name = '') => hintOf(passphrase, name).strength

test.each([
  'password',
  'Password1!',
  '12345678',
  'abcdefghijkl',
  'aaaaaaaaaaaaaaaa',
  'abcabcabcabcabc',
  'woaini1314',
  '987654321',
])('%s is not praised', (passphrase) => {
  expect(strengthOf(passphrase)).toBe('weak')
})

test.each(['harbour violin pencil tuesday', 'lamp quartz meadow thirty onion', '窗前明月照雨林山中'])(
  'words without digits or signs are good enough: %s',
  (passphrase) => {
    expect(['good', 'strong']).toContain(strengthOf(passphrase))
    expect(hintOf(passphrase).advice).toBeNull()
  },
)

test('kinds of characters are not asked for: a long phrase beats a short one with signs', () => {
  expect(hintOf('harbour violin pencil tuesday').bits).toBeGreaterThan(hintOf('Hv7!pT2$').bits)
})

test('the own name is pointed out', () => {
  expect(hintOf('Friedrich 1958', 'Anna Friedrich').advice).toBe('notYourName')
})

test('more of the same does not make it stronger', () => {
  expect(hintOf('violin violin violin').bits).toBeLessThanOrEqual(hintOf('violin harbour').bits)
})

test('nothing typed gets no verdict', () => {
  expect(hintOf('')).toEqual({ strength: 'empty', bits: 0, advice: null })
})
