import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type Browser, chromium } from 'playwright-core'

const root = dirname(dirname(import.meta.dirname))

/**
 * A headless Chromium: BEDSIDE_CHROMIUM where it is set, else the one that comes with the development dependencies
 * (Linux on x64), else an installed Chrome or Edge. Throws where there is none: these tests are not skipped lightly.
 */
export const launchChromium = async (): Promise<Browser> => {
  const named = process.env.BEDSIDE_CHROMIUM
  if (named) return chromium.launch({ executablePath: named, args: chromiumArgs() })
  if (process.platform === 'linux' && process.arch === 'x64') {
    const { path, libraries } = await unpacked()
    const env = needsLibraries(path) ? { ...process.env, LD_LIBRARY_PATH: libraries } : { ...process.env }
    return chromium.launch({ executablePath: path, env: env as Record<string, string>, args: chromiumArgs() })
  }
  try {
    return await chromium.launch({ channel: 'chrome' })
  } catch {
    return chromium.launch({ channel: 'msedge' })
  }
}

const chromiumArgs = () => (process.getuid?.() === 0 ? ['--no-sandbox'] : [])

/** Unpacks the browser of @sparticuz/chromium, and the system libraries that come with it, once. */
const unpacked = async (): Promise<{ path: string; libraries: string }> => {
  const folder = join(root, 'node_modules', '.cache', 'bedside-chromium')
  const made = { path: join(folder, 'chromium'), libraries: join(folder, 'al2023', 'lib') }
  if (existsSync(made.path)) return made
  await mkdir(dirname(folder), { recursive: true })
  const unpacking = await mkdtemp(`${folder}-`)
  // The package unpacks into the temporary folder, and its libraries only where it believes itself in the cloud.
  const changed = { TMPDIR: unpacking, AWS_LAMBDA_JS_RUNTIME: 'nodejs24.x' }
  const restored = ['LD_LIBRARY_PATH', 'FONTCONFIG_PATH', ...Object.keys(changed)].map((name) => [
    name,
    process.env[name],
  ])
  Object.assign(process.env, changed)
  try {
    const { default: packed } = await import('@sparticuz/chromium')
    await packed.executablePath()
  } finally {
    for (const [name, value] of restored as [string, string | undefined][])
      if (value === undefined) delete process.env[name]
      else process.env[name] = value
  }
  // Whole or not at all; another run may have been faster.
  await rename(unpacking, folder).catch(() => rm(unpacking, { recursive: true, force: true }))
  return made
}

const needsLibraries = (path: string): boolean => {
  try {
    return execFileSync('ldd', [path], { encoding: 'utf8' }).includes('not found')
  } catch {
    return false
  }
}
