import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseSync } from 'vite'

/**
 * Draws the walls between the rooms of src/ (docs/architecture.md). `npm run rooms` fails when a file imports, by value
 * or as a type, from a room it may not reach. Tests and their fixtures stand outside: they may look anywhere.
 */

interface Room {
  /** Rooms and single files (relative to src/) that may be imported; the room itself always may. */
  may: readonly string[]
  /** Packages that may not be imported, besides those that only one room may (`onlyIn`). */
  mayNot?: readonly RegExp[]
}

const shells = [/^electron(\/|$)/, /^react(-dom)?(\/|$)/, /^@mantine\//, /^@tanstack\//]
const webServers = [
  /^(node:)?https?$/,
  /^(node:)?http2$/,
  /^ws$/,
  /^fastify/,
  /^express$/,
  /^@orpc\/server\/(node|fetch|ws|websocket|fastify)$/,
]
const node = [/^node:/]

/** Longest name first wins: `core/vault` stands before `core`. */
export const rooms: Record<string, Room> = {
  contract: { may: [], mayNot: [...shells, ...webServers, ...node, /^@orpc\/(server|client)/] },
  figures: { may: ['contract'], mayNot: [...shells, ...webServers, ...node] },
  renderer: { may: ['contract', 'figures'], mayNot: [/^electron(\/|$)/, ...webServers, ...node] },
  preload: { may: ['contract'], mayNot: [/^react/, ...webServers, ...node] },
  main: { may: ['contract', 'core/app.ts', 'core/installation.ts', 'server/renderer.ts'], mayNot: [/^react/] },
  server: { may: ['contract', 'core/app.ts', 'core/installation.ts'], mayNot: shells },
  cli: {
    may: ['contract', 'core/app.ts', 'core/installation.ts', 'core/texts.ts'],
    mayNot: [...shells, ...webServers],
  },

  // Ground: channel, mutex, giving way.
  'core/async.ts': { may: [], mayNot: [...shells, ...webServers] },
  // Ground: catalogues of texts, read from the resources.
  'core/texts.ts': { may: ['contract'], mayNot: [...shells, ...webServers] },
  // Ground: random numbers, distributions, linear algebra, bytes and digests.
  'core/numbers': { may: ['contract'], mayNot: [...shells, ...webServers] },
  // Ground: clinical vocabulary that readers, scores and exports share.
  'core/terminology': { may: ['contract', 'core/numbers'], mayNot: [...shells, ...webServers] },
  // Extraction gives the table of columns that cohort takes.
  'core/vault': {
    may: ['contract', 'core/async.ts', 'core/numbers', 'core/cohort/table.ts'],
    mayNot: [...shells, ...webServers],
  },
  'core/intake': {
    may: ['contract', 'core/async.ts', 'core/numbers', 'core/terminology', 'core/vault'],
    mayNot: [...shells, ...webServers],
  },
  'core/cohort': { may: ['contract', 'core/numbers'], mayNot: [...shells, ...webServers] },
  'core/learn': {
    may: ['contract', 'core/async.ts', 'core/numbers', 'core/cohort'],
    mayNot: [...shells, ...webServers],
  },
  'core/assess': { may: ['contract', 'core/numbers', 'core/cohort'], mayNot: [...shells, ...webServers] },
  'core/explain': {
    may: ['contract', 'core/numbers', 'core/cohort', 'core/learn', 'core/assess'],
    mayNot: [...shells, ...webServers],
  },
  'core/advise': { may: ['contract', 'core/terminology'], mayNot: [...shells, ...webServers] },
  // Reads the vault through functions it is handed; `core/extract/studySource.ts` hands them.
  'core/export': {
    may: ['contract', 'core/async.ts', 'core/terminology', 'core/cohort'],
    mayNot: [...shells, ...webServers],
  },
  'core/study': {
    may: ['contract', 'core/numbers', 'core/cohort', 'core/learn', 'core/assess', 'core/explain'],
    mayNot: [...shells, ...webServers],
  },
  'core/jobs': { may: ['contract', 'core/async.ts', 'core/learn', 'core/study'], mayNot: [...shells, ...webServers] },
  // Records to columns: what the vault holds as the tables that cohort, study and export take.
  'core/extract': {
    may: ['contract', 'core/async.ts', 'core/numbers', 'core/cohort', 'core/vault', 'core/study', 'core/export'],
    mayNot: [...shells, ...webServers],
  },
  // What is done with models, without knowing who asked: handed the vault, a transport for long tasks, and no more.
  'core/models': {
    may: [
      'contract',
      'core/numbers',
      'core/cohort',
      'core/learn',
      'core/study',
      'core/jobs',
      'core/intake',
      'core/extract',
      'core/vault',
    ],
    mayNot: [...shells, ...webServers],
  },
  // The life of the vault; what goes on behind it is told through hooks.
  'core/session': { may: ['contract', 'core/async.ts', 'core/vault'], mayNot: [...shells, ...webServers] },
  'core/handlers': { may: ['contract', 'core'], mayNot: [...shells, ...webServers] },
  core: { may: ['contract', 'core'], mayNot: [...shells, ...webServers] },
}

/**
 * What every view of the renderer may use; none of it may use a view. Files beside these folders put views together.
 */
const shared = ['parts', 'language', 'errors', 'theme']
const composing = ['api.ts', 'connection.ts']

/** Why a file of the renderer may not import another, or null where it may: a view never reaches into another view. */
const trespass = (from: string, to: string): string | null => {
  const placeOf = (path: string) => path.slice('renderer/'.length).split('/')
  const [[home, ...inside], [there = '', ...deeper]] = [placeOf(from), placeOf(to)]
  const composes = inside.length === 0 && !composing.includes(home)
  if (composes || home === there || shared.includes(there) || (deeper.length === 0 && composing.includes(there)))
    return null
  return shared.includes(home) ? 'what views share may not reach a view' : `view ${home} may not reach into ${there}`
}

/** A wall that was walked through: file (relative to src/), what it imports, and why that is wrong. */
export interface Breach {
  file: string
  imports: string
  reason: string
}

/** The room a file or a room-relative path belongs to, or null where it is in none. */
export const roomOf = (path: string): string | null =>
  Object.keys(rooms)
    .sort((a, b) => b.length - a.length)
    .find((name) => path === name || path.startsWith(`${name}/`)) ?? null

/**
 * Every module a source names: static and dynamic imports, re-exports, type imports, require,
 * `new URL(..., import.meta.url)`.
 */
export const importsOf = (source: string, file: string): string[] => [...modulesOf(source, file).keys()]

/** The modules a source names, and whether a value of theirs must be there before the source itself runs. */
const modulesOf = (source: string, file: string): Map<string, boolean> => {
  const { program, errors } = parseSync(file, source, { lang: file.endsWith('x') ? 'tsx' : 'ts', sourceType: 'module' })
  if (errors[0]) throw new Error(`${file} cannot be read: ${errors[0].message}`)
  const found = new Map<string, boolean>()
  const literal = (part: unknown, needed = false) => {
    const value = (part as { value?: unknown } | null | undefined)?.value
    if (typeof value === 'string') found.set(value, needed || found.get(value) === true)
  }
  const visit = (part: unknown): void => {
    if (Array.isArray(part)) for (const inner of part) visit(inner)
    if (!part || typeof part !== 'object' || !('type' in part)) return
    const its = part as Record<string, unknown> & { type: string; arguments?: unknown[] }
    const name = (its.callee as { name?: string } | undefined)?.name
    if (/^(Import|ExportNamed|ExportAll)(Declaration|Expression)$|^TSImportType$/.test(its.type))
      literal(its.source, needsValue(its))
    if (its.type === 'TSExternalModuleReference') literal(its.expression)
    if (its.type === 'CallExpression' && name === 'require') literal(its.arguments?.[0])
    if (its.type === 'NewExpression' && name === 'URL' && its.arguments?.length === 2) literal(its.arguments[0])
    for (const value of Object.values(its)) visit(value)
  }
  visit(program)
  return found
}

/** A static import or re-export of more than types. */
const needsValue = (node: Record<string, unknown> & { type: string }): boolean => {
  if (!node.type.endsWith('Declaration') || node.importKind === 'type' || node.exportKind === 'type') return false
  const specifiers = (node.specifiers ?? []) as { importKind?: string; exportKind?: string }[]
  const typeOnly = ({ importKind, exportKind }: (typeof specifiers)[number]) =>
    importKind === 'type' || exportKind === 'type'
  return specifiers.length === 0 || !specifiers.every(typeOnly)
}

/**
 * @param file path relative to src/, with forward slashes
 * @param source its text
 */
export const breachesIn = (file: string, source: string): Breach[] => {
  const home = roomOf(file)
  if (!home) return [{ file, imports: '', reason: 'stands in no room of scripts/rooms.ts' }]
  const { may, mayNot = [] } = rooms[home] as Room
  const breaches: Breach[] = []
  for (const name of importsOf(source, file)) {
    const breach = (reason: string) => breaches.push({ file, imports: name, reason })
    if (/^electron(\/|$)/.test(name) && home !== 'main' && home !== 'preload') breach('only main imports electron')
    else if (!name.startsWith('.')) {
      if (mayNot.some((rule) => rule.test(name))) breach(`${home} may not use this package`)
    } else {
      const target = posix.normalize(posix.join(posix.dirname(file), name))
      // package.json, resources: data beside the rooms.
      if (target.startsWith('..') || target === '.') continue
      const room = roomOf(target)
      const allowed = [home, ...may].some((reach) => target === reach || target.startsWith(`${reach}/`))
      if (!allowed) breach(`${home} may not reach ${room ?? target}`)
      else if (home === 'renderer' && room === 'renderer') {
        const reason = trespass(file, target)
        if (reason) breach(reason)
      }
    }
  }
  return breaches
}

const sql = /^\s*(SELECT|INSERT|UPDATE|DELETE|REPLACE|WITH|CREATE|ALTER|DROP|PRAGMA|BEGIN|ATTACH|VACUUM)\s+\S/

/** Text of the vault's database stands in core/vault alone: each table has one file that knows its columns. */
export const sqlIn = (file: string, source: string): Breach[] => {
  if (file.startsWith('core/vault/')) return []
  const found: Breach[] = []
  const visit = (part: unknown): void => {
    if (Array.isArray(part)) for (const inner of part) visit(inner)
    if (!part || typeof part !== 'object' || !('type' in part)) return
    const its = part as Record<string, unknown> & {
      type: string
      value?: unknown
      quasis?: { value: { raw: string } }[]
    }
    const text = its.type === 'Literal' ? its.value : its.quasis?.[0]?.value.raw
    if (typeof text === 'string' && sql.test(text))
      found.push({ file, imports: text.trim().split('\n')[0] ?? '', reason: 'SQL stands in core/vault alone' })
    for (const value of Object.values(its)) visit(value)
  }
  visit(parseSync(file, source, { lang: file.endsWith('x') ? 'tsx' : 'ts', sourceType: 'module' }).program)
  return found
}

/** Circles of a graph: each a list of nodes that reach one another, longest first. */
export const circlesOf = (arrows: ReadonlyMap<string, ReadonlySet<string>>): string[][] => {
  // Tarjan's strongly connected components (1972).
  const [index, low] = [new Map<string, number>(), new Map<string, number>()]
  const stack: string[] = []
  const circles: string[][] = []
  const walk = (node: string): void => {
    index.set(node, index.size)
    low.set(node, index.get(node) as number)
    stack.push(node)
    for (const next of arrows.get(node) ?? []) {
      if (!index.has(next)) {
        walk(next)
        low.set(node, Math.min(low.get(node) as number, low.get(next) as number))
      } else if (stack.includes(next)) low.set(node, Math.min(low.get(node) as number, index.get(next) as number))
    }
    if (low.get(node) !== index.get(node)) return
    const circle = stack.splice(stack.indexOf(node))
    if (circle.length > 1) circles.push(circle.sort())
  }
  for (const node of arrows.keys()) if (!index.has(node)) walk(node)
  return circles.sort((a, b) => b.length - a.length)
}

/** Circles between rooms, types included, and circles of files that need each other's values. */
export const circleBreaches = (sources: ReadonlyMap<string, string>): Breach[] => {
  const files = new Map<string, Set<string>>()
  const between = new Map<string, Set<string>>()
  for (const [file, source] of sources) {
    const values = new Set<string>()
    files.set(file, values)
    const home = roomOf(file)
    for (const [name, needed] of modulesOf(source, file)) {
      if (!name.startsWith('.')) continue
      const target = posix.normalize(posix.join(posix.dirname(file), name))
      if (!sources.has(target)) continue
      if (needed) values.add(target)
      const room = roomOf(target)
      if (home && room && home !== room) between.set(home, (between.get(home) ?? new Set()).add(room))
    }
  }
  const breach = (reason: string) => (circle: string[]) => ({ file: circle[0], imports: circle.join(' -> '), reason })
  return [
    ...circlesOf(between).map(breach('rooms must not go round in a circle')),
    ...circlesOf(files).map(breach('files must not need each other’s values in a circle')),
  ]
}

export const breachesUnder = (folder: string): Breach[] => {
  const sources = new Map(
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .map((name) => name.replaceAll('\\', '/'))
      .filter((name) => /\.tsx?$/.test(name) && !/\.test\.tsx?$|\.d\.ts$/.test(name))
      .sort()
      .map((name) => [name, readFileSync(join(folder, name), 'utf8')]),
  )
  return [
    ...[...sources].flatMap(([name, source]) => [...breachesIn(name, source), ...sqlIn(name, source)]),
    ...circleBreaches(sources),
  ]
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const breaches = breachesUnder(join(dirname(import.meta.dirname), 'src'))
  for (const { file, imports, reason } of breaches) console.error(`src/${file} imports '${imports}': ${reason}`)
  console.log(
    breaches.length === 0 ? 'Rooms: every import stays within its walls.' : `Rooms: ${breaches.length} breaches.`,
  )
  process.exitCode = breaches.length === 0 ? 0 : 1
}
