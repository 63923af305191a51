import { expect, test } from 'vitest'
import { keptIn } from './kept.ts'

const checkpoint = {
  format: 'bedside-audit-checkpoint',
  version: 1,
  vault: '3f2504e0-4f89-41d3-9a0c-0305e82c3301',
  number: 3,
  count: 120,
  head: 'a'.repeat(64),
  at: '2026-03-01T12:00:00.000Z',
  reason: 'asked',
  key: 'b'.repeat(64),
  publicKey: 'MCowBQYDK2VwAyEA',
  signature: 'c2lnbmF0dXJl',
}

test('a checkpoint is read however it was laid out, alone or one a line', () => {
  expect(keptIn('a.json', JSON.stringify(checkpoint, null, 2))).toEqual({ file: 'a.json', checkpoints: [checkpoint] })
  const later = { ...checkpoint, number: 4 }
  const lines = `${JSON.stringify(checkpoint)}\r\n\n${JSON.stringify(later)}\n`
  expect(keptIn('b.jsonl', lines)).toEqual({ file: 'b.jsonl', checkpoints: [checkpoint, later] })
})

test('a file that is none is named by its line, not held against the log as if it said nothing', () => {
  expect(keptIn('c.jsonl', `${JSON.stringify(checkpoint)}\n{"format":"bedside-audit-checkpoint"}\n`)).toEqual({
    file: 'c.jsonl',
    line: 2,
  })
  expect(keptIn('photo.png', '\u0089PNG')).toEqual({ file: 'photo.png', line: 0 })
  expect(keptIn('empty.json', '')).toEqual({ file: 'empty.json', line: 0 })
})
