import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import openWabt from 'wabt'

/** The WebAssembly texts of this folder. The app carries their bytes, each in the TypeScript file of the same name. */
export const kernelNames = ['dots', 'histogram', 'net', 'products'] as const
export type KernelName = (typeof kernelNames)[number]

const pathOf = (name: string) => fileURLToPath(new URL(`./${name}`, import.meta.url))

/** `<name>.wat` as base64 of its binary. */
export const assemble = async (name: KernelName): Promise<string> => {
  const source = pathOf(`${name}.wat`)
  const wabt = await openWabt()
  const features = { simd: true, threads: true }
  const module = wabt.parseWat(source, readFileSync(source, 'utf8'), features)
  // Its types leave out that the features are wanted here too.
  ;(module as unknown as { validate(features: object): void }).validate(features)
  return Buffer.from(module.toBinary({}).buffer).toString('base64')
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  for (const name of kernelNames) {
    const lines = (await assemble(name)).match(/.{1,116}/g) ?? []
    const text = [
      `/** ${name}.wat, assembled: \`npx node src/core/learn/kernels/assemble.ts\` writes this file. */`,
      `export const ${name} =`,
      lines.map((line) => `  '${line}'`).join(' +\n'),
      '',
    ].join('\n')
    writeFileSync(pathOf(`${name}.ts`), text)
  }
