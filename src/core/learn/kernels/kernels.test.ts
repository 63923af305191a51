import { readdirSync } from 'node:fs'
import { expect, test } from 'vitest'
import { assemble, kernelNames } from './assemble.ts'
import { dots } from './dots.ts'
import { histogram } from './histogram.ts'
import { net } from './net.ts'
import { products } from './products.ts'

test.each(Object.entries({ dots, histogram, net, products } satisfies Record<(typeof kernelNames)[number], string>))(
  'the bytes of %s that the app carries are those of its source',
  async (name, carried) => {
    expect(carried).toBe(await assemble(name as (typeof kernelNames)[number]))
  },
)

test('no source lies here without being assembled', () => {
  const sources = readdirSync(import.meta.dirname).filter((file) => file.endsWith('.wat'))
  expect(sources.sort()).toEqual(kernelNames.map((name) => `${name}.wat`).sort())
})
