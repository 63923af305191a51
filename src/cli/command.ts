import type { ContractRouterClient } from '@orpc/contract'
import type { Api } from '../contract/api.ts'
import type { Terminal } from './terminal.ts'

export interface OptionRule {
  /** What stands for the value in the help text; absent on flags. */
  value?: string
  says: string
  many?: boolean
}

/** The options of one call, read by type. */
export interface Options {
  has(name: string): boolean
  flag(name: string): boolean
  text(name: string): string | undefined
  required(name: string): string
  texts(name: string): string[]
  /** Comma-separated names, over all uses of the option. */
  list(name: string): string[]
  whole(name: string, low: number, high: number): number
  number(name: string, low: number, high: number): number
  /** Comma-separated positive numbers. */
  numbers(name: string): number[]
}

export interface Run {
  client: ContractRouterClient<Api>
  terminal: Terminal
  /** Lets the core read a file of this machine, instead of uploading it piece by piece. */
  registerFile(path: string): Promise<{ upload: string }>
  signal: AbortSignal
  /** What the vault was unlocked with, for acts that ask for it again; empty where it was not. */
  passphrase: string
}

export interface Command {
  name: string
  /** The operand, as the help shows it; in brackets where it may be left out. */
  operands?: string
  says: string
  options: Record<string, OptionRule>
  examples: string[]
  /** Whether the vault is opened first. */
  unlocks: boolean
  /** Checks the options, before a passphrase is asked for; returns what then runs. */
  prepare(options: Options, operands: string[]): (run: Run) => Promise<void>
}
