import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'

const root = dirname(import.meta.dirname)
const text = (path: string) => readFileSync(join(root, path), 'utf8')

/** Tests that a document names: a file in backquotes, then, after a dash, names in quotes. */
const claimsOf = (document: string): { file: string; names: string[] }[] =>
  [
    ...text(document)
      .replace(/\s+/g, ' ')
      .matchAll(/`([\w./-]+\.test\.ts)`(?: — ((?:"[^"]+"(?:; )?)+))?/g),
  ].map(([, file = '', names = '']) => ({
    file,
    names: [...names.matchAll(/"([^"]+)"/g)].map(([, name = '']) => name),
  }))

test('what the security documents say is tested, is', () => {
  for (const document of ['docs/threat-model.md', 'docs/electron-security.md']) {
    const claims = claimsOf(document)
    expect(claims.flatMap(({ names }) => names).length).toBeGreaterThan(10)
    const missing = claims.flatMap(({ file, names }) => {
      if (!existsSync(join(root, file))) return [file]
      const source = text(file)
      return names.filter((name) => !source.includes(`'${name}'`)).map((name) => `${file}: ${name}`)
    })
    expect(missing).toEqual([])
  }
})

test('Electron’s checklist is answered point by point', () => {
  const points = [...text('docs/electron-security.md').matchAll(/^\| (\d+) \| .+ \| .+ \| .+ \|$/gm)].map(([, point]) =>
    Number(point),
  )
  expect(points).toEqual(Array.from({ length: 20 }, (_, at) => at + 1))
})

test('nothing opens an address in another program, and no crash reporter is started', () => {
  const sources = ['src/main', 'src/preload', 'src/core', 'src/renderer'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => /(?<!\.test)\.tsx?$/.test(name))
      .map((name) => join(folder, name)),
  )
  expect(sources.length).toBeGreaterThan(100)
  expect(
    sources.filter((path) => /\bopenExternal\b|\bopenPath\b|\bcrashReporter\b|\bautoUpdater\b/.test(text(path))),
  ).toEqual([])
})
