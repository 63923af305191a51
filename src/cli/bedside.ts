import { resolve } from 'node:path'
import { defaultVault, installation } from '../core/installation.ts'
import { commandHelp, parseCommand, usage } from './arguments.ts'
import { commands } from './commands/index.ts'
import { exitCodeOf, sentenceOf } from './failure.ts'
import { askPassphrase } from './passphrase.ts'
import { createTerminal } from './terminal.ts'

/**
 * Bedside from a shell: `npm run -s bedside -- <command>`. Answers on stdout (with --json one JSON document), warnings
 * and the one line of an error on stderr, progress there too where it is a terminal. Exit codes: 0 done, 1 refused or
 * failed, 2 not understood, 130 interrupted.
 */
const run = async (words: string[]): Promise<void> => {
  // npm runs scripts in the package's folder; paths mean those of the shell it was called from.
  if (process.env.npm_lifecycle_event === 'bedside' && process.env.INIT_CWD) process.chdir(process.env.INIT_CWD)
  const parsed = parseCommand(words, commands)
  if (parsed.kind === 'help')
    return void process.stdout.write(parsed.command ? commandHelp(parsed.command) : usage(commands))
  if (parsed.kind === 'version') return void process.stdout.write(`bedside ${installation().version}\n`)
  const { command, options, operands } = parsed
  const prepared = command.prepare(options, operands)

  const interrupt = new AbortController()
  process.once('SIGINT', () => interrupt.abort())
  const terminal = createTerminal(options.flag('json'))
  // Libraries write to the console as they please; stdout belongs to the answer.
  for (const method of ['log', 'info', 'debug', 'warn', 'error'] as const) console[method] = debugLine

  // Not before it is needed: help and a mistyped option are answered at once.
  const { createApp, endOnIncident } = await import('../core/app.ts')
  endOnIncident((line) => void process.stderr.write(`bedside: ${line}\n`))
  const { resources, workers, build } = installation()
  const app = createApp({
    vaultPath: resolve(options.text('vault') ?? defaultVault()),
    resources,
    workers,
    build,
    ...(options.has('threads') ? { threads: options.whole('threads', 1, 1024) } : {}),
    log: debugLine,
  })
  // The system ends: a training is kept to be taken up again, whatever else was begun leaves nothing.
  process.once('SIGTERM', () => void app.close().finally(() => interrupt.abort()))
  const connection = app.connect('cli')
  const client = app.client(connection)
  try {
    let passphrase = ''
    if (command.unlocks) {
      // Where there is no vault the core says so; nothing is asked for that.
      const { state } = await client.vault.status()
      passphrase = state === 'absent' ? 'none' : await askPassphrase('Passphrase: ', interrupt.signal)
      await client.vault.unlock({ user: options.text('user') ?? null, passphrase })
    }
    await prepared({ client, terminal, registerFile: app.registerFile, signal: interrupt.signal, passphrase })
  } finally {
    terminal.clearProgress()
    connection.close()
    await app.close()
  }
}

const debugLine = (...parts: unknown[]) => {
  if (process.env.BEDSIDE_DEBUG === '1') process.stderr.write(`${parts.join(' ')}\n`)
}

run(process.argv.slice(2)).then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`bedside: ${sentenceOf(error)}\n`)
    if (process.env.BEDSIDE_DEBUG === '1') process.stderr.write(`${(error as Error).stack}\n`)
    process.exit(exitCodeOf(error))
  },
)

// `| head` closed the pipe: nothing is left to say.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1))
