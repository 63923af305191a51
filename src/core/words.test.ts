import { describe, expect, test } from 'vitest'
import { createFormats } from '../contract/formats.ts'
import type { Language } from '../contract/languages.ts'
import { createWords, summaryText } from '../contract/words.ts'
import { installation } from './installation.ts'
import { textsAt } from './texts.ts'

const texts = textsAt(installation().resources)
const wordsOf = (language: Language) => createWords(language, texts.in(language))

const en = wordsOf('en')
const zh = wordsOf('zh-CN')

describe('a probability is told as patients of 100', () => {
  test.each([
    [0.18, 'about 18 of 100', '每 100 名中约 18 名'],
    [0.005, 'about 1 of 100', '每 100 名中约 1 名'],
    [0.994, 'about 99 of 100', '每 100 名中约 99 名'],
    [0.335, 'about 34 of 100', '每 100 名中约 34 名'],
  ])('%s', (share, english, chinese) => {
    expect(en.perHundred(share)).toBe(english)
    expect(zh.perHundred(share)).toBe(chinese)
  })

  test('nothing is told as impossible', () => {
    for (const share of [0, 0.0001, 0.0049]) {
      expect(en.perHundred(share)).toBe('fewer than 1 of 100')
      expect(zh.perHundred(share)).toBe('每 100 名中不到 1 名')
    }
  })

  test('nothing is told as certain', () => {
    for (const share of [0.995, 0.9999, 1]) {
      expect(en.perHundred(share)).toBe('more than 99 of 100')
      expect(zh.perHundred(share)).toBe('每 100 名中超过 99 名')
    }
  })

  test('a sentence says of whom', () => {
    expect(en.patients(0.18)).toBe('About 18 of 100 patients like this one')
    expect(en.patients(0.999)).toBe('More than 99 of 100 patients like this one')
    expect(zh.patients(0.18)).toBe('每 100 名与该患者相似的患者中约 18 名')
  })

  test('no percentage is ever written, at any probability', () => {
    for (let share = 0; share <= 1; share += 0.001) {
      for (const words of [en, zh]) {
        expect(words.withInterval({ value: share, low: share * 0.8, high: Math.min(1, share * 1.2) })).not.toMatch(
          /%|％/,
        )
        expect(words.patients(share)).not.toMatch(/\b(0|100) of 100|中约 (0|100) 名/)
      }
    }
  })

  test('what is not known is said to be unknown, not 0', () => {
    expect(en.perHundred(Number.NaN)).toBe('not known')
    expect(zh.perHundred(Number.NaN)).toBe('未知')
    expect(en.withInterval({ value: null, low: null, high: null })).toBe('not known')
  })
})

describe('an interval keeps its ends apart from certainty', () => {
  test.each([
    [0.12, 0.25, '12 to 25 of 100', '每 100 名中 12 至 25 名'],
    [0.001, 0.03, 'fewer than 1 to 3 of 100', '每 100 名中 不到 1 至 3 名'],
    [0.97, 0.9999, '97 to more than 99 of 100', '每 100 名中 97 至 超过 99 名'],
    [0.181, 0.183, '18 of 100', '每 100 名中 18 名'],
  ])('%s to %s', (low, high, english, chinese) => {
    expect(en.interval({ low, high })).toBe(english)
    expect(zh.interval({ low, high })).toBe(chinese)
  })

  test('stands beside the probability', () => {
    expect(en.withInterval({ value: 0.18, low: 0.12, high: 0.25 })).toBe('about 18 of 100 (12 to 25)')
    expect(zh.withInterval({ value: 0.18, low: 0.12, high: 0.25 })).toBe('每 100 名中约 18 名（12 至 25）')
  })

  test('is left out where an end is not known, rather than made up', () => {
    expect(en.interval({ low: null, high: 0.3 })).toBe('')
    expect(en.withInterval({ value: 0.2, low: null, high: null })).toBe('about 20 of 100')
  })
})

describe('survival in words', () => {
  test('names the event of the study, not always death', () => {
    expect(en.risk('death', 3, 0.34)).toBe('About 34 of 100 patients like this one die within 3 years.')
    expect(en.risk('relapse', 1, 0.34)).toBe(
      'About 34 of 100 patients like this one have the event “relapse” within 1 year.',
    )
    expect(zh.risk('死亡', 3, 0.34)).toBe('每 100 名与该患者相似的患者中约 34 名在 3 年内死亡。')
    expect(zh.risk('复发', 5, 0.34)).toBe('每 100 名与该患者相似的患者中约 34 名在 5 年内发生“复发”。')
  })

  test('a code book that says dead or died means death, in both languages', () => {
    for (const event of ['dead', 'Death', 'died', '死亡']) {
      expect(en.event(event)).toBe('death')
      expect(zh.event(event)).toBe('死亡')
      expect(en.risk(event, 1, 0.2)).toBe('About 20 of 100 patients like this one die within 1 year.')
    }
    expect(en.event('deadline passed')).toBe('deadline passed')
  })

  test('a median beyond follow-up is not reached, and until when is said', () => {
    const none = { value: null, low: null, high: null }
    expect(en.median('death', none, 13.1)).toBe(
      'Median survival is not reached within 13.1 years: more than half of patients like this one are then still alive.',
    )
    expect(zh.median('死亡', none, 13.1)).toContain('13.1 年')
    expect(en.median('relapse', none, 5)).toContain('“relapse”')
  })

  test('a median has its range, open where the upper end lies beyond follow-up', () => {
    expect(en.median('death', { value: 4.2, low: 3.1, high: 6 }, 13)).toBe(
      'Half of patients like this one die within about 4.2 years (3.1 years to 6 years).',
    )
    expect(en.median('death', { value: 4.2, low: 3.1, high: null }, 13)).toBe(
      'Half of patients like this one die within about 4.2 years (3.1 years to beyond the 13 years of follow-up).',
    )
  })

  test.each([
    [1, '1 year', '1 年'],
    [3, '3 years', '3 年'],
    [2.46, '2.5 years', '2.5 年'],
    [0.567, '7 months', '7 个月'],
    [0.03, '11 days', '11 天'],
    [1.0015, '1 year', '1 年'],
  ])('%s years', (years, english, chinese) => {
    expect(en.duration(years)).toBe(english)
    expect(zh.duration(years)).toBe(chinese)
  })
})

test('a change is told in patients, and a change of none as none', () => {
  expect(en.change(0.34, 0.18)).toBe('about 16 fewer of 100')
  expect(en.change(0.18, 0.34)).toBe('about 16 more of 100')
  expect(en.change(0.18, 0.184)).toBe('no difference that shows in 100 patients')
  expect(zh.change(0.34, 0.18)).toBe('每 100 名中约少 16 名')
})

describe('a prediction in the history', () => {
  const read = (summary: Parameters<typeof summaryText>[0], language: Language) => {
    const translate = texts.in(language)
    return summaryText(summary, language, {
      translate,
      words: createWords(language, translate),
      formats: createFormats(language, translate),
    })
  }

  test.each([
    [0.006, 'about 1 of 100', '每 100 名中约 1 名'],
    [0.009, 'about 1 of 100', '每 100 名中约 1 名'],
    [0.991, 'about 99 of 100', '每 100 名中约 99 名'],
    [0.994, 'about 99 of 100', '每 100 名中约 99 名'],
  ])('reads %s as it was read on the screen', (probability, english, chinese) => {
    const summary = { class: { en: 'malignant', zh: '恶性' }, probability }
    expect(wordsOf('en').perHundred(probability)).toBe(english)
    expect(read(summary, 'en')).toBe(`malignant: ${english}`)
    expect(read(summary, 'zh-CN')).toBe(`恶性：${chinese}`)
  })

  test('names event and time, or value and unit, in the language of the reader', () => {
    const survival = { event: { en: 'transplant', zh: '移植' }, years: 3, risk: 0.181 }
    expect(read(survival, 'en')).toBe('transplant within 3 years: about 18 of 100')
    expect(read(survival, 'zh-CN')).toBe('3 年内移植：每 100 名中约 18 名')
    const value = { target: { en: 'Systolic pressure', zh: '收缩压' }, value: 131.2534, unit: 'mm[Hg]' }
    expect(read(value, 'en')).toBe('Systolic pressure: 131.3 mmHg')
    expect(read(value, 'zh-CN')).toBe('收缩压：131.3 mmHg')
  })

  test('that was stored as a sentence is shown as it was stored', () => {
    expect(read('malignant: more than 99 of 100', 'zh-CN')).toBe('malignant: more than 99 of 100')
  })
})
