import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import * as nodeModule from 'node:module'
import { join, posix } from 'node:path'

/** Where a run of a study and the pieces it hands to other threads begin: from here every import is followed. */
const entries = ['core/study/run/run.ts', 'core/learn/workers.ts'] as const

/**
 * What stands beside a model and in no byte of it: findings about its columns, how anything is said, and when other
 * work has its turn.
 */
const beside =
  /^core\/async\.ts$|^core\/study\/inspect\/|^\.\.\/resources\/texts\/|^contract\/(errors|languages|said|say|texts|warnings)\.ts$/

/**
 * A digest of the code that decides a fit: of every module that a run of a study reaches by value, and of the packages
 * that those in core name. A module counts as its JavaScript without types, comments and whitespace, so that a reworded
 * comment leaves the digest as it is. `read` gives a module by its path from the folder of the sources; `versions` are
 * those of the packages Bedside depends on.
 */
export const fitCodeDigest = (
  read: (path: string) => string,
  versions: Readonly<Record<string, string>>,
): { digest: string; modules: string[]; packages: string[] } => {
  const tokens = new Map<string, string>()
  const packages = new Set<string>()
  const waiting: string[] = [...entries]
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (tokens.has(path) || beside.test(path)) continue
    const found = path.endsWith('.json') ? [JSON.stringify(JSON.parse(read(path)))] : tokensOf(withoutTypes(read(path)))
    tokens.set(path, found.join('\n'))
    for (const name of importsIn(found)) if (name.startsWith('.')) waiting.push(posix.join(posix.dirname(path), name))
    if (path.startsWith('core/')) for (const name of packagesIn(found, versions)) packages.add(name)
  }
  const modules = [...tokens.keys()].sort()
  const named = [...packages].sort()
  const digest = createHash('sha256')
  for (const path of modules) digest.update(`${path}\0${tokens.get(path)}\0`)
  for (const name of named) digest.update(`${name}@${versions[name]}\0`)
  return { digest: digest.digest('hex').slice(0, 12), modules, packages: named }
}

/** The same of an installation's own sources; takes about a fifth of a second. */
export const fitCodeOf = (sources: string, versions: Readonly<Record<string, string>>) =>
  fitCodeDigest((path) => readFileSync(join(sources, path), 'utf8').replaceAll('\r\n', '\n'), versions)

/**
 * TypeScript with its types blanked out. Whatever runs from sources has this of Node, for Node runs them by it. Where
 * it is missing, types count as code: then a fit may pass for one of another build, never the other way round.
 */
const withoutTypes = (code: string): string => {
  const strip = nodeModule.stripTypeScriptTypes as typeof nodeModule.stripTypeScriptTypes | undefined
  if (!strip) return code
  // Node says once a process that the function may still change; a clerk at the command line need not read that.
  const { emitWarning } = process
  process.emitWarning = () => {}
  try {
    return strip(code)
  } finally {
    process.emitWarning = emitWarning
  }
}

/** Names that `from`, `import` and `import(` are followed by. */
const importsIn = (tokens: readonly string[]): string[] =>
  tokens.flatMap((token, at) => {
    const before = tokens[at - 1] === '(' ? tokens[at - 2] : tokens[at - 1]
    const named = before === 'import' || (before === 'from' && tokens[at - 1] === 'from')
    return named && /^['"]/.test(token) ? [token.slice(1, -1)] : []
  })

/** Packages that a text names: imports, and what `require` is handed. */
const packagesIn = (tokens: readonly string[], versions: Readonly<Record<string, string>>): string[] =>
  tokens.flatMap((token) => {
    const parts = /^['"]/.test(token) ? token.slice(1, -1).split('/') : []
    const name = parts.slice(0, parts[0]?.startsWith('@') ? 2 : 1).join('/')
    return Object.hasOwn(versions, name) ? [name] : []
  })

const spaces = /(?:\s+|\/\/[^\n]*|\/\*[\s\S]*?\*\/)+/y
const word = /[\p{ID_Start}$_#@\\][\p{ID_Continue}$\\]*/uy
const number = /0[xXbBoO][\da-fA-F_]+n?|(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?\d[\d_]*)?n?/y
const text = /'(?:[^'\\\n]|\\[\s\S])*'|"(?:[^"\\\n]|\\[\s\S])*"/y
const pattern = /\/(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/y
/** A template up to its end or its next substitution, from the start or after a substitution. */
const template = /[`}](?:[^`\\$]|\\[\s\S]|\$(?!\{))*(?:`|\$\{)/y
const mark =
  />>>=|\.\.\.|===|!==|\*\*=|<<=|>>=|>>>|&&=|\|\|=|\?\?=|=>|==|!=|<=|>=|&&|\|\||\?\?|\?\.(?!\d)|\+\+|--|\+=|-=|\*=|\/=|%=|&=|\|=|\^=|<<|>>|\*\*|[{}()[\];,<>+\-*/%&|^!~?:=.]/y

/** After these a slash begins a pattern; after any other word, a number, a text or a closing bracket it divides. */
const beforePattern =
  /^(?:return|typeof|case|in|of|delete|void|throw|new|else|do|instanceof|yield|await|[^\p{ID_Continue}$'"`)\]}]+|[`}][\s\S]*\$\{)$/u

/**
 * JavaScript's tokens, without comments and whitespace, and without the comma that a formatter leaves before a bracket.
 */
export const tokensOf = (code: string): string[] => {
  const tokens: string[] = []
  // For each open template, how many braces stand open within its substitution.
  const substitutions: number[] = []
  let at = 0
  const take = (kind: RegExp): string | null => {
    kind.lastIndex = at
    const found = kind.exec(code)
    if (!found) return null
    at = kind.lastIndex
    return found[0]
  }
  const push = (token: string) => {
    const last = tokens.at(-1)
    if (/^[)\]}]$/.test(token) && last === ',' && !/^[,[]$/.test(tokens.at(-2) ?? '')) tokens.pop()
    tokens.push(token)
  }
  for (take(spaces); at < code.length; take(spaces)) {
    const last = tokens.at(-1)
    const depth = substitutions.at(-1)
    let token: string | null = null
    if (code[at] === '`' || (code[at] === '}' && depth === 0)) {
      if (code[at] === '}') substitutions.pop()
      token = take(template)
      if (token?.endsWith('${')) substitutions.push(0)
    } else if (code[at] === '/' && (last === undefined || beforePattern.test(last))) token = take(pattern)
    token ??= take(text) ?? take(number) ?? take(word) ?? take(mark)
    if (token === null) throw new SyntaxError(`No token at character ${at}: ${code.slice(at, at + 20)}`)
    if (depth !== undefined && token === '{') substitutions[substitutions.length - 1]++
    if (depth !== undefined && depth > 0 && token === '}') substitutions[substitutions.length - 1]--
    push(token)
  }
  return tokens
}
