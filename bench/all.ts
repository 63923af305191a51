import { readdirSync } from 'node:fs'

/**
 * `npm run bench`: every bench of this folder, one after another, or those that are named
 * (`npm run bench -- cox forest`). A bench prints its table and says PASS or FAIL where the project has promised a
 * ratio.
 */
const wanted = process.argv.slice(2)
const names = readdirSync(import.meta.dirname)
  .filter((name) => name.endsWith('.ts') && name !== 'all.ts' && !name.endsWith('.test.ts'))
  .map((name) => name.slice(0, -'.ts'.length))
  .filter((name) => wanted.length === 0 || wanted.includes(name))
  .sort()

const unknown = wanted.filter((name) => !names.includes(name))
if (unknown.length > 0) {
  console.error(`There is no bench ${unknown.join(', ')}.`)
  process.exit(1)
}

let failures = 0
for (const name of names) {
  const bench = (await import(new URL(`./${name}.ts`, import.meta.url).href)) as { run?: () => Promise<unknown> }
  if (!bench.run) continue
  console.log(`\n── ${name}`)
  // What a bench prints is also its verdict: the promised ratios are marked PASS or FAIL there.
  const { log } = console
  console.log = (...parts: unknown[]) => {
    failures += parts.join(' ').match(/\bFAIL\b/g)?.length ?? 0
    log(...parts)
  }
  try {
    await bench.run()
  } catch (error) {
    failures++
    console.error(error)
  } finally {
    console.log = log
  }
}
console.log(failures === 0 ? '\nAll promised ratios were reached.' : `\n${failures} promised ratios were not reached.`)
process.exitCode = failures === 0 ? 0 : 1
