import { expect, test } from 'vitest'
import { DialectSchema, MappingSchema } from './intake.ts'

test('a mapping kept before formats had names is still one of delimited text', () => {
  const kept = {
    version: 1,
    dialect: { encoding: 'gb18030', delimiter: ';', quote: '"', decimal: ',', header: true },
    layout: { shape: 'wide' },
    missing: ['', 'NA'],
    identifierSystem: null,
    columns: [],
  }
  expect(MappingSchema.parse(kept).dialect).toEqual({ format: 'csv', ...kept.dialect })
  expect(DialectSchema.safeParse({ ...kept.dialect, format: 'parchment' }).success).toBe(false)
})
