/**
 * What a packaged Bedside refuses to be started with: switches of Chromium and Node that open it to a debugger, write
 * what its pages say into logs, take away the walls around them, or run its processes under another program. Whoever
 * may replace the program can do all that anyway; this keeps it from happening by a forgotten shortcut or a script of
 * somebody else's.
 */
const debuggers = [
  'remote-debugging-port',
  'remote-debugging-pipe',
  'remote-debugging-address',
  'remote-debugging-socket-name',
  'remote-allow-origins',
  'inspect',
  'inspect-brk',
  'inspect-wait',
  'inspect-port',
  'inspect-publish-uid',
  'debug-port',
  'js-flags',
  'auto-open-devtools-for-tabs',
  'custom-devtools-frontend',
  'enable-automation',
  'wait-for-debugger',
  'wait-for-debugger-children',
]
const logs = [
  'enable-logging',
  'log-file',
  'log-net-log',
  'vmodule',
  'trace-startup',
  'enable-heap-profiling',
  'dump-dom',
]
const walls = [
  'disable-web-security',
  'disable-site-isolation-trials',
  'allow-file-access-from-files',
  'allow-running-insecure-content',
  'ignore-certificate-errors',
  'unsafely-treat-insecure-origin-as-secure',
  'enable-blink-features',
  'enable-experimental-web-platform-features',
  'host-rules',
  'host-resolver-rules',
  'proxy-server',
  'proxy-pac-url',
  'proxy-auto-detect',
  'proxy-bypass-list',
  'no-proxy-server',
  'load-extension',
  'single-process',
]
const programs = [
  'renderer-cmd-prefix',
  'utility-cmd-prefix',
  'gpu-launcher',
  'browser-subprocess-path',
  'require',
  'import',
]

const variables = ['ELECTRON_ENABLE_LOGGING', 'ELECTRON_LOG_FILE', 'ELECTRON_LOG_ASAR_READS']

/**
 * Switches and variables that are refused, of those that it was started with. The words are read here and not asked of
 * Electron, which sets some of these itself; as Chromium reads them: with one dash or two, on Windows also with a
 * slash, up to a bare `--`.
 */
export const refusedSwitches = (
  words: readonly string[],
  environment: Record<string, string | undefined>,
  platform: NodeJS.Platform = process.platform,
): string[] => {
  const end = words.indexOf('--')
  const given = new Set(
    words.slice(0, end < 0 ? undefined : end).flatMap((word) => {
      const name = (platform === 'win32' ? /^(?:--?|\/)([^=]+)/ : /^--?([^=]+)/).exec(word)?.[1]
      return name ? [name.toLowerCase()] : []
    }),
  )
  return [
    ...[...debuggers, ...logs, ...walls, ...programs].filter((name) => given.has(name)).map((name) => `--${name}`),
    ...variables.filter((name) => environment[name]),
  ]
}
