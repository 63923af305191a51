import { afterEach, expect, test, vi } from 'vitest'
import { invalidInput } from '../contract/errors.ts'
import { warn } from '../contract/warnings.ts'
import { sentenceOf } from './failure.ts'
import { inWords } from './language.ts'

afterEach(() => vi.unstubAllEnvs())

test('a refusal and a warning are one sentence, in the language that the caller asked for', () => {
  const refusal = invalidInput('targetNotANumber', { column: 'stage' })
  const { said, message } = warn('valuesFilled', { filled: 3 })
  expect(sentenceOf(refusal)).toBe('stage is a category; use the task diagnosis.')
  expect(inWords(said, message)).toBe('3 missing values were filled in as in training.')
  vi.stubEnv('BEDSIDE_LANGUAGE', 'zh_CN')
  expect(sentenceOf(refusal)).toBe('stage 是分类变量；请使用诊断任务。')
  expect(inWords(said, message)).toBe('有 3 个缺失值已按训练时的方式填补。')
  // No catalogue speaks it: English.
  vi.stubEnv('BEDSIDE_LANGUAGE', 'tlh')
  expect(sentenceOf(refusal)).toBe('stage is a category; use the task diagnosis.')
})
