import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Where an installation that runs from its sources keeps what the core needs. */
export const installation = (): { resources: string; worker: URL; version: string; build: string } => {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string
  }
  return {
    resources: fileURLToPath(new URL('../../resources', import.meta.url)),
    worker: new URL('./jobs/worker.ts', import.meta.url),
    version,
    build: buildOf(version),
  }
}

/**
 * What a model was made by: the version and a digest of the sources of core and contract, the same for the bundled app
 * and for the sources it was bundled from.
 */
const buildOf = (version: string): string => {
  const digest = createHash('sha256')
  for (const room of ['contract', 'core']) {
    const folder = fileURLToPath(new URL(`../${room}`, import.meta.url))
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .map((name) => name.replaceAll('\\', '/'))
      .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
      .sort()
    for (const name of files) {
      const text = readFileSync(join(folder, name), 'utf8').replaceAll('\r\n', '\n')
      digest.update(`${room}/${name}\0${text}\0`)
    }
  }
  return `${version}+${digest.digest('hex').slice(0, 12)}`
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
