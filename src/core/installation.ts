import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { fitCodeOf } from './fitCode.ts'
import type { Workers } from './handlers/services.ts'

interface Installation {
  resources: string
  workers: Workers
  version: string
  /** What models are made by: the version and, after a `+`, the digest of the code that decides a fit. */
  build: () => string
}

interface Manifest {
  version: string
  dependencies: Record<string, string>
  optionalDependencies: Record<string, string>
}

let build: string | null = null

/** Where an installation that runs from its sources keeps what the core needs. */
export const installation = (): Installation => {
  const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as Manifest
  const { version, dependencies, optionalDependencies } = manifest
  return {
    resources: fileURLToPath(new URL('../../resources', import.meta.url)),
    workers: {
      pool: new URL('./jobs/worker.ts', import.meta.url),
      rows: new URL('./intake/import/rowsWorker.ts', import.meta.url),
      rekey: new URL('./vault/keys/rekeyWorker.ts', import.meta.url),
    },
    version,
    build: () => {
      const packages = { ...dependencies, ...optionalDependencies }
      build ??= `${version}+${fitCodeOf(fileURLToPath(new URL('..', import.meta.url)), packages).digest}`
      return build
    },
  }
}

/**
 * Folder of the vault where none is named: the one the desktop app uses, so that window, server and CLI meet in the
 * same vault.
 */
export const defaultVault = (
  platform: NodeJS.Platform = process.platform,
  environment: Record<string, string | undefined> = process.env,
  home: string = homedir(),
): string => {
  if (platform === 'win32') return join(environment.APPDATA || join(home, 'AppData', 'Roaming'), 'Bedside', 'vault')
  if (platform === 'darwin') return join(home, 'Library', 'Application Support', 'Bedside', 'vault')
  return join(environment.XDG_CONFIG_HOME || join(home, '.config'), 'Bedside', 'vault')
}
