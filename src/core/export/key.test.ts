import { expect, test } from 'vitest'
import { exportKey, newSecret } from './key.ts'

const counting = () => Uint8Array.from({ length: 32 }, (_, at) => at)

test('pseudonyms and offsets are those any other HMAC-SHA-256 gives, so they can be made again for ever', () => {
  // python3: hmac.new(bytes(range(32)), b'patient\0' + b'1', hashlib.sha256).hexdigest()[:32], and alike
  const secret = counting()
  const key = exportKey(secret)
  // The caller wipes its copy; a key that went with it would give other pseudonyms halfway through a file.
  secret.fill(0)
  expect(key.patient(1)).toBe('aa2d4380eec787c7cec17b6a10271b11')
  expect(key.patient(2)).toBe('53b10aa4373c3c33170c1ab8862851c1')
  expect(key.encounter(1)).toBe('e047e6dddcf36191e6c6b805b7e41fde')
  expect(key.site('协和医院')).toBe('site-00fad800be94')
  expect(key.shift(1)).toBe(79)
  expect(key.shift(2)).toBe(-147)
})

test('no patient keeps the true day, and offsets give no day away by coming more often', () => {
  const key = exportKey(counting())
  const counts = new Map<number, number>()
  const patients = 73_000
  for (let patient = 1; patient <= patients; patient++)
    counts.set(key.shift(patient), (counts.get(key.shift(patient)) ?? 0) + 1)
  expect(counts.has(0)).toBe(false)
  expect([Math.min(...counts.keys()), Math.max(...counts.keys()), counts.size]).toEqual([-365, 365, 730])
  const expected = patients / 730
  const chiSquare = [...counts.values()].reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)
  // 729 degrees of freedom: 99.99 % of fair draws stay below 877.
  expect(chiSquare).toBeLessThan(877)
})

test('exports with two keys share no pseudonym, and a short key is refused', () => {
  const [first, second] = [exportKey(newSecret()), exportKey(newSecret())]
  const patients = Array.from({ length: 2000 }, (_, at) => at)
  const seen = new Set(patients.map(first.patient))
  expect(seen.size).toBe(2000)
  expect(patients.filter((patient) => seen.has(second.patient(patient)))).toEqual([])
  expect(first.fingerprint).not.toBe(second.fingerprint)
  expect(() => exportKey(new Uint8Array(16))).toThrow(/32 bytes/)
})
