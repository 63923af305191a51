import { spawnSync } from 'node:child_process'
import { dirname } from 'node:path'

/**
 * `npm run crash`: kills the process that holds the vault 200 times (BEDSIDE_CRASH_KILLS for another number), for a
 * night when nobody waits. `npm test` does it 20 times. BEDSIDE_CRASH_SEED, which is printed, repeats a run.
 */
const { status } = spawnSync('npx', ['--no', 'vitest', 'run', '--project', 'unit', 'test/crash'], {
  cwd: dirname(import.meta.dirname),
  stdio: 'inherit',
  shell: process.platform === 'win32',
  env: { ...process.env, BEDSIDE_CRASH_KILLS: process.env.BEDSIDE_CRASH_KILLS ?? '200' },
})
process.exitCode = status ?? 1
