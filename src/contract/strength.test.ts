import { expect, test } from 'vitest'
import { leastScore, strengthOf } from './strength.ts'

test.each([
  'password',
  'Password1!',
  'P@ssw0rd2024',
  '12345678',
  'abcdefghijkl',
  'aaaaaaaaaaaaaaaa',
  'abcabcabcabcabc',
  'qwertyuiop',
  'woaini1314',
  '987654321',
  'bedside123',
])('what an attacker tries first is refused, whatever signs it has: %s', async (passphrase) => {
  const { score, advice } = await strengthOf(passphrase)
  expect(score).toBeLessThan(leastScore)
  expect(advice).not.toBeNull()
})

test.each(['correct horse battery staple', 'harbour violin pencil tuesday', '窗前明月照雨林山中'])(
  'words without digits or signs are good enough: %s',
  async (passphrase) => {
    expect(await strengthOf(passphrase)).toMatchObject({ advice: null })
    expect((await strengthOf(passphrase)).score).toBeGreaterThanOrEqual(leastScore)
  },
)

test('a name that everybody on the ward knows is no secret', async () => {
  expect(await strengthOf('Friedrich 1958', ['Anna Friedrich'])).toMatchObject({ advice: 'notYourName' })
  const { guesses } = await strengthOf('wangxiaoming', ['wangxiaoming'])
  expect(guesses).toBeLessThan(2)
})

test('a very long text is judged in a moment, and padding does not make a weak start strong', async () => {
  expect((await strengthOf('a'.repeat(1024))).score).toBeLessThan(leastScore)
  expect((await strengthOf('')).score).toBe(0)
})
