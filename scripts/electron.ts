import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

const root = dirname(import.meta.dirname)
const folder = join(root, 'node_modules', 'electron')

/** Folder that holds a ready Electron, or null where none is on this machine. */
export const electronFolder = (): string | null => {
  if (!findElectron()) return null
  return process.env.ELECTRON_OVERRIDE_DIST_PATH ?? join(folder, 'dist')
}

/**
 * Electron's program, or null where it is not on this machine. Never downloads: `require('electron')` would, and might
 * hang.
 */
export const findElectron = (): string | null => {
  const name =
    process.platform === 'win32'
      ? 'electron.exe'
      : process.platform === 'darwin'
        ? 'Electron.app/Contents/MacOS/Electron'
        : 'electron'
  const { ELECTRON_OVERRIDE_DIST_PATH: elsewhere } = process.env
  if (elsewhere) return existsSync(join(elsewhere, name)) ? join(elsewhere, name) : null
  try {
    const path = join(folder, 'dist', readFileSync(join(folder, 'path.txt'), 'utf8'))
    return existsSync(path) ? path : null
  } catch {
    return null
  }
}

/** Whether there is a screen to put a window on. */
export const hasDisplay = (): boolean =>
  process.platform !== 'linux' || Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY)

/**
 * Lets the electron package fetch its program, once, where its download host answers. Returns the program or null,
 * after five seconds where there is no way to that host, and after ten minutes at the most.
 */
export const fetchElectron = async (): Promise<string | null> => {
  if (!existsSync(join(folder, 'install.js')) || process.env.ELECTRON_OVERRIDE_DIST_PATH) return null
  const host =
    process.env.ELECTRON_MIRROR ??
    process.env.npm_config_electron_mirror ??
    'https://github.com/electron/electron/releases/download/'
  try {
    await fetch(host, { method: 'HEAD', redirect: 'manual', signal: AbortSignal.timeout(5000) })
  } catch {
    return null
  }
  console.log('Fetching Electron, once (about 120 MB) ...')
  const fetched = await new Promise<boolean>((resolve) => {
    const child = spawn(process.execPath, [join(folder, 'install.js')], {
      stdio: ['ignore', 'ignore', 'ignore'],
      timeout: 600_000,
    })
    child.on('error', () => resolve(false))
    child.on('exit', (code) => resolve(code === 0))
  })
  return fetched ? findElectron() : null
}
