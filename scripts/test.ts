import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { hasDisplay } from './electron.ts'

/**
 * `npm test`: every check there is. All run, also after one has failed; the reports of the test runners are left in
 * test-results/ for `scripts/tally.ts`.
 */
const root = dirname(import.meta.dirname)
const results = join(root, 'test-results')
rmSync(results, { recursive: true, force: true })
mkdirSync(results)

const vitest = (project: string) => [
  'npx',
  '--no',
  'vitest',
  'run',
  '--project',
  project,
  '--reporter=default',
  '--reporter=json',
  `--outputFile.json=${join('test-results', `${project}.json`)}`,
]
/** A window of Electron needs a screen; where there is none, one in memory. */
const withDisplay = (words: string[]) =>
  hasDisplay() || spawnSync('xvfb-run', ['--help']).error ? words : ['xvfb-run', '-a', ...words]

const steps: { name: string; words: string[] }[] = [
  { name: 'typecheck', words: ['npm', 'run', '-s', 'typecheck'] },
  { name: 'lint', words: ['npm', 'run', '-s', 'lint'] },
  { name: 'rooms', words: ['npm', 'run', '-s', 'rooms'] },
  { name: 'width', words: ['npm', 'run', '-s', 'width'] },
  { name: 'dead code', words: ['npm', 'run', '-s', 'dead'] },
  { name: 'unit', words: vitest('unit') },
  { name: 'build', words: ['npm', 'run', '-s', 'build'] },
  { name: 'end-to-end', words: withDisplay(vitest('end-to-end')) },
]

const outcomes = steps.map(({ name, words }) => {
  console.log(`\n── ${name}`)
  const began = Date.now()
  const [command = '', ...args] = words
  const { status } = spawnSync(command, args, { cwd: root, stdio: 'inherit', shell: process.platform === 'win32' })
  return { name, passed: status === 0, seconds: (Date.now() - began) / 1000 }
})
writeFileSync(join(results, 'steps.json'), JSON.stringify(outcomes))

console.log('')
for (const { name, passed, seconds } of outcomes)
  console.log(`${passed ? 'passed' : 'FAILED'}  ${name.padEnd(12)} ${seconds.toFixed(1)} s`)
process.exitCode = outcomes.every(({ passed }) => passed) ? 0 : 1
