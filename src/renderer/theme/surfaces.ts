import type { CSSVariablesResolver } from '@mantine/core'

/**
 * Named surfaces and inks, light and dark. Views write `var(--ink-dim)` rather than a shade of a colour;
 * contrast.test.ts holds every pair that meets on screen against WCAG AA.
 */
export const surfaces = {
  surface: ['#ffffff', '#1b2327'],
  'surface-sunken': ['#f5f7f7', '#161d21'],
  'surface-raised': ['#ffffff', '#222c31'],
  'surface-hover': ['#eef4f4', '#243036'],
  'surface-selected': ['#e0eff0', '#203c40'],
  line: ['#e0e5e7', '#303b41'],
  'line-strong': ['#c3ccd0', '#47555c'],
  ink: ['#1b2225', '#dde5e7'],
  'ink-soft': ['#475359', '#b8c4c8'],
  'ink-dim': ['#5a686f', '#98a6ac'],
  accent: ['#1a6d73', '#66b8bc'],
  'accent-soft': ['#e3f1f1', '#1d3639'],
  /** Above the reference range; danger. */
  high: ['#a63b2c', '#ea9d90'],
  'high-soft': ['#fbefed', '#40231f'],
  /** Below the reference range. */
  low: ['#2a5c99', '#8ebaea'],
  'low-soft': ['#eef4fb', '#1d2f44'],
  warn: ['#7d5305', '#e8bd63'],
  'warn-soft': ['#fdf5e6', '#3a2e14'],
  good: ['#3a6b31', '#9bc98e'],
  'good-soft': ['#f0f6ee', '#22331e'],
} as const satisfies Record<string, readonly [light: string, dark: string]>

/** Mantine's own, brought to the same. */
const mantine = {
  'mantine-color-body': surfaces.surface,
  'mantine-color-default-border': surfaces['line-strong'],
  'mantine-color-dimmed': surfaces['ink-dim'],
  'mantine-color-placeholder': ['#6d7a81', '#87949a'],
  'mantine-color-error': surfaces.high,
  'mantine-color-gray-light': ['#e8ecee', '#2c373d'],
  'mantine-color-gray-light-color': surfaces['ink-soft'],
  // Soft backgrounds of alerts and badges.
  'mantine-color-brick-light': surfaces['high-soft'],
  'mantine-color-brick-light-color': surfaces.high,
  'mantine-color-amber-light': surfaces['warn-soft'],
  'mantine-color-amber-light-color': surfaces.warn,
  'mantine-color-moss-light': surfaces['good-soft'],
  'mantine-color-moss-light-color': surfaces.good,
  'mantine-color-sky-light': surfaces['low-soft'],
  'mantine-color-sky-light-color': surfaces.low,
} as const

const variables = (scheme: 0 | 1): Record<string, string> =>
  Object.fromEntries(Object.entries({ ...surfaces, ...mantine }).map(([name, colors]) => [`--${name}`, colors[scheme]]))

export const surfaceVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: variables(0),
  dark: variables(1),
})
