import { expect, test } from 'vitest'
import { surfaces } from './surfaces.ts'

const luminance = (hex: string): number => {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(hex.slice(at, at + 2), 16) / 255
    return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}
/** WCAG 2.2, contrast ratio. */
const contrast = (a: string, b: string): number => {
  const [light = 0, dark = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x)
  return (light + 0.05) / (dark + 0.05)
}
const colors = new Map<string, readonly [string, string]>(Object.entries(surfaces))
const pairs = [
  ...['ink', 'ink-soft', 'ink-dim', 'accent', 'high', 'low', 'warn', 'good'].flatMap((ink) =>
    ['surface', 'surface-sunken', 'surface-raised'].map((surface) => [ink, surface] as const),
  ),
  ...['accent', 'high', 'low', 'warn', 'good'].map((ink) => [ink, `${ink}-soft`] as const),
  ['ink', 'surface-selected'] as const,
  ['ink-dim', 'surface-selected'] as const,
  ['ink-dim', 'surface-hover'] as const,
]

test.each(pairs)('%s on %s can be read by tired eyes, light and dark (AA, 4.5)', (ink, surface) => {
  for (const scheme of [0, 1] as const)
    expect(contrast(colors.get(ink)![scheme], colors.get(surface)![scheme])).toBeGreaterThanOrEqual(4.5)
})

test('contrast is computed as WCAG has it', () => {
  expect(contrast('#000000', '#ffffff')).toBeCloseTo(21, 5)
  expect(contrast('#777777', '#ffffff')).toBeCloseTo(4.48, 2)
})
