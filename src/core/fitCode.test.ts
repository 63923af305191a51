import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseSync, transformWithOxc } from 'vite'
import { expect, test } from 'vitest'
import manifest from '../../package.json' with { type: 'json' }
import { fitCodeDigest, fitCodeOf, tokensOf } from './fitCode.ts'
import { installation } from './installation.ts'

const sources = join(import.meta.dirname, '..')
const versions = { ...manifest.dependencies, ...manifest.optionalDependencies }
const own = fitCodeOf(sources, versions)
/** The digest of these sources with one of them changed. */
const digestWith = (changed: string, change: (text: string) => string) => {
  let met = false
  const { digest } = fitCodeDigest((path) => {
    const text = readFileSync(join(sources, path), 'utf8')
    if (path !== changed) return text
    met = true
    expect(change(text)).not.toBe(text)
    return change(text)
  }, versions)
  expect(met).toBe(true)
  return digest
}

test('a reworded comment, a type or another line width does not make every earlier model one of another build', () => {
  const path = 'core/learn/trees/sample.ts'
  expect(digestWith(path, (text) => `/** Said in other words. */\n${text}// The end.\n`)).toBe(own.digest)
  expect(digestWith(path, (text) => `export interface Unused {\n  one: number\n}\n${text}`)).toBe(own.digest)
  expect(digestWith(path, (text) => text.replaceAll('\n', '\r\n').replaceAll('(', '(\n   '))).toBe(own.digest)
})

test('a changed constant where models are fitted is another build', () => {
  expect(digestWith('core/learn/trees/obliqueTask.ts', (text) => text.replace('tries = 3', 'tries = 4'))).not.toBe(
    own.digest,
  )
  expect(digestWith('core/cohort/split.ts', (text) => text.replace('0.2, 0.4', '0.2, 0.5'))).not.toBe(own.digest)
  expect(fitCodeOf(sources, { ...versions, '@tensorflow/tfjs': '0.0.0' }).digest).not.toBe(own.digest)
})

test('numbers that a module takes from a JSON file count, the way they are laid out does not', () => {
  const digestOf = (json: string) =>
    fitCodeDigest((path) => {
      if (path === 'core/learn/cuts.json') return json
      return path === 'core/learn/workers.ts' ? "import cuts from './cuts.json' with { type: 'json' }" : ''
    }, {}).digest
  expect(digestOf('{"cuts": [1, 2]}')).toBe(digestOf('{ "cuts":\n  [1,2] }'))
  expect(digestOf('{"cuts": [1, 2]}')).not.toBe(digestOf('{"cuts": [1, 3]}'))
})

test('what decides no fit is not read: vault, files coming in, handlers, shells, texts, tests', () => {
  expect(own.modules.length).toBeGreaterThan(100)
  const aside = own.modules.filter((path) =>
    /^core\/(vault|intake|handlers|session|jobs|advise|report|export)\/|\.test\.|fixture|^(cli|main|server|renderer|\.\.)\//.test(
      path,
    ),
  )
  expect(aside).toEqual([])
  for (const room of ['learn', 'cohort', 'numbers', 'study/run', 'study/tune'])
    expect(own.modules.some((path) => path.startsWith(`core/${room}/`))).toBe(true)
  expect(own.packages).toContain('@tensorflow/tfjs')
  expect(own.packages).not.toContain('zod')
})

test('the bundle says the same build as the sources it was bundled from', async () => {
  const { default: config } = (await import('../../electron.vite.config.ts')) as {
    default: { main: { define: Record<string, string> } }
  }
  expect(config.main.define.__BEDSIDE_BUILD__).toBe(JSON.stringify(`${manifest.version}+${own.digest}`))
  expect(installation().build()).toBe(`${manifest.version}+${own.digest}`)
})

const treeOf = (code: string) => {
  const { program, errors } = parseSync('module.js', code, { sourceType: 'module' })
  expect(errors).toEqual([])
  return JSON.stringify(program.body, (key, value) =>
    key === 'start' || key === 'end' ? undefined : typeof value === 'bigint' ? String(value) : value,
  )
}

test('no token is lost or joined in any source that counts', async () => {
  for (const path of own.modules) {
    // Printed with a semicolon after each statement, so that no line's end means anything.
    const { code } = await transformWithOxc(readFileSync(join(sources, path), 'utf8'), path, { lang: 'ts' })
    expect([path, treeOf(tokensOf(code).join(' '))]).toEqual([path, treeOf(code)])
  }
})

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: they are code to be read
test.each([
  ['a / b / c', ['a', '/', 'b', '/', 'c']],
  ['x = /[/"`]\\/*/g.exec(y) // no text begins here', ['x', '=', '/[/"`]\\/*/g', '.', 'exec', '(', 'y', ')']],
  [
    'f(`a ${{ b: `c ${d} /* kept */` }.b} e`)',
    ['f', '(', '`a ${', '{', 'b', ':', '`c ${', 'd', '} /* kept */`', '}', '.', 'b', '} e`', ')'],
  ],
  ['return /x/', ['return', '/x/']],
  ['[1_000, .5, 0x1Fn,]', ['[', '1_000', ',', '.5', ',', '0x1Fn', ']']],
  ['[,]', ['[', ',', ']']],
  ['a?.5:b?.c', ['a', '?', '.5', ':', 'b', '?.', 'c']],
  ["'it\\'s' /* gone */ + \"//\"", ["'it\\'s'", '+', '"//"']],
  // biome-ignore-end lint/suspicious/noTemplateCurlyInString: so far
])('%s is read as the tokens it has', (code, tokens) => {
  expect(tokensOf(code)).toEqual(tokens)
})
