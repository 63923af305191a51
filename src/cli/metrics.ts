import type { Metrics } from '../contract/models.ts'
import { table } from './terminal.ts'

const digits = (value: number | null) => (value === null ? '' : value.toPrecision(4))

/** Metrics as a table, with their 95% intervals. */
export const metricLines = (metrics: Metrics): string[] =>
  table(
    ['metric', 'value', '95% low', 'high'],
    Object.entries(metrics).map(([name, { value, low, high }]) => [name, digits(value), digits(low), digits(high)]),
  )
