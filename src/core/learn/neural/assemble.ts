import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import openWabt from 'wabt'

/** Assembles net.wat. For building and its test only: the app carries the bytes in kernels.ts. */
export const assemble = (): Promise<string> => assembled(fileURLToPath(new URL('./net.wat', import.meta.url)))

/** A WebAssembly text file as base64 of its binary. */
export const assembled = async (source: string): Promise<string> => {
  const wabt = await openWabt()
  const features = { simd: true, threads: true }
  const module = wabt.parseWat(source, readFileSync(source, 'utf8'), features)
  // Its types leave out that the features are wanted here too.
  ;(module as unknown as { validate(features: object): void }).validate(features)
  return Buffer.from(module.toBinary({}).buffer).toString('base64')
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const lines = (await assemble()).match(/.{1,116}/g) ?? []
  const text = [
    '/** net.wat, assembled: `npx node src/core/learn/neural/assemble.ts` writes this file. */',
    'export const netKernels =',
    lines.map((line) => `  '${line}'`).join(' +\n'),
    '',
  ].join('\n')
  writeFileSync(fileURLToPath(new URL('./kernels.ts', import.meta.url)), text)
}
