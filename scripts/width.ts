import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseSync } from 'vite'

/**
 * Lines of at most 120 columns, where the formatter does not see to it: comments, code it cannot break, and Markdown.
 * What cannot be broken is let be: a string, a test's name, a table, a link, a listing.
 */
export const columns = 120

/** A line that is too wide, counted from 1. */
export interface WideLine {
  file: string
  line: number
  width: number
}

const generated = /(^|\/)(kernels?|products?Kernels?|.*\.wasm)\.ts$/

/** Characters of each line that stand in strings, templates, regular expressions and text of JSX. */
const unbreakable = (source: string, file: string): number[] => {
  const starts = [0]
  for (let at = source.indexOf('\n'); at >= 0; at = source.indexOf('\n', at + 1)) starts.push(at + 1)
  const covered = new Array<number>(starts.length).fill(0)
  const cover = (from: number, to: number) => {
    let line = starts.findLastIndex((start) => start <= from)
    for (; line < starts.length && starts[line] < to; line++)
      covered[line] += Math.min(to, (starts[line + 1] ?? source.length + 1) - 1) - Math.max(from, starts[line])
  }
  const { program } = parseSync(file, source, { lang: file.endsWith('x') ? 'tsx' : 'ts', sourceType: 'module' })
  const visit = (part: unknown): void => {
    if (Array.isArray(part)) for (const inner of part) visit(inner)
    if (!part || typeof part !== 'object' || !('type' in part)) return
    const its = part as Record<string, unknown> & { type: string; start: number; end: number }
    const text = its.type === 'Literal' && (typeof its.value === 'string' || 'regex' in its)
    if (text || its.type === 'TemplateLiteral' || its.type === 'JSXText') cover(its.start, its.end)
    else for (const value of Object.values(its)) visit(value)
  }
  visit(program)
  return covered
}

/** Lines of a source that are too wide, strings and the like left out. */
export const wideCode = (file: string, source: string): WideLine[] => {
  const lines = source.split('\n')
  if (lines.every((line) => line.length <= columns)) return []
  const covered = unbreakable(source, file)
  return lines.flatMap((line, index) =>
    line.length - covered[index] > columns ? [{ file, line: index + 1, width: line.length }] : [],
  )
}

/** Lines of a Markdown text that are too wide, listings, tables and what holds no space before the edge left out. */
export const wideProse = (file: string, text: string): WideLine[] => {
  let listing = false
  return text.split('\n').flatMap((line, index) => {
    if (/^\s*(```|~~~)/.test(line)) listing = !listing
    const free = listing || /^\s*(\||<|!\[|\[[^\]]+\]:)/.test(line) || !/\S\s+\S/.test(line.trim().slice(2, columns))
    return line.length > columns && !free ? [{ file, line: index + 1, width: line.length }] : []
  })
}

/** Every line that is too wide under the repository's own folders. */
export const wideLines = (root: string): WideLine[] =>
  ['', 'src', 'test', 'scripts', 'bench', 'docs', 'resources', '.github']
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: folder !== '', encoding: 'utf8' }).map((name) => join(folder, name)),
    )
    .filter((file) => /\.(tsx?|m?js|md)$/.test(file) && !generated.test(file.replaceAll('\\', '/')))
    .sort()
    .flatMap((file) => {
      const text = readFileSync(join(root, file), 'utf8')
      return file.endsWith('.md') ? wideProse(file, text) : wideCode(file, text)
    })

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const wide = wideLines(dirname(import.meta.dirname))
  for (const { file, line, width } of wide) console.error(`${file}:${line} is ${width} columns wide`)
  console.log(wide.length === 0 ? `Width: no line goes beyond ${columns} columns.` : `Width: ${wide.length} lines.`)
  process.exitCode = wide.length === 0 ? 0 : 1
}
