import { expect, test } from 'vitest'
import english from '../../resources/texts/reasons.en.json' with { type: 'json' }
import chinese from '../../resources/texts/warnings.zh-CN.json' with { type: 'json' }
import { reasons } from './reasons.ts'
import { WarningSchema } from './said.ts'
import { say, speak } from './say.ts'
import { createTexts } from './texts.ts'
import { warn, within } from './warnings.ts'

const zh = createTexts({ 'zh-CN': { warnings: chinese } }).in('zh-CN')

test('the values that a reason asks of its callers are those its sentence shows, so that none has a hole', () => {
  const shown = Object.fromEntries(
    Object.entries(english).map(([reason, text]) => [
      reason,
      [...new Set([...text.matchAll(/\{\{\s*(\w+)/g)].map(([, name]) => name))].sort(),
    ]),
  )
  expect(Object.fromEntries(Object.entries(reasons).map(([reason, names]) => [reason, [...names].sort()]))).toEqual(
    shown,
  )
})

test('a warning within another is said whole in the language of the reader, not half in English', () => {
  const warning = within(warn('absentClass', { classes: ['a', 'b'] }), 'ofLearner', { learner: 'forest' })
  expect(warning.reason).toBe('absentClass')
  expect(warning.message).toBe('forest: No training row is of the class a, b: its probability is always 0.')
  expect(say(warning.said!, zh, 'zh-CN')).toBe('forest：训练数据中没有类别 a、b，其概率始终为 0。')
})

test('a warning that was stored as a sentence alone is still read and shown', () => {
  const stored = WarningSchema.parse({ reason: 'noSplit', message: 'No tree found a split.' })
  expect(speak(stored.said ?? stored.message, zh, 'zh-CN')).toBe('No tree found a split.')
})
