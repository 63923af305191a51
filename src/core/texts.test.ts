import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { bestLanguage } from '../contract/languages.ts'
import { createTexts } from '../contract/texts.ts'
import { textIn } from '../contract/values.ts'
import { installation } from './installation.ts'
import { readCatalogues } from './texts.ts'

const { resources } = installation()

test('a third language is files only: it is offered, chosen and used, and English where it says nothing', () => {
  const copy = mkdtempSync(join(tmpdir(), 'bedside-texts-'))
  try {
    cpSync(join(resources, 'texts'), join(copy, 'texts'), { recursive: true })
    writeFileSync(join(copy, 'texts', 'formats.fr.json'), JSON.stringify({ language: 'Français' }))
    writeFileSync(join(copy, 'texts', 'reasons.fr.json'), JSON.stringify({ cancelled: 'Action annulée.' }))
    const texts = createTexts(readCatalogues(copy))
    expect(texts.languages).toEqual(['en', 'fr', 'zh-CN'])
    expect(bestLanguage(['fr-CA', 'en'], texts.languages)).toBe('fr')
    const french = texts.in('fr')
    expect(french('formats:language')).toBe('Français')
    expect(french('reasons:cancelled')).toBe('Action annulée.')
    expect(french('reasons:connectionLost')).toMatch(/^The connection/)
  } finally {
    rmSync(copy, { recursive: true, force: true })
  }
})

test('the languages of the installation are those of its files', () => {
  const texts = createTexts(readCatalogues(resources))
  expect(texts.languages).toEqual(['en', 'zh-CN'])
  expect(texts.in('zh-CN')('formats:language')).toBe('简体中文')
})

test('a person reads the language nearest to their own', () => {
  const offered = ['en', 'fr', 'zh-CN']
  expect(bestLanguage(['zh'], offered)).toBe('zh-CN')
  expect(bestLanguage(['zh-TW'], offered)).toBe('zh-CN')
  expect(bestLanguage(['zh_CN'], offered)).toBe('zh-CN')
  expect(bestLanguage(['de-AT', 'fr'], offered)).toBe('fr')
  expect(bestLanguage(['de'], offered)).toBe('en')
})

test('a label stored in two languages is read in each, and a third needs no change of what is stored', () => {
  const stored = { en: 'Age', zh: '年龄' }
  expect(textIn(stored, 'zh-CN')).toBe('年龄')
  expect(textIn(stored, 'fr')).toBe('Age')
  expect(textIn({ ...stored, fr: 'Âge' }, 'fr-CH')).toBe('Âge')
  expect(textIn({ en: 'Age', zh: '' }, 'zh-CN')).toBe('Age')
})
