import type { Job } from '../contract/jobs.ts'

export interface Terminal {
  /** Whether the answer is a JSON document. */
  json: boolean
  /** The answer: `value` as JSON, or `lines` for people. */
  answer(value: unknown, lines: readonly string[]): void
  /** Text on stdout as it comes, for answers that are a file. Waits where the reader is slow. */
  write(text: string | Uint8Array): Promise<void>
  warn(sentence: string): void
  progress(job: Pick<Job, 'stage' | 'progress' | 'detail'> & Partial<Pick<Job, 'endsAt'>>): void
  clearProgress(): void
}

export const createTerminal = (json: boolean): Terminal => {
  const { stdout, stderr } = process
  let shown = false
  const clearProgress = () => {
    if (shown) stderr.write('\r\x1b[K')
    shown = false
  }
  return {
    json,
    answer(value, lines) {
      clearProgress()
      stdout.write(json ? `${JSON.stringify(value, null, 2)}\n` : lines.map((line) => `${line}\n`).join(''))
    },
    write: (text) =>
      new Promise((resolve, reject) => {
        stdout.write(text, (error) => (error ? reject(error) : resolve()))
      }),
    warn(sentence) {
      clearProgress()
      stderr.write(`warning: ${sentence.replace(/\s+/g, ' ').trim()}\n`)
    },
    progress({ stage, progress, detail, endsAt }) {
      if (!stderr.isTTY) return
      const share = progress === null ? '' : ` ${Math.round(progress * 100)}%`
      const more = Object.entries(detail ?? {}).map(([name, value]) => ` ${name} ${value}`)
      const words = stage.replace(/([A-Z])/g, (letter) => ` ${letter.toLowerCase()}`)
      const left = endsAt ? `, ${timeLeft(endsAt)}` : ''
      stderr.write(`\r\x1b[K${`${words}${share}${left}${more.join('')}`.slice(0, (stderr.columns || 80) - 1)}`)
      shown = true
    },
    clearProgress,
  }
}

/** How long it is until then, roughly: `about 4 min left`. */
export const timeLeft = (endsAt: string, now = Date.now()): string => {
  const seconds = Math.max(0, (Date.parse(endsAt) - now) / 1000)
  if (seconds < 90) return `about ${Math.max(5, Math.ceil(seconds / 5) * 5)} s left`
  const minutes = Math.ceil(seconds / 60)
  return minutes < 90 ? `about ${minutes} min left` : `about ${Math.round(minutes / 30) / 2} h left`
}

/** A table with its columns lined up; numbers to the right. */
export const table = (header: readonly string[], rows: readonly (readonly string[])[]): string[] => {
  const all = [header, ...rows]
  const widths = header.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)))
  const numeric = header.map(
    (_, column) => rows.length > 0 && rows.every((row) => /^[-+]?[\d.,]*(e[-+]?\d+)?$/i.test(row[column] ?? '')),
  )
  return all.map((row) =>
    row
      .map((cell, column) => (numeric[column] ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0)))
      .join('  ')
      .trimEnd(),
  )
}
