import { existsSync } from 'node:fs'
import { chmod, copyFile, cp, mkdtemp, readdir, readFile, rename, rm, rmdir, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { type FuseConfig, FuseV1Options, FuseVersion, flipFuses, getCurrentFuseWire } from '@electron/fuses'
import { type OfficialPlatform, packager, type SupportedArch } from '@electron/packager'
import { build, isBuilt } from './build.ts'
import { electronFolder } from './electron.ts'

/**
 * `npm run package`: a folder in dist/ that runs without Node, npm or sources. The app is one asar; what Electron could
 * do that Bedside never needs is switched off in the program itself (fuses).
 *
 *   npm run package -- [--platform P --arch A] [--out DIR]
 *
 * For this machine's own platform it takes the Electron that is here (ELECTRON_OVERRIDE_DIST_PATH, or what the electron
 * package fetched); for any other it downloads that version, checked by its hash. BEDSIDE_SQLITE_ADDON names a build of
 * the database's native addon to use in place of the one that came with its package.
 */
const root = dirname(import.meta.dirname)

/** What the app is made of; whatever else lies in the folder stays there. */
const isShipped = (name: string): boolean =>
  name === '' ||
  name === '/package.json' ||
  name === '/out' ||
  /^\/out\/(main|preload|renderer)(\/|$)/.test(name) ||
  /^\/resources(\/|$)/.test(name) ||
  /^\/node_modules(\/|$)/.test(name)

/** Of dependencies: sources of what is compiled, types, maps and prose are no part of a running app. */
const isDeadWeight = (name: string): boolean =>
  /\.(map|ts|mts|cts|md|markdown|flow|cc|cpp|c|h|gyp|gypi|mod|o|obj)$/i.test(name) ||
  /\/node_modules\/\.[^/]+/.test(name) ||
  /\/node_modules\/better-sqlite3\/(deps|src)(\/|$)/.test(name)

/** The addons of better-sqlite3 for other platforms than the target's. */
const isForeignAddon = (name: string, platform: string, arch: string): boolean => {
  const addon = /\/better-sqlite3\/prebuilds\/(\w+)-(\w+)\.node$/.exec(name)
  return addon !== null && (addon[1]?.replace('linuxmusl', 'linux') !== platform || addon[2] !== arch)
}

/** Native code cannot be loaded out of an archive: addons, and the libraries that lie beside them. */
const unpacked = '**/{*.node,*.dll,*.dylib,*.so,*.so.*}'

/**
 * The fuses, as docs/electron-security.md explains them. Which there are depends on the version of Electron: one that
 * is not named here fails the packaging, so that a new one is decided on rather than inherited.
 */
export const setFuses = async (program: string): Promise<void> => {
  const there = await getCurrentFuseWire(program)
  const config = {
    version: FuseVersion.V1,
    strictlyRequireAllFuses: true,
    resetAdHocDarwinSignature: process.platform === 'darwin',
    [FuseV1Options.RunAsNode]: false,
    [FuseV1Options.EnableCookieEncryption]: true,
    [FuseV1Options.EnableNodeOptionsEnvironmentVariable]: false,
    [FuseV1Options.EnableNodeCliInspectArguments]: false,
    [FuseV1Options.EnableEmbeddedAsarIntegrityValidation]: true,
    [FuseV1Options.OnlyLoadAppFromAsar]: true,
    [FuseV1Options.LoadBrowserProcessSpecificV8Snapshot]: false,
    [FuseV1Options.GrantFileProtocolExtraPrivileges]: false,
    // Newer than some versions this can package for; on as Electron has it: without it, WebAssembly is slower and no
    // safer.
    ...(FuseV1Options.WasmTrapHandlers in there ? { [FuseV1Options.WasmTrapHandlers]: true } : {}),
  }
  await flipFuses(program, config as FuseConfig)
}

/** The program inside a packaged folder. On Linux `bedside` is a script that starts it. */
export const programOf = (folder: string, platform: string = process.platform): string =>
  platform === 'darwin'
    ? join(folder, 'Bedside.app', 'Contents', 'MacOS', 'bedside')
    : join(folder, platform === 'win32' ? 'bedside.exe' : 'bedside.bin')

/**
 * Core dumps hold memory, and memory holds patients. Node cannot set that limit, and Chromium's zygote starts before
 * any script does, so it is set before the program: for it and all its processes.
 */
const launcher = `#!/bin/sh
ulimit -c 0
exec "$(dirname "$(readlink -f "$0")")/bedside.bin" "$@"
`

/**
 * An archive without entries: the packager unpacks one before it asks its hooks, and Electron is copied by a hook here.
 */
const emptyArchive = Buffer.concat([Buffer.from('PK\x05\x06', 'latin1'), Buffer.alloc(18)])

export const packageApp = async ({
  platform = process.platform,
  arch = process.arch,
  out = join(root, 'dist'),
}: {
  platform?: string
  arch?: string
  out?: string
} = {}): Promise<string> => {
  if (!isBuilt()) await build()
  const own = platform === process.platform && arch === process.arch ? electronFolder() : null
  const version = own ? (await readFile(join(own, 'version'), 'utf8')).trim().replace(/^v/, '') : undefined
  const archives = await mkdtemp(join(tmpdir(), 'bedside-electron-'))
  try {
    if (own) await writeFile(join(archives, `electron-v${version}-${platform}-${arch}.zip`), emptyArchive)
    const [folder] = await packager({
      dir: root,
      name: 'Bedside',
      executableName: 'bedside',
      appBundleId: 'app.bedside.desktop',
      appCategoryType: 'public.app-category.medical',
      // The packager refuses what it does not know.
      platform: platform as OfficialPlatform,
      arch: arch as SupportedArch,
      out,
      overwrite: true,
      quiet: true,
      asar: { unpack: unpacked },
      prune: true,
      ignore: (name) => !isShipped(name) || isDeadWeight(name) || isForeignAddon(name, platform, arch),
      extraResource: [join(root, 'LICENSE'), join(root, 'SECURITY.md')],
      ...(own
        ? {
            electronVersion: version,
            electronZipDir: archives,
            afterExtract: [
              ({ buildPath }: { buildPath: string }) =>
                cp(own, buildPath, {
                  recursive: true,
                  verbatimSymlinks: true,
                  filter: (source) => source === own || !basename(source).startsWith('.'),
                }),
            ],
          }
        : {}),
      afterCopy: [
        async ({ buildPath }: { buildPath: string }) => {
          await dropEmptyScopes(join(buildPath, 'node_modules'))
          await takeAddon(buildPath, platform, arch)
        },
      ],
    })
    if (!folder) throw new Error(`Nothing was packaged for ${platform} ${arch}`)
    if (platform === 'linux') {
      await rename(join(folder, 'bedside'), programOf(folder, platform))
      await writeFile(join(folder, 'bedside'), launcher)
      await chmod(join(folder, 'bedside'), 0o755)
    }
    await setFuses(programOf(folder, platform))
    // Made in a folder for its maker's eyes alone; an installed program is for everybody.
    await chmod(folder, 0o755)
    return folder
  } finally {
    await rm(archives, { recursive: true, force: true })
  }
}

/** Of a scope whose packages are all for development, its folder would stay. */
const dropEmptyScopes = async (modules: string): Promise<void> => {
  for (const name of await readdir(modules))
    if (name.startsWith('@') && (await readdir(join(modules, name))).length === 0) await rmdir(join(modules, name))
}

const takeAddon = async (app: string, platform: string, arch: string): Promise<void> => {
  const named = process.env.BEDSIDE_SQLITE_ADDON
  if (!named) return
  if (!existsSync(named)) throw new Error(`BEDSIDE_SQLITE_ADDON names ${named}, which is not there`)
  await copyFile(named, join(app, 'node_modules', 'better-sqlite3', 'prebuilds', `${platform}-${arch}.node`))
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { values } = parseArgs({
    options: { platform: { type: 'string' }, arch: { type: 'string' }, out: { type: 'string' } },
  })
  console.log(`Packaged in ${await packageApp(values)}`)
}
