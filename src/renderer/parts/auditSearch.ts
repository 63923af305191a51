import type { AuditFilter } from '../../contract/audit.ts'

/** What stands in the address of the view: the filter, the page, and which of its two halves is open. */
export interface AuditSearch {
  actor?: string
  act?: string
  record?: string
  outcome?: string
  /** First and last day, `2026-03-01`, in the time zone of this machine. */
  from?: string
  to?: string
  /** Entries below this number. */
  before?: number
  tab?: 'proof'
}

const texts = ['actor', 'act', 'record', 'outcome'] as const
const days = ['from', 'to'] as const
const day = /^\d{4}-\d{2}-\d{2}$/

/** What an address says, as far as it says something; the rest asks for nothing. */
export const auditSearchOf = (search: Record<string, unknown>): AuditSearch => {
  const kept: AuditSearch = {}
  for (const name of texts) {
    const value = search[name]
    if (typeof value === 'string' && value.trim() !== '') kept[name] = value.trim().slice(0, 100)
  }
  for (const name of days) {
    const value = search[name]
    if (typeof value === 'string' && day.test(value) && !Number.isNaN(Date.parse(value))) kept[name] = value
  }
  const before = Number(search.before)
  if (Number.isSafeInteger(before) && before > 1) kept.before = before
  if (search.tab === 'proof') kept.tab = 'proof'
  return kept
}

/** The filter for the core, whose log is in UTC: a day begins at this machine's midnight and ends before the next. */
export const filterOf = ({ from, to, before: _before, tab: _tab, ...rest }: AuditSearch): AuditFilter => ({
  ...rest,
  ...(from ? { from: new Date(`${from}T00:00:00`).toISOString() } : {}),
  ...(to ? { to: new Date(`${to}T23:59:59.999`).toISOString() } : {}),
})

export const isFiltered = (search: AuditSearch): boolean =>
  [...texts, ...days].some((name) => search[name] !== undefined)

/** An entry names its records one after the other: `patient/17 model/3`. */
export const recordsOf = (record: string | null): string[] => record?.split(' ').filter((each) => each !== '') ?? []
