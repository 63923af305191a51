import { readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build as bundle } from 'electron-vite'

const root = dirname(import.meta.dirname)
const stamp = join(root, 'out', '.built')

/** What the bundles are made from. */
const sources = [
  'src',
  'resources/texts',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'vite.config.ts',
  'electron.vite.config.ts',
]

const newest = (path: string): number => {
  const there = statSync(path)
  if (!there.isDirectory()) return there.mtimeMs
  return Math.max(there.mtimeMs, ...readdirSync(path).map((name) => newest(join(path, name))))
}

/** Whether out/ holds the bundles of the sources as they are now. */
export const isBuilt = (): boolean => {
  try {
    const built = statSync(stamp).mtimeMs
    return sources.every((name) => newest(join(root, name)) <= built)
  } catch {
    return false
  }
}

/** Bundles main, preload and renderer into out/. */
export const build = async (): Promise<void> => {
  rmSync(stamp, { force: true })
  await bundle({ root, logLevel: 'warn' })
  writeFileSync(stamp, '')
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) await build()
