import { parseArgs } from 'node:util'
import type { Command, OptionRule, Options } from './command.ts'
import { UsageError } from './failure.ts'
import { nearest } from './nearest.ts'

/** Options of every command. */
const shared: Record<string, OptionRule> = {
  vault: { value: 'DIR', says: 'folder of the vault (default: the one the desktop app uses)' },
  user: { value: 'NAME', says: 'who unlocks, where the vault has more than one user' },
  threads: { value: 'N', says: 'threads to compute with (default: all cores)' },
  json: { says: 'print one JSON document' },
  help: { says: 'this text' },
}

export type Parsed =
  | { kind: 'run'; command: Command; options: Options; operands: string[] }
  | { kind: 'help'; command: Command | null }
  | { kind: 'version' }

/**
 * Reads a command line. Options may stand before or after the command. What is not known is refused with the nearest
 * name that is: a mistyped `--excluede` that went unnoticed would train on the outcome.
 */
export const parseCommand = (words: string[], commands: readonly Command[]): Parsed => {
  const rules: Record<string, OptionRule> = Object.assign({}, ...commands.map(({ options }) => options), shared)
  const { tokens } = parseArgs({
    args: words,
    strict: false,
    allowPositionals: true,
    tokens: true,
    options: {
      ...Object.fromEntries(
        Object.entries(rules).map(([name, { value }]) => [name, { type: value ? 'string' : 'boolean' } as const]),
      ),
      help: { type: 'boolean', short: 'h' },
      version: { type: 'boolean' },
    },
  })

  const operands = tokens.flatMap((token) => (token.kind === 'positional' ? [token.value] : []))
  const name = operands.shift()
  const given = tokens.flatMap((token) => (token.kind === 'option' ? [token] : []))
  if (name === undefined) {
    if (given.some((token) => token.name === 'version')) return { kind: 'version' }
    const strange = given.find((token) => !(token.name in shared))
    if (strange) throw unknownOption(strange.rawName, Object.keys(shared))
    if (words.length > 0 && !given.some((token) => token.name === 'help'))
      throw new UsageError(`Which command? One of ${commands.map((command) => command.name).join(', ')}.`)
    return { kind: 'help', command: null }
  }
  const command = commands.find((known) => known.name === name)
  if (!command) {
    if (name === 'help') return { kind: 'help', command: commands.find((known) => known.name === operands[0]) ?? null }
    const names = commands.map((known) => known.name)
    throw new UsageError(
      `There is no command ${name}${suggest(nearest(name, names))}. The commands are ${names.join(', ')}.`,
    )
  }

  const own = { ...command.options, ...shared }
  const values = new Map<string, string[]>()
  for (const token of given) {
    const rule = token.rawName.startsWith('--') || token.name === 'help' ? own[token.name] : undefined
    if (!rule) throw unknownOption(token.rawName, Object.keys(own), command.name)
    if (!rule.value && token.value !== undefined) throw new UsageError(`--${token.name} takes no value.`)
    // `--study --json`: the value was forgotten.
    if (rule.value && (token.value === undefined || (!token.inlineValue && token.value.startsWith('--'))))
      throw new UsageError(`--${token.name} needs a value: --${token.name} ${rule.value}.`)
    const earlier = values.get(token.name)
    if (earlier && rule.value && !rule.many) throw new UsageError(`--${token.name} is given twice.`)
    values.set(token.name, [...(earlier ?? []), token.value ?? ''])
  }
  if (values.has('help')) return { kind: 'help', command }
  const most = command.operands?.split(' ').length ?? 0
  if (operands.length > most) throw new UsageError(`${command.name} does not take ${JSON.stringify(operands[most])}.`)
  const least = command.operands?.startsWith('[') ? 0 : most
  if (operands.length < least) throw new UsageError(`${command.name} needs ${command.operands}.`)
  return { kind: 'run', command, options: readerOf(values, command.name), operands }
}

const readerOf = (values: Map<string, string[]>, command: string): Options => {
  const text = (name: string) => values.get(name)?.at(-1)
  const required = (name: string) => {
    const value = text(name)
    if (value === undefined || value === '') throw new UsageError(`${command} needs --${name}.`)
    return value
  }
  const within = (name: string, value: string, low: number, high: number, whole: boolean) => {
    const number = value.trim() === '' ? Number.NaN : Number(value)
    if (!Number.isFinite(number) || number < low || number > high || (whole && !Number.isInteger(number)))
      throw new UsageError(
        `--${name} takes a ${whole ? 'whole ' : ''}${rangeText(low, high)}, not ${JSON.stringify(value)}.`,
      )
    return number
  }
  const list = (name: string) =>
    (values.get(name) ?? [])
      .flatMap((value) => value.split(','))
      .map((part) => part.trim())
      .filter((part) => part !== '')
  return {
    has: (name) => values.has(name),
    flag: (name) => values.has(name),
    text,
    required,
    texts: (name) => values.get(name) ?? [],
    list,
    whole: (name, low, high) => within(name, required(name), low, high, true),
    number: (name, low, high) => within(name, required(name), low, high, false),
    numbers: (name) => list(name).map((part) => within(name, part, Number.MIN_VALUE, Number.MAX_VALUE, false)),
  }
}

const rangeText = (low: number, high: number) =>
  low === Number.MIN_VALUE
    ? 'number above 0'
    : high === Number.MAX_SAFE_INTEGER
      ? `number from ${low}`
      : `number from ${low} to ${high}`

const unknownOption = (raw: string, names: string[], command?: string) =>
  new UsageError(
    `${command ? `${command} has no option` : 'There is no option'} ${raw}${suggest(nearest(raw.replace(/^-+/, ''), names), '--')}.`,
  )

const suggest = (name: string | null, before = '') => (name === null ? '' : `; did you mean ${before}${name}`)

export const usage = (commands: readonly Command[]): string =>
  [
    'Bedside from a shell: diagnosis and survival models on your own records, on this machine alone.',
    '',
    'Usage: npm run -s bedside -- <command> [options]',
    '',
    ...columns(commands.map(({ name, operands, says }) => [[name, operands].filter(Boolean).join(' '), says])),
    '',
    'Options of every command:',
    ...columns(optionRows(shared)),
    '',
    'The passphrase is read from BEDSIDE_PASSPHRASE, or asked for. <command> --help says more.',
    'What the core refuses or warns of is said in the language of BEDSIDE_LANGUAGE (en, zh-CN), English unless set.',
    '',
  ].join('\n')

export const commandHelp = ({ name, operands, says, options, examples }: Command): string =>
  [
    `${says}.`,
    '',
    `Usage: npm run -s bedside -- ${[name, operands].filter(Boolean).join(' ')} [options]`,
    '',
    ...columns(optionRows(options)),
    '',
    ...columns(optionRows(shared)),
    '',
    ...(examples.length > 0
      ? [examples.length > 1 ? 'Examples:' : 'Example:', ...examples.map((line) => `  bedside ${line}`), '']
      : []),
  ].join('\n')

const optionRows = (rules: Record<string, OptionRule>): [string, string][] =>
  Object.entries(rules).map(([name, { value, says }]) => [`--${name}${value ? ` ${value}` : ''}`, says])

const columns = (rows: [string, string][]): string[] => {
  const width = Math.max(...rows.map(([left]) => left.length))
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`)
}
